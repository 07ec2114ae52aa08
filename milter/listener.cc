// SPDX-License-Identifier: Apache-2.0
#include "milter/listener.h"

#include <dirent.h>
#include <grp.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/rollback.h"
#include "base/unique_fd.h"
#include "milter/callbacks.h"

namespace countersign {
namespace {

// libmilter's 20 are too few: a connection that finds a full queue of a Unix socket fails at once.
constexpr int kBacklog = 1024;
constexpr std::size_t kLargestPacket = 1024 * 1024;

std::string why(const std::string& what) { return what + ": " + std::strerror(errno); }

/// The path of a Unix socket; none for TCP.
std::optional<std::string> unix_path(const std::string& socket) {
  for (const std::string prefix : {"unix:", "local:"})
    if (socket.starts_with(prefix)) return socket.substr(prefix.size());
  if (socket.find(':') == std::string::npos) return socket;
  return std::nullopt;
}

Status check_folder(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  struct stat about {};
  if (::stat(folder.c_str(), &about) != 0) return Error{Errc::invalid, why(folder)};
  if ((about.st_mode & S_IWOTH) != 0)
    return Error{Errc::invalid, folder +
                                    ": is writable for everybody; a milter's socket must stand "
                                    "in a folder that is not"};
  return {};
}

/// Fails if somebody answers at the socket, who would lose it to us.
Status check_stale(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Error{Errc::invalid, path + ": is longer than " +
                                    std::to_string(sizeof address.sun_path - 1) + " bytes"};
  path.copy(address.sun_path, path.size());
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return Error{Errc::already_exists, path + ": another process listens there"};
  return {};
}

Result<gid_t> group_id(const std::string& name) {
  std::vector<char> buffer(16384);
  group entry{};
  group* found = nullptr;
  const int error = ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (error != 0) return Error{Errc::unavailable, name + ": " + std::strerror(error)};
  if (found == nullptr) return Error{Errc::invalid, name + ": there is no such group"};
  return found->gr_gid;
}

std::set<int> open_descriptors() {
  std::set<int> out;
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return out;
  const Rollback close([&] { ::closedir(folder); });
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    int fd = -1;
    if (std::from_chars(name.data(), name.data() + name.size(), fd).ec == std::errc() &&
        fd != ::dirfd(folder))
      out.insert(fd);
  }
  return out;
}

/// libmilter opens the listening socket and does not tell which it is: it is what was not there.
bool send_without_delay(const std::set<int>& before) {
  bool found = false;
  for (const int fd : open_descriptors()) {
    if (before.contains(fd)) continue;
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) continue;
    const int on = 1;
    found = ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 || found;
  }
  return found;
}

Status open_tcp(const std::string& socket) {
  const std::set<int> before = open_descriptors();
  if (smfi_opensocket(true) != MI_SUCCESS)
    return Error{Errc::unavailable, "cannot listen on " + socket};
  if (!send_without_delay(before))
    log::warning("TCP_NODELAY not set: mail will be slow", {{"socket", socket}});
  return {};
}

Status open_unix(const std::string& path, const ListenerSettings& settings) {
  CS_TRY(check_folder(path));
  CS_TRY(check_stale(path));
  gid_t group = static_cast<gid_t>(-1);
  if (!settings.group.empty()) {
    CS_ASSIGN(group, group_id(settings.group));
  }
  // Nobody may connect before group and mode are set.
  const mode_t old = ::umask(0177);
  const int opened = smfi_opensocket(true);
  ::umask(old);
  if (opened != MI_SUCCESS) return Error{Errc::unavailable, "cannot listen on " + path};
  if (::chown(path.c_str(), static_cast<uid_t>(-1), group) != 0)
    return Error{Errc::unavailable, why(path + ": cannot give it to group " + settings.group)};
  if (::chmod(path.c_str(), settings.mode) != 0) return Error{Errc::unavailable, why(path)};
  return {};
}

}  // namespace

Status open_listener(const ListenerSettings& settings) {
  std::string socket = settings.socket;
  if (smfi_setconn(socket.data()) != MI_SUCCESS)
    return Error{Errc::invalid, socket + ": is no socket; allowed: unix:/path, inet:port@host"};
  smfi_setbacklog(kBacklog);
  // A field of 60 kB and its name come in one packet.
  smfi_setmaxdatasize(kLargestPacket);
  const auto path = unix_path(socket);
  return path ? open_unix(*path, settings) : open_tcp(socket);
}

Status serve(milliseconds patience) {
  const int served = smfi_main();
  const auto deadline = std::chrono::steady_clock::now() + patience;
  constexpr milliseconds kStep{10};
  while (callbacks_in_flight() > 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(kStep);
  // libmilter sends a callback's answer after it has returned. An answer that is cut off costs a
  // retry, which joins the hold: worth a moment, not a protocol of our own.
  std::this_thread::sleep_for(10 * kStep);
  dispose_closed_sessions();
  if (served != MI_SUCCESS) return Error{Errc::unavailable, "libmilter's main loop failed"};
  return {};
}

void stop_serving() { smfi_stop(); }

}  // namespace countersign
