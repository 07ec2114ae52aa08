// SPDX-License-Identifier: Apache-2.0
//
// contacts learn.
#include <poll.h>

#include <algorithm>

#include "admin/exit_status.h"
#include "admin/learning.h"
#include "admin/log_follower.h"
#include "admin/mail_log.h"
#include "admin/opening.h"
#include "admin/run.h"
#include "admin/whom.h"
#include "mail/network.h"

namespace countersign::admin {
namespace {

constexpr std::size_t kProgress = 100'000;  ///< lines between two of ours
constexpr int kRhythm = 500;                ///< ms

LogFormat format_of(const Invocation& invocation) {
  const std::string word = invocation.option("--format").value_or("");
  if (word.empty()) return LogFormat::any;
  return word == "postfix" ? LogFormat::postfix : LogFormat::exim;
}

Status check_learn(const Invocation& invocation) {
  const auto& files = invocation.all("--log");
  if (!invocation.given("--follow")) return {};
  if (files.size() != 1) return Error{Errc::invalid, "--follow: allowed with one --log FILE"};
  if (files.front() == "-") return Error{Errc::invalid, "--follow: standard input ends by itself"};
  return {};
}

/// One run of `contacts learn`.
class LogLearning {
 public:
  LogLearning(const Config& config, LogFormat format, const NetworkList& networks,
              Learning& learning, Output& output)
      : config_(config),
        reader_(format, [&networks](std::string_view ip) { return networks.contains(ip); }),
        learning_(learning),
        output_(output) {}

  void line(std::string_view text) {
    if (++lines_ % kProgress == 0)
      output_.say(std::to_string(lines_) + " lines, " + std::to_string(learning_.taken()) +
                  " contacts");
    const auto match = reader_.take(text);
    if (!match || !failure_ || !is_protected(config_, match->sender.domain()) ||
        is_protected(config_, match->recipient.domain()))
      return;
    failure_ = learn(*match);
  }
  /// Errors: what a contact could not be written for; not_found, unavailable: the file.
  Status read(LogFollower& log) {
    CS_TRY(log.read([&](std::string_view text) { line(text); }));
    return failure_;
  }
  std::size_t lines() const { return lines_; }
  std::size_t known_lines() const { return reader_.known_lines(); }

 private:
  Status learn(const LogMatch& match) {
    CS_ASSIGN(const Ownership found, ownership_of(config_, match.sender));
    return learning_.add({{Level::mailbox, found.owner.key()}, found.owner.address()},
                         "a:" + match.recipient.address());
  }

  const Config& config_;
  MailLogReader reader_;
  Learning& learning_;
  Output& output_;
  std::size_t lines_ = 0;
  Status failure_;
};

Status read_whole(const std::string& path, LogLearning& log) {
  LogFollower file(path == "-" ? "/dev/stdin" : path);
  const std::size_t before = log.known_lines();
  const std::size_t lines = log.lines();
  CS_TRY(log.read(file));
  if (!file.rest().empty()) log.line(file.rest());
  if (log.lines() > lines && log.known_lines() == before)
    return Error{Errc::invalid, path +
                                    ": no line of it is one of a mail log; allowed: the log of "
                                    "Postfix or Exim (--format)"};
  return {};
}

/// Reads until it is interrupted, or fails.
Status follow(const std::string& path, LogLearning& log, Learning& learning, Output& output) {
  LogFollower file(path);
  while (true) {
    CS_TRY(log.read(file));
    CS_TRY(learning.flush());
    output.flush();
    ::poll(nullptr, 0, kRhythm);
  }
}

}  // namespace

int contacts_learn(const Invocation& invocation, Tools& tools, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  if (const Status good = check_learn(invocation); !good) {
    output.say(good.error().detail);
    return EX_USAGE;
  }
  const auto networks = NetworkList::parse(config->milter.submit_networks);
  if (!networks) return fail(networks.error(), output);
  const auto store = open_store(*config, tools, output);
  if (!store) return EX_CONFIG;
  Learning learning(store->contacts(), tools, output, "learnt", invocation.given("--dry-run"));
  LogLearning log(*config, format_of(invocation), *networks, learning, output);
  const auto& files = invocation.all("--log");
  if (invocation.given("--follow"))
    return fail(follow(files.front(), log, learning, output).error(), output);

  int status = EX_OK;
  for (const std::string& path : files)
    if (const Status done = read_whole(path, log); !done)
      status = worse(status, fail(done.error(), output));
  if (const Status done = learning.flush(); !done)
    status = worse(status, fail(done.error(), output));
  output.say(std::to_string(log.lines()) + " lines, " + std::to_string(learning.taken()) +
             " contacts, " + std::to_string(learning.made()) +
             (invocation.given("--dry-run") ? " would be added" : " added"));
  return status;
}

}  // namespace countersign::admin
