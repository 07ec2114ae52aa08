// SPDX-License-Identifier: Apache-2.0
#include "authentication/unbound_dns.h"

#include <arpa/inet.h>
#include <poll.h>
#include <unbound.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "mail/network.h"

namespace countersign {
namespace {

constexpr std::size_t kMostRecords = 100;
constexpr int kLoopMilliseconds = 200;  ///< between looks at whether the loop is to end

/// A question that somebody waits for.
struct Question {
  std::mutex mutex;
  std::condition_variable answered;
  bool done = false;
  DnsAnswer answer;
};

DnsAnswer answer_of(int error, const ub_result* result) {
  constexpr int kNoError = 0, kNoName = 3;  // RFC 1035 §4.1.1
  if (error != 0 || result == nullptr) return {};
  if (result->rcode != kNoError && result->rcode != kNoName) return {};
  DnsAnswer answer{DnsAnswer::Kind::nothing, {}};
  if (!result->havedata) return answer;
  for (std::size_t i = 0; result->data[i] != nullptr && i < kMostRecords; ++i)
    answer.records.emplace_back(result->data[i], static_cast<std::size_t>(result->len[i]));
  if (!answer.records.empty()) answer.kind = DnsAnswer::Kind::found;
  return answer;
}

/// Whether a name can be asked for: labels of 1 to 63 octets, 253 in all.
bool is_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > 253 || name.find('\0') != std::string_view::npos) return false;
  for (std::size_t at = 0; at <= name.size();) {
    const auto end = std::min(name.find('.', at), name.size());
    if (end == at || end - at > 63) return false;
    at = end + 1;
  }
  return true;
}

/// Returns the name in the master file's spelling, in which a backslash escapes (RFC 1035 §5.1).
std::string spelled(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (c == '\\') out += '\\';
    out += c;
  }
  return out;
}

extern "C" void on_answer(void* mine, int error, ub_result* result) {
  const std::unique_ptr<std::shared_ptr<Question>> owned(
      static_cast<std::shared_ptr<Question>*>(mine));
  Question& question = **owned;
  {
    const std::lock_guard lock(question.mutex);
    question.answer = answer_of(error, result);
    question.done = true;
  }
  ub_resolve_free(result);
  question.answered.notify_all();
}

}  // namespace

/// libunbound's context, and the thread in which its answers come.
class UnboundDns::Loop {
 public:
  explicit Loop(ub_ctx* context) : context_(context) {}
  ~Loop() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
    ub_ctx_delete(context_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Returns the context, whose answers come from now on.
  ub_ctx* started() {
    std::call_once(start_, [this] { thread_ = std::thread([this] { run(); }); });
    return context_;
  }
  ub_ctx* context() { return context_; }

 private:
  void run() {
    while (!ended_) {
      pollfd polled{ub_fd(context_), POLLIN, 0};
      if (::poll(&polled, 1, kLoopMilliseconds) > 0) ub_process(context_);
    }
  }

  ub_ctx* context_;
  std::once_flag start_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

UnboundDns::UnboundDns(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
UnboundDns::~UnboundDns() = default;

Result<std::unique_ptr<UnboundDns>> UnboundDns::open(const std::string& resolver) {
  ub_ctx* context = ub_ctx_create();
  if (context == nullptr) return Error{Errc::unavailable, "libunbound does not start"};
  const auto failed = [&](const std::string& what, int error) {
    ub_ctx_delete(context);
    return Error{Errc::unavailable, what + ": " + ub_strerror(error)};
  };
  const std::pair<const char*, const char*> options[] = {
      {"do-not-query-localhost:", "no"},
      {"module-config:", "iterator"},
      // Inside zones (10.in-addr.arpa) are the resolver's business, not ours.
      {"unblock-lan-zones:", "yes"},
      // One zone that never answers must not make its name server the one that is asked no more.
      {"infra-keep-probing:", "yes"},
      {"infra-host-ttl:", "1"},
      // It is a resolver, which has to ask others itself.
      {"unknown-server-time-limit:", "1000"},
  };
  for (const auto& [name, value] : options)
    if (const int error = ub_ctx_set_option(context, name, value); error != 0)
      return failed(name, error);
  if (resolver.empty()) {
    if (const int error = ub_ctx_resolvconf(context, nullptr); error != 0)
      return failed("/etc/resolv.conf", error);
  } else {
    const auto address = unbound_address(resolver);
    if (!address) {
      ub_ctx_delete(context);
      return address.error();
    }
    if (const int error = ub_ctx_set_fwd(context, address->c_str()); error != 0)
      return failed(resolver, error);
  }
  if (const int error = ub_ctx_async(context, 1); error != 0) return failed("threads", error);
  return std::unique_ptr<UnboundDns>(new UnboundDns(std::make_unique<Loop>(context)));
}

DnsAnswer UnboundDns::ask(const std::string& name, DnsType type, Deadline deadline) {
  if (!is_name(name)) return {DnsAnswer::Kind::nothing, {}};
  auto question = std::make_shared<Question>();
  auto* handle = new std::shared_ptr<Question>(question);
  int id = 0;
  const int error = ub_resolve_async(loop_->started(), spelled(name).c_str(),
                                     static_cast<int>(type), 1, handle, on_answer, &id);
  if (error != 0) {
    delete handle;
    return {error == UB_SYNTAX ? DnsAnswer::Kind::nothing : DnsAnswer::Kind::failed, {}};
  }
  std::unique_lock lock(question->mutex);
  if (question->answered.wait_until(lock, deadline, [&] { return question->done; }))
    return question->answer;
  lock.unlock();
  // Cancelled, its answer never comes; else it is on its way, and frees the handle.
  if (ub_cancel(loop_->context(), id) == 0) delete handle;
  return {};
}

Result<std::string> unbound_address(const std::string& resolver) {
  std::string host = resolver;
  std::string port;
  if (resolver.starts_with('[')) {
    const auto end = resolver.find(']');
    host = end == std::string::npos ? "" : resolver.substr(1, end - 1);
    port = end == std::string::npos ? "" : resolver.substr(end + 1);
  } else if (std::count(resolver.begin(), resolver.end(), ':') == 1) {
    host = resolver.substr(0, resolver.find(':'));
    port = resolver.substr(resolver.find(':'));
  }
  const Error invalid{Errc::invalid, "'" + resolver + "' is no IP address with port"};
  if (!network_of(host)) return invalid;
  if (port.empty()) return host;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
  if (port.front() != ':' || error != std::errc() || end != port.data() + port.size() ||
      number == 0 || number > 65535)
    return invalid;
  return host + "@" + std::to_string(number);
}

}  // namespace countersign
