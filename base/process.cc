// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/rollback.h"
#include "base/unique_fd.h"

namespace countersign {
namespace {

constexpr std::size_t kOutputMost = 4'000'000;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return Error{Errc::unavailable, std::string("pipe: ") + std::strerror(errno)};
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// The program's path: PATH may lack the folders in which postconf stands.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::string folders = path == nullptr ? "" : path;
  folders += ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::string_view rest = folders;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    const std::string candidate = std::string(rest.substr(0, end)) + "/" + name;
    if (end > 0 && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return "";
}

/// A file without name that holds `bytes`, at its start.
Result<UniqueFd> file_of(std::string_view bytes) {
  UniqueFd file(::memfd_create("input", MFD_CLOEXEC));
  while (file && !bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) file.reset();
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (!file || ::lseek(file.get(), 0, SEEK_SET) != 0)
    return Error{Errc::unavailable, std::string("memfd: ") + std::strerror(errno)};
  return file;
}

Result<pid_t> spawn(const std::string& program, const std::vector<std::string>& argv, int in,
                    int out, int err) {
  std::vector<char*> arguments;
  for (const auto& word : argv) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const Rollback free([&] { posix_spawn_file_actions_destroy(&actions); });
  posix_spawn_file_actions_adddup2(&actions, in, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, err, 2);
  // A daemon's threads block what only its sigwait() takes: a program would inherit that.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  const Rollback free_attributes([&] { posix_spawnattr_destroy(&attributes); });
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, program.c_str(), &actions, &attributes, arguments.data(), environ);
  if (error != 0) return Error{Errc::unavailable, program + ": " + std::strerror(error)};
  return child;
}

/// Reads what is there. False: the other end is closed.
bool drain(int fd, std::string& into) {
  std::array<char, 16384> piece{};
  const ssize_t n = ::read(fd, piece.data(), piece.size());
  if (n < 0) return errno == EINTR;
  into.append(piece.data(), static_cast<std::size_t>(n));
  return n > 0;
}

/// Reads both until both are closed. False: the time was over, or there was too much.
bool drain_both(UniqueFd& out, UniqueFd& err, std::string& out_text, std::string& err_text,
                Deadline deadline) {
  while (out || err) {
    std::array<pollfd, 2> polled = {pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0}};
    const int ready = ::poll(polled.data(), polled.size(), poll_timeout(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    if (polled[0].revents != 0 && !drain(out.get(), out_text)) out.reset();
    if (polled[1].revents != 0 && !drain(err.get(), err_text)) err.reset();
    if (out_text.size() + err_text.size() > kOutputMost) return false;
  }
  return true;
}

}  // namespace

Result<std::string> run_program(const std::vector<std::string>& argv, Deadline deadline,
                                std::string_view input) {
  const std::string program = find_program(argv.front());
  if (program.empty()) return Error{Errc::not_found, argv.front() + ": no such program"};
  CS_ASSIGN(const UniqueFd in, file_of(input));
  CS_ASSIGN(Pipe out, make_pipe());
  CS_ASSIGN(Pipe err, make_pipe());
  CS_ASSIGN(const pid_t child, spawn(program, argv, in.get(), out.write.get(), err.write.get()));
  out.write.reset();
  err.write.reset();
  std::string out_text, err_text;
  const bool ended = drain_both(out.read, err.read, out_text, err_text, deadline);
  if (!ended) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!ended) return Error{Errc::unavailable, argv.front() + ": did not end in time"};
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    while (err_text.ends_with('\n')) err_text.pop_back();
    return Error{Errc::invalid, argv.front() + ": " + err_text};
  }
  return out_text;
}

}  // namespace countersign
