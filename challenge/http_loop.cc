// SPDX-License-Identifier: Apache-2.0
#include "challenge/http_loop.h"

#include <microhttpd.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "base/log.h"
#include "challenge/exchange.h"
#include "challenge/gathering.h"

namespace countersign::challenge {
namespace {

// Header fields, and their copy while they are parsed: kMostHeader twice, and room to write.
constexpr std::size_t kConnectionMemory = 32 * 1024;
constexpr unsigned kIdleSeconds = 15;
// A refused body up to here is read all the same: to close before would lose the answer.
constexpr std::size_t kMostDiscarded = 64 * 1024;

std::size_t leave_escapes(void*, MHD_Connection*, char* text) { return std::strlen(text); }

void log_library(void*, const char* format, va_list arguments) {
  std::array<char, 300> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  log::debug("libmicrohttpd", {{"says", text.data()}});
}

/// Behind HttpLoop: what the library calls needs its types.
class MhdLoop final : public HttpLoop {
 public:
  explicit MhdLoop(Shared& shared)
      : shared_(shared),
        gathering_(shared.site, shared.clock, shared.limits.queue,
                   {[this](Exchange& e) { resume(e); }, [this](Exchange& e) { hand_over(e); }}) {}

  ~MhdLoop() override {
    ending_ = true;
    wake();
    if (thread_.joinable()) thread_.join();
    if (!daemon_) return;
    // Every suspended connection must be resumed before the daemon ends.
    gathering_.give_up();
    resume_answered();
    if (!quiesced_) MHD_quiesce_daemon(daemon_);
    MHD_stop_daemon(daemon_);
  }

  Status start(unsigned connections) {
    // Not the library's own thread: ours waits for answers of the store, too.
    const unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    daemon_ = MHD_start_daemon(
        flags, 0, on_accept, this, on_request, this, MHD_OPTION_EXTERNAL_LOGGER, log_library,
        nullptr, MHD_OPTION_LISTEN_SOCKET, shared_.listener.get(), MHD_OPTION_CONNECTION_LIMIT,
        connections, MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, nullptr, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, this, MHD_OPTION_NOTIFY_COMPLETED, on_completed, this, MHD_OPTION_END);
    if (!daemon_ || !wakes_) return Error{Errc::unavailable, "the web server cannot be started"};
    thread_ = std::thread([this] { serve(); });
    return {};
  }

  void quiesce() override {
    quiescing_ = true;
    wake();
  }

 private:
  /// Reads and writes all connections, and answers what can be answered without waiting.
  void serve() {
    const int library = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    while (!ending_) {
      std::array<pollfd, 3> wanted = {
          {{library, POLLIN, 0}, {wakes_.get(), POLLIN, 0}, {gathering_.descriptor(), POLLIN, 0}}};
      if (poll(wanted.data(), wanted.size(), again_ ? 0 : patience()) < 0 && errno != EINTR)
        log::error("page: poll failed", {{"why", std::strerror(errno)}});
      std::uint64_t count = 0;
      if (wanted[1].revents != 0) (void)!read(wakes_.get(), &count, sizeof count);
      if (quiescing_ && !quiesced_) {
        MHD_quiesce_daemon(daemon_);
        quiesced_ = true;
      }
      resume_answered();
      MHD_run(daemon_);
      gathering_.run();
      if (std::exchange(again_, false)) MHD_run(daemon_);
    }
  }

  /// How long poll() may wait, in milliseconds.
  int patience() const {
    const int own = poll_timeout(gathering_.until());
    MHD_UNSIGNED_LONG_LONG library = 0;
    if (MHD_get_timeout(daemon_, &library) != MHD_YES) return own;
    return static_cast<int>(std::min<MHD_UNSIGNED_LONG_LONG>(library, static_cast<unsigned>(own)));
  }

  void wake() const {
    const std::uint64_t one = 1;
    (void)!write(wakes_.get(), &one, sizeof one);
  }

  /// In our thread: the library has no lock when the thread is not its own.
  void resume(Exchange& exchange) {
    MHD_resume_connection(exchange.connection);
    again_ = true;
  }
  /// What workers have answered.
  void resume_answered() {
    for (Exchange* exchange : answered_.with([](auto& all) { return std::exchange(all, {}); }))
      resume(*exchange);
  }

  /// Gives a suspended exchange to a worker.
  void hand_over(Exchange& exchange) {
    const bool taken = shared_.queue.push([this, &exchange] {
      try {
        exchange.response = shared_.site.handle(exchange.request);
      } catch (const std::exception& e) {
        log::error("page: request failed", {{"why", e.what()}});
      }
      answered_.with([&](auto& all) { all.push_back(&exchange); });
      wake();
    });
    if (taken) return;
    // Another thread took the last place, or the server is ending.
    shared_.turned(Turned::busy);
    exchange.response = shared_.site.busy(exchange.request);
    resume(exchange);
  }

