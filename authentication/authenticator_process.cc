// SPDX-License-Identifier: Apache-2.0
#include "authentication/authenticator_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "authentication/descriptor_message.h"
#include "authentication/frame.h"
#include "base/log.h"
#include "base/rollback.h"
#include "base/unique_fd.h"

namespace countersign {
namespace {

constexpr int kControl = 3;     ///< the process's end of the control socket
constexpr int kMostSilent = 3;  ///< examinations in a row without an answer until it is killed
constexpr std::size_t kMostResults = 64;

Error failed(const char* what, int error = errno) {
  return Error{Errc::unavailable, std::string(what) + ": " + std::strerror(error)};
}

struct Pair {
  UniqueFd ours;
  UniqueFd theirs;
};

Result<Pair> make_pair(int type) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0) return failed("socketpair");
  return Pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// Starts the program with `control` as descriptor 3, no other of ours but stderr, no environment.
Result<pid_t> spawn(const AuthenticatorSettings& settings, int control) {
  std::vector<std::string> words{settings.program, "--level", settings.log_level, "--target",
                                 settings.log_target};
  if (!settings.resolver.empty()) words.insert(words.end(), {"--resolver", settings.resolver});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::array<char*, 1> environment{nullptr};

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  const Rollback free([&] {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  });
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, control, kControl);
  // Our threads block what sigwait() takes; it has no such thread.
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int signal : {SIGPIPE, SIGHUP, SIGTERM, SIGINT, SIGUSR1}) sigaddset(&defaults, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  // A group of its own: a terminal's interrupt is for us, and we end it when we are drained.
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, settings.program.c_str(), &actions, &attributes,
                                  arguments.data(), environment.data());
  if (error != 0) return failed(settings.program.c_str(), error);
  return child;
}

