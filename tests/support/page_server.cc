// SPDX-License-Identifier: Apache-2.0
//
// The real web server on a store in memory and a clock that can be moved: for browsers and scripts
// that test pages. Reads a command a line, and answers each with a line:
//
//   hold ID TOKEN AUTHENTICATED SUBJECT   holds a message; AUTHENTICATED: 0, 1, or 2 for one that
//                                         was challenged by mail
//   ask ID TOKEN COPY SUBJECT             asks of refused or deferred mail; COPY: a word of Copy
//   digits TOKEN CODE-ID                  the digits of a code, as a person reads or hears them
//   state ID WORD [OUTCOME...]            sets a word of HeldState; and for as many recipients a
//                                         word of RecipientState, else what the state implies
//                                         one
//   requests                              "KIND ID ADDRESS PROOF; ..." of those that came so far
//   advance SECONDS                       moves the clock on
//   down 1|0                              the store is out of service, or back
//
// The first line that it writes is the URL of the server.
#include <atomic>
#include <iostream>
#include <sstream>

#include "answering/token.h"
#include "challenge/challenge_site.h"
#include "challenge/http_server.h"
#include "challenge/listener.h"
#include "tests/support/held_fixture.h"

using namespace countersign;
using namespace countersign::challenge;

namespace {

class MovedClock final : public Clock {
 public:
  WallTime wall() const override { return system_.wall() + milliseconds(moved_); }
  SteadyTime steady() const override { return system_.steady() + milliseconds(moved_); }
  void advance(milliseconds by) { moved_ += by.count(); }

 private:
  SystemClock system_;
  std::atomic<long long> moved_ = 0;
};

struct Stage {
  MovedClock clock;
  MemoryStore store{clock};
  Keyring keyring = test::web_keyring();
  metrics::Registry registry;
  WebMetrics metrics{registry};
  std::unique_ptr<Pow> pow = *Pow::make(keyring, clock, {});
  std::unique_ptr<Wait> wait = *Wait::make(keyring, clock, {});
  std::unique_ptr<Codes> codes = *Codes::make(keyring, clock, {});
  std::string sent;

  std::string hold(std::istream& words) {
    std::string id, token, subject;
    int authenticated = 0;
    words >> id >> token >> authenticated >> std::ws;
    std::getline(words, subject);
    HeldView view = test::held_view(clock.wall(), id, token);
    view.subject = subject;
    if (authenticated == 0) view.fingerprint.clear();
    view.by_mail = authenticated == 2;
    test::hold(store, view, token);
    return "held";
  }

  std::string ask(std::istream& words) {
    std::string id, token, copy, subject;
    words >> id >> token >> copy >> std::ws;
    std::getline(words, subject);
    HeldView view = test::held_view(clock.wall(), id, token);
    view.copy = from_word<Copy>(kCopyWords, copy).value_or(Copy::refused);
    view.node = kAnyNode;
    view.subject = subject;
    if (view.copy == Copy::deferred) view.fingerprint.clear();
    if (!store.asked().ask(view, token_digest(token), {}, test::soon())) return "not asked";
    return "asked";
  }

  std::string state(std::istream& words) {
    std::string id, state;
    words >> id >> state;
    auto view = store.held().get(*HeldId::parse(id), test::soon());
    const auto to = from_word<HeldState>(kHeldStateWords, state);
    if (!view || !to) return "no such message or state";
    for (std::string outcome; words >> outcome;) {
      if (!view->outcomes.empty())
        view->recipients.push_back("joe" + std::to_string(view->recipients.size() + 1) +
                                   "@example.org");
      view->outcomes.push_back(*from_word<RecipientState>(kRecipientStateWords, outcome));
    }
    if (view->outcomes.empty() && *to == HeldState::failed)
      view->outcomes = {RecipientState::refused};
    view->answered = *to == HeldState::released;
    if (!store.held().put(*view, "", test::soon()) ||
        !store.held().set_state(*view, *to, clock.wall(), test::soon()))
      return "not set";
    return "set";
  }

  std::string digits(std::istream& words) {
    std::string token, id;
    words >> token >> id;
    const auto code = codes->check(id, proof_binding(token));
    return code ? code->digits : "no such code";
  }

  std::string requests() {
    const auto now = std::chrono::steady_clock::now();
    for (const std::string& node : {std::string(test::kNode), std::string(kAnyNode)})
      for (auto all = store.requests().read(node, now); all && !all->empty();
           all = store.requests().read(node, now))
        for (const RequestEntry& entry : *all) {
          const Request& r = entry.request;
          sent += r.kind + " " + r.id + " " + r.address + " " + r.proof + "; ";
          (void)store.requests().done(node, entry.entry, test::soon());
        }
    return sent;
  }

  std::string run(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    long long number = 0;
    words >> command;
    if (command == "hold") return hold(words);
    if (command == "ask") return ask(words);
    if (command == "state") return state(words);
    if (command == "digits") return digits(words);
    if (command == "requests") return requests();
    if (command == "advance" && words >> number) return clock.advance(seconds(number)), "advanced";
    if (command == "down" && words >> number) return store.set_down(number != 0), "so be it";
    return "unknown command";
  }
};

SiteSettings settings() {
  SiteSettings out;
  out.work = {"authenticated 0 1500", "unauthenticated 0 3000"};
  out.about = {"Example Ltd, 1 High Street", "+44 20 7946 0000", "", 30};
  return out;
}

}  // namespace

int main() {
  Stage stage;
  auto site = ChallengeSite::make(
      {stage.store.held(), stage.store.web(), stage.store.requests(), *stage.pow, *stage.wait,
       *stage.codes, stage.keyring, stage.clock, stage.metrics},
      settings());
  auto listener = listen_on("127.0.0.1:0");
  if (!site || !listener) return 1;
  ServerLimits limits;
  limits.proxies = *NetworkList::parse(settings().proxies);
  auto server = HttpServer::start(std::move(*listener), **site, limits);
  if (!server) return 1;
  std::cout << "http://127.0.0.1:" << port_of((*server)->listener()) << std::endl;
  for (std::string line; std::getline(std::cin, line);) std::cout << stage.run(line) << std::endl;
  return 0;
}
