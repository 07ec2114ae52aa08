// SPDX-License-Identifier: Apache-2.0
//
// countersign-authenticate: SPF, DKIM and DMARC in a process without keys. countersign-milter
// starts it (authenticator_process.h) with a socket as descriptor 3, over which a socket comes for
// each message. It ends when that one is closed.
#include <getopt.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

#include "authentication/confine.h"
#include "authentication/descriptor_message.h"
#include "authentication/examine.h"
#include "authentication/unbound_dns.h"
#include "base/log.h"

namespace countersign {
namespace {

constexpr int kControl = 3;
constexpr int kMostMessages = 1000;  ///< at once; others wait in the control socket
constexpr std::size_t kStackBytes = 512 * 1024;

constexpr const char* kUsage =
    "usage: countersign-authenticate [--resolver ADDRESS] [--level LEVEL] [--target TARGET]\n"
    "\n"
    "Started by countersign-milter, not by hand; see countersign-authenticate(8).\n";

struct Arguments {
  std::string resolver;
  std::string level = "info";
  std::string target = "stderr";
  int status = -1;  ///< exit status, when there is nothing more to do
};

Arguments parse_arguments(int argc, char** argv) {
  static const option kLong[] = {
      {"resolver", required_argument, nullptr, 'r'}, {"level", required_argument, nullptr, 'l'},
      {"target", required_argument, nullptr, 't'},   {"help", no_argument, nullptr, 'h'},
      {"version", no_argument, nullptr, 'v'},        {nullptr, 0, nullptr, 0}};
  Arguments out;
  for (int c; (c = getopt_long(argc, argv, "h", kLong, nullptr)) != -1;) {
    if (c == 'r') {
      out.resolver = optarg;
    } else if (c == 'l') {
      out.level = optarg;
    } else if (c == 't') {
      out.target = optarg;
    } else if (c == 'h') {
      std::fputs(kUsage, stdout);
      out.status = EX_OK;
    } else if (c == 'v') {
      std::puts("countersign-authenticate " PACKAGE_VERSION);
      out.status = EX_OK;
    } else {
      std::fputs(kUsage, stderr);
      out.status = EX_USAGE;
    }
  }
  return out;
}

/// Takes the next message's socket. Empty: there will be no more.
UniqueFd next_message() {
  for (;;) {
    DescriptorMessage message;
    const ssize_t got = ::recvmsg(kControl, &message.header(), MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return UniqueFd();
    const cmsghdr* head = CMSG_FIRSTHDR(&message.header());
    if (head == nullptr || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int)))
      continue;  // no descriptor was left for it
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(head), sizeof descriptor);
    return UniqueFd(descriptor);
  }
}

/// How many messages are looked at.
class Slots {
 public:
  void take() {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return taken_ < kMostMessages; });
    ++taken_;
  }
  void give_back() {
    const std::lock_guard lock(mutex_);
    --taken_;
    freed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  int taken_ = 0;
};

void serve(Dns& dns, DkimLibrary& library) {
  static Slots slots;
  for (;;) {
    UniqueFd socket = next_message();
    if (!socket) return;
    slots.take();
    try {
      std::thread([socket = std::move(socket), &dns, &library]() mutable {
        try {
          examine(std::move(socket), dns, library);
        } catch (const std::exception& e) {
          log::error("message not examined", {{"error", e.what()}});
        }
        slots.give_back();
      }).detach();
    } catch (const std::system_error& e) {
      log::error("no thread for a message", {{"error", e.what()}});
      slots.give_back();
    }
  }
}

int run(const Arguments& arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  if (auto set = log::set_up("countersign-authenticate", arguments.target, arguments.level); !set) {
    std::fprintf(stderr, "countersign-authenticate: %s\n", set.error().detail.c_str());
    return EX_USAGE;
  }
  const auto stop = [](const Error& error) {
    log::error("cannot start", {{"error", error.detail}});
    return EX_CONFIG;
  };
  close_others(kControl);
  if (const Status given_up = give_up_privileges(); !given_up) return stop(given_up.error());
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  (void)pthread_setattr_default_np(&attributes);
  const auto dns = UnboundDns::open(arguments.resolver);
  if (!dns) return stop(dns.error());
  const auto library = DkimLibrary::open();
  if (!library) return stop(library.error());
  log::info("ready", {{"confined", close_file_system() ? "yes" : "no"}});
  serve(**dns, **library);
  // Messages may still be looked at: nothing may be destroyed under them.
  _exit(EX_OK);
}

}  // namespace
}  // namespace countersign

int main(int argc, char** argv) {
  const auto arguments = countersign::parse_arguments(argc, argv);
  if (arguments.status >= 0) return arguments.status;
  try {
    return countersign::run(arguments);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "countersign-authenticate: %s\n", e.what());
    return EX_SOFTWARE;
  }
}