/// Hands a descriptor over. Errors: unavailable.
Status hand_over(int control, int descriptor) {
  DescriptorMessage message;
  cmsghdr* head = CMSG_FIRSTHDR(&message.header());
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
  while (::sendmsg(control, &message.header(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    if (errno != EINTR) return failed("countersign-authenticate takes no message");
  return {};
}

}  // namespace

/// The process and the thread that waits for its end.
class AuthenticatorProcess::Keeper {
 public:
  ~Keeper() { stop(); }

  void run(const AuthenticatorSettings& settings) {
    {
      const std::lock_guard lock(mutex_);
      if (thread_.joinable() && settings == settings_) return;
    }
    stop();
    const std::lock_guard lock(mutex_);
    settings_ = settings;
    ended_ = false;
    start();
    thread_ = std::thread([this] { keep(); });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      if (pid_ > 0) ::kill(pid_, SIGKILL);  // it keeps nothing that would need an end of its own
      changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

  /// Returns our end of a socket whose other end the process has. Errors: unavailable.
  Result<UniqueFd> connect() {
    CS_ASSIGN(Pair pair, make_pair(SOCK_STREAM));
    const std::lock_guard lock(mutex_);
    if (!control_) return Error{Errc::unavailable, "countersign-authenticate does not run"};
    CS_TRY(hand_over(control_.get(), pair.theirs.get()));
    return std::move(pair.ours);
  }

  void heard() { silent_ = 0; }
  void not_heard() {
    if (++silent_ < kMostSilent) return;
    const std::lock_guard lock(mutex_);
    silent_ = 0;
    if (pid_ <= 0) return;
    log::error("countersign-authenticate does not answer and is killed", {{"pid", pid_}});
    ::kill(pid_, SIGKILL);
  }

  int pid() const {
    const std::lock_guard lock(mutex_);
    return pid_;
  }

 private:
  /// Starts the process; with mutex_.
  void start() {
    started_ = std::chrono::steady_clock::now();
    silent_ = 0;
    auto pair = make_pair(SOCK_SEQPACKET);
    auto child = pair ? spawn(settings_, pair->theirs.get()) : pair.error();
    if (!child) {
      log::error("countersign-authenticate does not start", {{"error", child.error().detail}});
      return;
    }
    pid_ = *child;
    control_ = std::move(pair->ours);
    log::info("countersign-authenticate started", {{"pid", pid_}});
  }

  /// Waits for its end without the lock, and without taking its id from us.
  static void wait(pid_t pid) {
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
      continue;
  }

  void reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    if (!ended_)
      log::error(
          "countersign-authenticate ended",
          {{"pid", pid_},
           {WIFSIGNALED(status) ? "signal" : "status",
            static_cast<long long>(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status))}});
    pid_ = 0;
    control_.reset();
  }

  void keep() {
    std::unique_lock lock(mutex_);
    milliseconds pause = settings_.first_pause;
    for (;;) {
      if (const pid_t pid = pid_; pid > 0) {
        lock.unlock();
        wait(pid);
        lock.lock();
        reap();
      }
      if (std::chrono::steady_clock::now() - started_ > settings_.settled)
        pause = settings_.first_pause;
      if (changed_.wait_for(lock, pause, [&] { return ended_; })) return;
      pause = std::min(pause * 2, settings_.most_pause);
      start();
    }
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  AuthenticatorSettings settings_;
  bool ended_ = false;
  pid_t pid_ = 0;
  UniqueFd control_;
  SteadyTime started_{};
  std::atomic<int> silent_{0};
  std::thread thread_;

 public:
  /// One message; its keeper outlives it.
  class Run;
};

class AuthenticatorProcess::Keeper::Run final : public Examination {
 public:
  Run(Keeper& keeper, UniqueFd socket) : keeper_(keeper), socket_(std::move(socket)) {}

  Status begin(const MessageOrigin& origin, std::string_view header, Deadline deadline) {
    const auto patience =
        std::chrono::floor<milliseconds>(deadline - std::chrono::steady_clock::now());
    CS_TRY(
        send_frame(socket_.get(), FrameKind::origin, encode_origin({origin, patience}), deadline));
    return send_frame(socket_.get(), FrameKind::header, header, deadline);
  }

  void body(std::string_view bytes, Deadline deadline) override {
    const std::size_t most = most_bytes(FrameKind::body);
    for (; state_ && !bytes.empty(); bytes.remove_prefix(std::min(most, bytes.size())))
      state_ = send_frame(socket_.get(), FrameKind::body, bytes.substr(0, most), deadline);
  }

  Result<std::vector<AuthResult>> finish(Deadline deadline) override {
    auto answer = answer_by(deadline);
    if (answer)
      keeper_.heard();
    else if (std::chrono::steady_clock::now() >= deadline)
      keeper_.not_heard();
    socket_.reset();
    return answer;
  }

 private:
  Result<std::vector<AuthResult>> answer_by(Deadline deadline) {
    CS_TRY(state_);
    CS_TRY(send_frame(socket_.get(), FrameKind::end, "", deadline));
    FrameDecoder decoder;
    CS_ASSIGN(const Frame frame, receive_frame(socket_.get(), decoder, deadline));
    if (frame.kind != FrameKind::results) return Error{Errc::unavailable, "a frame out of turn"};
    auto parsed = parse_authentication_results(frame.payload);
    if (!parsed || parsed->results.size() > kMostResults)
      return Error{Errc::unavailable, "an answer that is none"};
    return std::move(parsed->results);
  }

  Keeper& keeper_;
  UniqueFd socket_;
  Status state_;
};

AuthenticatorProcess::AuthenticatorProcess() : keeper_(std::make_unique<Keeper>()) {}
AuthenticatorProcess::~AuthenticatorProcess() = default;

void AuthenticatorProcess::run(const AuthenticatorSettings& settings) { keeper_->run(settings); }
void AuthenticatorProcess::stop() { keeper_->stop(); }
int AuthenticatorProcess::pid() const { return keeper_->pid(); }

Result<std::unique_ptr<Examination>> AuthenticatorProcess::begin(const MessageOrigin& origin,
                                                                 std::string_view header,
                                                                 Deadline deadline) {
  CS_ASSIGN(UniqueFd socket, keeper_->connect());
  auto run = std::make_unique<Keeper::Run>(*keeper_, std::move(socket));
  CS_TRY(run->begin(origin, header, deadline));
  return std::unique_ptr<Examination>(std::move(run));
}

}  // namespace countersign
