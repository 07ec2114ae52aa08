// SPDX-License-Identifier: Apache-2.0
#include "challenge/http_server.h"

#include <microhttpd.h>
#include <netdb.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdarg>
#include <cstring>

#include "base/log.h"
#include "challenge/admission.h"
#include "challenge/standing_fields.h"
#include "challenge/work_queue.h"

namespace countersign::challenge {
namespace {

// Header fields, and their copy while they are parsed: kMostHeader twice, and room to write.
constexpr std::size_t kConnectionMemory = 32 * 1024;
constexpr unsigned kIdleSeconds = 15;
// A refused body up to here is read all the same: to close before would lose the answer.
constexpr std::size_t kMostDiscarded = 64 * 1024;

// Descriptors for all but connections: the store, the log, the metrics' server, the self-check.
constexpr rlim_t kOtherDescriptors = 128;

/// Asks for as many descriptors as `wanted` connections need; returns how many connections there
/// can be. A service mostly begins with 1024, and may have far more.
unsigned room_for(unsigned wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const rlim_t needed = wanted + kOtherDescriptors;
  if (limit.rlim_cur >= needed) return wanted;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = std::min(needed, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  if (limit.rlim_cur >= needed) return wanted;
  const rlim_t room = std::max(limit.rlim_cur, 2 * kOtherDescriptors) - kOtherDescriptors;
  log::warning("page: fewer connections, as this process may have few descriptors",
               {{"descriptors", static_cast<long long>(limit.rlim_cur)},
                {"connections", static_cast<long long>(room)}});
  return static_cast<unsigned>(room);
}

/// One request, from its head to its response. The library's thread has it, but while its
/// connection is suspended a worker does.
struct Exchange {
  HttpRequest request;
  std::optional<HttpResponse> response;
  bool handed_over = false;
  bool persists = false;  ///< the connection may bring another
};

std::string address_text(const sockaddr* address, socklen_t size) {
  std::array<char, 128> host{};
  if (!address ||
      getnameinfo(address, size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0)
    return "";
  return host.data();
}

std::string address_text(const sockaddr* address) {
  const bool v6 = address && address->sa_family == AF_INET6;
  return address_text(address, v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
}

int descriptor_of(MHD_Connection* connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

std::string peer_of(MHD_Connection* connection) {
  return address_text(
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
}

MHD_Result add_field(void* cls, MHD_ValueKind, const char* name, std::size_t name_size,
                     const char* value, std::size_t value_size) {
  auto& fields = *static_cast<std::vector<HeaderField>*>(cls);
  fields.push_back({std::string(name, name_size), std::string(value ? value : "", value_size)});
  return MHD_YES;
}

/// The query as it came: the library has cut it into pieces, and leaves escapes alone.
std::string query_of(MHD_Connection* connection) {
  std::vector<HeaderField> pieces;
  MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, add_field, &pieces);
  std::string out;
  for (const HeaderField& piece : pieces)
    out += (out.empty() ? "" : "&") + piece.name + "=" + piece.value;
  return out;
}

/// The declared size of a body; nothing if there is none, or no clear one.
std::size_t declared_size(const RequestHead& head) {
  std::size_t size = 0;
  for (const HeaderField& field : head.fields)
    if (strcasecmp(field.name.c_str(), "Content-Length") == 0)
      size = std::strtoull(field.value.c_str(), nullptr, 10);
  return size;
}

MHD_Result send(MHD_Connection* connection, const HttpResponse& response, bool persists = false) {
  MHD_Response* out = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
  if (!out) return MHD_NO;
  const auto add = [&](const HeaderField& field) {
    MHD_add_response_header(out, field.name.c_str(), field.value.c_str());
  };
  if (!response.type.empty()) add({"Content-Type", response.type});
  for (const HeaderField& field : response.fields) add(field);
  for (const HeaderField& field : standing_fields())
    if (!MHD_get_response_header(out, field.name.c_str())) add(field);
  if (!persists) add({"Connection", "close"});
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(response.status), out);
  MHD_destroy_response(out);
  return queued;
}

std::size_t leave_escapes(void*, MHD_Connection*, char* text) { return std::strlen(text); }

void log_library(void*, const char* format, va_list arguments) {
  std::array<char, 300> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  log::debug("libmicrohttpd", {{"says", text.data()}});
}

}  // namespace

struct HttpServer::Impl {
  Impl(UniqueFd listening, Site& s, const ServerLimits& l, std::function<void(Turned)> t)
      : listener(std::move(listening)),
        site(s),
        limits(with_room(l)),
        turned(std::move(t)),
        connections(l.connection, [this] { turned(Turned::slow); }),
        queue(l.workers, l.queue) {}

  ~Impl() {
    // Every suspended connection must be resumed before the daemon ends.
    queue.stop();
    if (!daemon) return;
    quiesce();
    MHD_stop_daemon(daemon);
  }

  Status start() {
    const unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    daemon = MHD_start_daemon(
        flags, 0, on_accept, this, on_request, this, MHD_OPTION_EXTERNAL_LOGGER, log_library,
        nullptr, MHD_OPTION_LISTEN_SOCKET, listener.get(), MHD_OPTION_CONNECTION_LIMIT,
        limits.connections, MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, nullptr, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, this, MHD_OPTION_NOTIFY_COMPLETED, on_completed, this, MHD_OPTION_END);
    if (!daemon) return Error{Errc::unavailable, "the web server cannot be started"};
    return {};
  }

  static ServerLimits with_room(ServerLimits wanted) {
    wanted.connections = room_for(wanted.connections);
    return wanted;
  }

  /// Takes the listener back: the library would close it.
  void quiesce() {
    if (!quiesced.exchange(true)) MHD_quiesce_daemon(daemon);
  }

  /// The network by which the connections of a client are counted; "" for proxies.
  std::string counted_as(const std::string& address) const {
    if (limits.proxies.contains(address)) return "";
    const auto network = network_of(address);
    return network ? *network : "";
  }

  static MHD_Result on_accept(void* cls, const sockaddr* address, socklen_t size) {
    auto& self = *static_cast<Impl*>(cls);
    if (self.connections.may_open(self.counted_as(address_text(address, size)))) return MHD_YES;
    self.turned(Turned::crowded);
    return MHD_NO;
  }

  static void on_connection(void* cls, MHD_Connection* connection, void**,
                            MHD_ConnectionNotificationCode code) {
    auto& self = *static_cast<Impl*>(cls);
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
      self.connections.open(descriptor_of(connection), self.counted_as(peer_of(connection)));
    else
      self.connections.close(descriptor_of(connection));
  }

  static void on_completed(void* cls, MHD_Connection* connection, void** state,
                           MHD_RequestTerminationCode code) {
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
      static_cast<Impl*>(cls)->connections.answered(descriptor_of(connection));
    delete static_cast<Exchange*>(*state);
    *state = nullptr;
  }

  static MHD_Result on_request(void* cls, MHD_Connection* connection, const char* path,
                               const char* method, const char* version, const char* data,
                               std::size_t* size, void** state) {
    auto& self = *static_cast<Impl*>(cls);
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
    RequestHead head{method, path, version, {}, peer_of(connection), {}};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, add_field, &head.fields);
    head.query = query_of(connection);
    Admission admission = site.admit(head);
    auto exchange = std::make_unique<Exchange>();
    if (auto* refused = std::get_if<HttpResponse>(&admission)) {
      const std::size_t declared = declared_size(head);
      if (declared == 0 || declared > kMostDiscarded) return send(connection, *refused);
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
      return send(connection, *exchange.response, exchange.persists && !quiesced);
    if (exchange.handed_over) return MHD_NO;  // resumed without a response: close
    const std::size_t requests = connections.received(descriptor_of(connection));
    exchange.persists = exchange.persists && requests < limits.requests &&
                        connections.count() <= limits.connections / 4 * 3;
    if (!queue.has_room()) {
      turned(Turned::busy);
      return send(connection, site.busy(exchange.request));
    }
    exchange.request.deadline = std::chrono::steady_clock::now() + limits.handling;
    exchange.handed_over = true;
    MHD_suspend_connection(connection);
    // From here on the worker has the exchange: do not touch it.
    const bool taken = queue.push([this, connection, &exchange] {
      try {
        exchange.response = site.handle(exchange.request);
      } catch (const std::exception& e) {
        log::error("page: request failed", {{"why", e.what()}});
      }
      MHD_resume_connection(connection);
    });
    if (!taken) MHD_resume_connection(connection);  // the server is ending
    return MHD_YES;
  }

  UniqueFd listener;
  Site& site;
  const ServerLimits limits;
  const std::function<void(Turned)> turned;
  Connections connections;
  WorkQueue queue;
  std::atomic<bool> quiesced = false;
  MHD_Daemon* daemon = nullptr;
};

Result<std::unique_ptr<HttpServer>> HttpServer::start(UniqueFd listener, Site& site,
                                                      const ServerLimits& limits,
                                                      std::function<void(Turned)> turned) {
  auto impl = std::make_unique<Impl>(std::move(listener), site, limits, std::move(turned));
  CS_TRY(impl->start());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

int HttpServer::listener() const { return impl_->listener.get(); }

std::size_t HttpServer::open() const { return impl_->connections.count(); }

void HttpServer::drain(milliseconds patience) {
  impl_->quiesce();
  (void)impl_->connections.wait_until_empty(std::chrono::steady_clock::now() + patience);
}

}  // namespace countersign::challenge
