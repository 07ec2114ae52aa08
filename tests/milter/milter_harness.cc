// SPDX-License-Identifier: Apache-2.0
//
// The milter layer under real libmilter, over a store in memory and a desk that keeps mail in
// memory: what the scripts for miltertest talk to.
//
//   milter_harness SOCKET MODE
//
// joe@example.org and ann@example.org are protected; ann knows alice@example.com. Mail from
// boom@example.com makes the store throw. At its end it prints what was kept, one line each:
// "kept RECIPIENTS AUTHOR BYTES" and the network fingerprint if there is one, and "drafts N" with
// what was left half done.
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "milter/callbacks.h"
#include "milter/listener.h"
#include "tests/support/milter_rig.h"

namespace countersign::test {
namespace {

/// A directory that throws for one author: what run() must stop.
class ThrowingDirectory final : public Directory {
 public:
  explicit ThrowingDirectory(Directory& real) : real_(real) {}
  Result<Knowledge> look_up(const Inquiry& inquiry, Deadline deadline) override {
    if (inquiry.author && inquiry.author->local() == "boom") throw std::string("odd");
    return real_.look_up(inquiry, deadline);
  }
  bool healthy() const override { return true; }

 private:
  Directory& real_;
};

int run(const std::string& socket, const std::string& mode) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT, SIGUSR1}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  // Never destroyed: libmilter's threads may use it until the end.
  auto& rig = *new MilterRig;
  rig.know("ann@example.org", "alice@example.com", {"example.com"});
  auto& directory = *new ThrowingDirectory(rig.store.directory());
  auto& services = *new Services(
      directory, rig.store.contacts(), rig.store.tokens(), rig.desk, rig.asker, rig.clock,
      rig.metrics, MilterRig::settings(from_word<Mode>(kModeWords, mode).value_or(Mode::hold)));

  Status done = register_callbacks(services);
  if (done) done = open_listener({.socket = socket, .mode = 0600, .group = {}});
  if (done) done = serve(seconds(5));
  if (!done) {
    std::fprintf(stderr, "milter_harness: %s\n", done.error().detail.c_str());
    return 1;
  }
  for (const auto& kept : rig.desk.kept()) {
    std::printf("kept");
    for (const auto& recipient : kept.envelope.envelope.recipients)
      std::printf(" %s", recipient.raw.c_str());
    std::printf(" %s %zu", kept.envelope.author.c_str(), kept.content.size());
    const std::string& network = kept.envelope.network_fingerprint;
    std::printf("%s%s\n", network.empty() ? "" : " ", network.c_str());
  }
  std::printf("drafts %d\n", rig.desk.drafts());
  std::fflush(nullptr);
  _exit(0);
}

}  // namespace
}  // namespace countersign::test

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s SOCKET MODE\n", argv[0]);
    return 64;
  }
  return countersign::test::run(argv[1], argv[2]);
}