  /// The network by which the connections of a client are counted; "" for proxies.
  std::string counted_as(const std::string& address) const {
    if (shared_.limits.proxies.contains(address)) return "";
    const auto network = network_of(address);
    return network ? *network : "";
  }

  static MHD_Result on_accept(void* cls, const sockaddr* address, socklen_t) {
    auto& self = *static_cast<MhdLoop*>(cls);
    if (self.shared_.connections.may_open(self.counted_as(address_text(address)))) return MHD_YES;
    self.shared_.turned(Turned::crowded);
    return MHD_NO;
  }

  static void on_connection(void* cls, MHD_Connection* connection, void**,
                            MHD_ConnectionNotificationCode code) {
    auto& self = *static_cast<MhdLoop*>(cls);
    if (code == MHD_CONNECTION_NOTIFY_CLOSED)
      self.shared_.connections.close(descriptor_of(connection));
    else if (!self.shared_.connections.open(descriptor_of(connection),
                                            self.counted_as(peer_of(connection))))
      self.shared_.turned(Turned::crowded);
    // Where there were too many, the library looks at the listener again when it is run next.
    self.again_ |= code == MHD_CONNECTION_NOTIFY_CLOSED;
  }

  static void on_completed(void* cls, MHD_Connection* connection, void** state,
                           MHD_RequestTerminationCode code) {
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
      static_cast<MhdLoop*>(cls)->shared_.connections.answered(descriptor_of(connection));
    delete static_cast<Exchange*>(*state);
    *state = nullptr;
  }

  static MHD_Result on_request(void* cls, MHD_Connection* connection, const char* path,
                               const char* method, const char* version, const char* data,
                               std::size_t* size, void** state) {
    auto& self = *static_cast<MhdLoop*>(cls);
    try {
      if (!*state) return self.begin(connection, path, method, version, state);
      auto& exchange = *static_cast<Exchange*>(*state);
      if (*size > 0) {
        // Admission has seen the declared size, and the library gives no more than that.
        if (!exchange.response) exchange.request.body.append(data, *size);
        *size = 0;
        return MHD_YES;
      }
      return self.complete(connection, exchange);
    } catch (const std::exception& e) {
      log::error("page: request failed", {{"why", e.what()}});
      return MHD_NO;
    }
  }

  MHD_Result begin(MHD_Connection* connection, const char* path, const char* method,
                   const char* version, void** state) {
    const RequestHead head = head_of(connection, path, method, version);
    Admission admission = shared_.site.admit(head);
    auto exchange = std::make_unique<Exchange>();
    if (auto* refused = std::get_if<HttpResponse>(&admission)) {
      const std::size_t declared = declared_size(head);
      if (declared == 0 || declared > kMostDiscarded) return sent(connection, *refused);
      exchange->response = std::move(*refused);
    } else {
      exchange->request = std::get<HttpRequest>(std::move(admission));
      exchange->persists = head.version == "HTTP/1.1";
    }
    *state = exchange.release();
    return MHD_YES;
  }

  MHD_Result complete(MHD_Connection* connection, Exchange& exchange) {
    if (exchange.response)
      return sent(connection, *exchange.response, exchange.persists && !quiesced_);
    if (exchange.handed_over) return MHD_NO;  // resumed without a response: close
    const std::size_t requests = shared_.connections.received(descriptor_of(connection));
    exchange.persists = exchange.persists && requests < shared_.limits.requests &&
                        shared_.connections.count() <= shared_.limits.connections / 4 * 3;
    const bool gathered = gathering_.takes(exchange.request);
    if (!gathered && !shared_.queue.has_room()) {
      shared_.turned(Turned::busy);
      return sent(connection, shared_.site.busy(exchange.request));
    }
    exchange.request.deadline = std::chrono::steady_clock::now() + shared_.limits.handling;
    exchange.connection = connection;
    exchange.handed_over = true;
    MHD_suspend_connection(connection);
    // From here on others have the exchange: do not touch it.
    if (gathered)
      gathering_.add(exchange);
    else
      hand_over(exchange);
    return MHD_YES;
  }

  static MHD_Result sent(MHD_Connection* connection, const HttpResponse& response,
                         bool persists = false) {
    return send(connection, response, persists) ? MHD_YES : MHD_NO;
  }

  Shared& shared_;
  Gathering gathering_;                       ///< of the thread alone
  Guarded<std::vector<Exchange*>> answered_;  ///< by workers; to be resumed
  bool again_ = false;  ///< MHD_run() has something to do at once; of the thread alone
  const UniqueFd wakes_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::atomic<bool> ending_ = false;
  std::atomic<bool> quiescing_ = false;
  bool quiesced_ = false;  ///< of the thread alone
  MHD_Daemon* daemon_ = nullptr;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<HttpLoop>> HttpLoop::start(Shared& shared, unsigned connections) {
  auto loop = std::make_unique<MhdLoop>(shared);
  CS_TRY(loop->start(connections));
  return std::unique_ptr<HttpLoop>(std::move(loop));
}

}  // namespace countersign::challenge
