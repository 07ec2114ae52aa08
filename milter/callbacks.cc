// SPDX-License-Identifier: Apache-2.0
//
// Each callback finds the Session, translates C arguments, and translates the Verdict; a decision
// taken in this file is a bug.
#include "milter/callbacks.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <exception>
#include <vector>

#include "base/guarded.h"
#include "base/log.h"
#include "mail/unicode.h"
#include "milter/session.h"

namespace countersign {
namespace {

constexpr unsigned long kActions = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT;
// Only for protect.strip_tokens and for replies that are answers.
constexpr unsigned long kReplaceRecipients = SMFIF_ADDRCPT | SMFIF_ADDRCPT_PAR;
// What we never look at, what we do not answer (RCPT only where a mailbox defers), and what makes
// mail cheaper to pass.
constexpr unsigned long kSteps = SMFIP_NOUNKNOWN | SMFIP_NODATA | SMFIP_NR_CONN | SMFIP_NR_HELO |
                                 SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR | SMFIP_SKIP |
                                 SMFIP_HDR_LEADSPC;

/// What libmilter keeps for us of a connection.
struct Connection {
  Connection(Services& services, unsigned long negotiated) : session(services), steps(negotiated) {}
  bool has(unsigned long step) const { return (steps & step) != 0; }

  Session session;
  unsigned long steps;  ///< of kSteps, those that the MTA agreed to
};

Services* shared_services = nullptr;
// For a connection that begins without a negotiation of its own, after SMFIC_QUIT_NC.
std::atomic<unsigned long> last_steps{0};
std::atomic<bool> any_closed{false};

Guarded<std::vector<std::unique_ptr<Connection>>>& closed() {
  // Never destroyed: libmilter's threads may outlive main()'s statics.
  static auto* list = new Guarded<std::vector<std::unique_ptr<Connection>>>();
  return *list;
}

/// Counts the callbacks that run. There are dozens for each message, so threads count in different
/// places: of one place all processors would wait for each other.
class InFlight {
 public:
  InFlight() : place_(place()) { ++place_; }
  ~InFlight() { --place_; }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

  static int count() {
    int out = 0;
    for (const Place& each : places) out += each.running;
    return out;
  }

 private:
  struct alignas(64) Place {
    std::atomic<int> running;
  };
  static std::atomic<int>& place() {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t mine = threads++ % places.size();
    return places[mine].running;
  }
  static inline std::array<Place, 16> places;

  std::atomic<int>& place_;
};

/// Whether a parameter of RCPT is one of delivery status notifications (RFC 3461 §4).
bool is_of_dsn(std::string_view parameter) {
  const std::string name = ascii_lower(parameter.substr(0, parameter.find('=')));
  return name == "notify" || name == "orcpt";
}

/// The editor of a message at its end.
class MtaEditor final : public MessageEditor {
 public:
  MtaEditor(SMFICTX* ctx, bool leading_space) : ctx_(ctx), leading_space_(leading_space) {}

  Status delete_recipient(const std::string& path) override {
    std::string copy = path;
    return done(smfi_delrcpt(ctx_, copy.data()), "smfi_delrcpt");
  }
  Status add_recipient(const std::string& path,
                       const std::vector<std::string>& parameters) override {
    std::string copy = path;
    std::string arguments;
    for (const std::string& parameter : parameters) {
      // Postfix refuses others.
      if (!is_of_dsn(parameter)) continue;
      if (!arguments.empty()) arguments += ' ';
      arguments += parameter;
    }
    return done(arguments.empty() ? smfi_addrcpt(ctx_, copy.data())
                                  : smfi_addrcpt_par(ctx_, copy.data(), arguments.data()),
                "smfi_addrcpt");
  }
  Status remove_field(std::string_view name, int index) override {
    std::string copy(name);
    return done(smfi_chgheader(ctx_, copy.data(), index, nullptr), "smfi_chgheader");
  }
  Status add_field(std::string_view name, const std::string& value) override {
    std::string field(name);
    std::string text = spaced(value);
    return done(smfi_addheader(ctx_, field.data(), text.data()), "smfi_addheader");
  }
  Status put_field_on_top(std::string_view name, const std::string& value) override {
    std::string field(name);
    std::string text = spaced(value);
    return done(smfi_insheader(ctx_, 0, field.data(), text.data()), "smfi_insheader");
  }

 private:
  /// With SMFIP_HDR_LEADSPC the MTA writes the value right behind the colon.
  std::string spaced(const std::string& value) const {
    return leading_space_ ? " " + value : value;
  }
  static Status done(int result, const char* what) {
    if (result == MI_SUCCESS) return {};
    return Error{Errc::unavailable, std::string(what) + " failed"};
  }
  SMFICTX* ctx_;
  bool leading_space_;
};

sfsistat say(SMFICTX* ctx, const SmtpReply& reply) {
  // SmtpReply's copies: libmilter takes no const.
  std::string code = reply.code();
  std::string status = reply.status();
  std::vector<std::string> lines = reply.lines();
  const int set = lines.size() == 1
                      ? smfi_setreply(ctx, code.data(), status.data(), lines[0].data())
                      : smfi_setmlreply(ctx, code.data(), status.data(), lines[0].data(),
                                        lines[1].data(), static_cast<char*>(nullptr));
  if (set != MI_SUCCESS) {
    // Without its text a 5yz would say nothing of what is kept; a retry joins the hold.
    log::error("libmilter does not take a reply", {{"code", code}});
    return SMFIS_TEMPFAIL;
  }
  return code.front() == '4' ? SMFIS_TEMPFAIL : SMFIS_REJECT;
}

sfsistat translate(SMFICTX* ctx, const Connection& connection, const Verdict& verdict) {
  switch (verdict.kind) {
    case Verdict::Kind::proceed:
      return SMFIS_CONTINUE;
    case Verdict::Kind::accept:
      return SMFIS_ACCEPT;
    case Verdict::Kind::skip:
      return connection.has(SMFIP_SKIP) ? SMFIS_SKIP : SMFIS_CONTINUE;
    case Verdict::Kind::discard:
      return SMFIS_DISCARD;
    case Verdict::Kind::reply:
      return say(ctx, *verdict.reply);
  }
  return SMFIS_TEMPFAIL;
}

/// Runs one step of a session. No exception may reach C, and none may lose mail: whatever goes
/// wrong is a 4yz, and the sending MTA keeps the message. `unanswered`: the SMFIP_NR bit of the
/// step, or 0.
template <class Step>
sfsistat run(SMFICTX* ctx, unsigned long unanswered, Step step) noexcept {
  const InFlight count;
  dispose_closed_sessions();
  auto* connection = static_cast<Connection*>(smfi_getpriv(ctx));
  if (connection == nullptr) {
    log::error("callback without a session");
    return SMFIS_TEMPFAIL;
  }
  try {
    const sfsistat answer = translate(ctx, *connection, step(*connection));
    return connection->has(unanswered) ? SMFIS_NOREPLY : answer;
  } catch (const std::exception& e) {
    log::error("callback failed", {{"error", e.what()}});
  } catch (...) {
    log::error("callback failed", {{"error", "exception of unknown type"}});
  }
  // Where no answer is sent the MTA goes on: without a transaction it hears 451 at the next step
  // that has one.
  connection->session.abort();
  return connection->has(unanswered) ? SMFIS_NOREPLY : SMFIS_TEMPFAIL;
}

std::vector<std::string_view> words(char** argv) {
  std::vector<std::string_view> out;
  for (; *argv != nullptr; ++argv) out.emplace_back(*argv);
  return out;
}

std::string_view macro(SMFICTX* ctx, const char* name) {
  std::string copy(name);
  const char* value = smfi_getsymval(ctx, copy.data());
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::string_view text(const char* value) {
  return value == nullptr ? std::string_view() : std::string_view(value);
}

/// "192.0.2.1", "2001:db8::1"; "" for no IP address. IPv4 mapped into IPv6 is IPv4.
std::string address_text(const sockaddr* address) {
  char out[INET6_ADDRSTRLEN] = "";
  if (address == nullptr) return out;
  if (address->sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, out, sizeof out);
  } else if (address->sa_family == AF_INET6) {
    const in6_addr& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6))
      inet_ntop(AF_INET, &v6.s6_addr[12], out, sizeof out);
    else
      inet_ntop(AF_INET6, &v6, out, sizeof out);
  }
  return out;
}

/// Asks for the macros that we read and no others: an MTA sends them before each packet.
void ask_for_macros(SMFICTX* ctx) {
  const auto ask = [&](int stage, const char* names) {
    std::string copy(names);
    smfi_setsymlist(ctx, stage, copy.data());
  };
  ask(SMFIM_CONNECT, "j _");
  ask(SMFIM_HELO, "");
  ask(SMFIM_ENVFROM, "{auth_type}");
  ask(SMFIM_ENVRCPT, "{rcpt_addr}");
  ask(SMFIM_DATA, "");
  ask(SMFIM_EOH, "i");
  ask(SMFIM_EOM, "");
}

/// Gives the connection a session, in place of what it had.
bool begin_session(SMFICTX* ctx, unsigned long steps) noexcept {
  try {
    auto fresh = std::make_unique<Connection>(*shared_services, steps);
    delete static_cast<Connection*>(smfi_getpriv(ctx));
    smfi_setpriv(ctx, fresh.release());
    return true;
  } catch (const std::exception& e) {
    log::error("no session", {{"error", e.what()}});
    return false;
  }
}

sfsistat on_negotiate(SMFICTX* ctx, unsigned long actions, unsigned long steps, unsigned long,
                      unsigned long, unsigned long* our_actions, unsigned long* our_steps,
                      unsigned long* reserved_a, unsigned long* reserved_b) {
  if ((actions & kActions) != kActions) {
    log::error("the MTA does not let us add and change fields and delete recipients");
    return SMFIS_REJECT;
  }
  const auto settings = shared_services->settings();
  const bool replaces = settings->strip_tokens || !settings->reply_keys.empty();
  if (replaces && (actions & kReplaceRecipients) != kReplaceRecipients)
    log::error("the MTA does not let us add recipients: details of addresses stay as they are");
  *our_actions = kActions | (actions & (SMFIF_SETSYMLIST | (replaces ? kReplaceRecipients : 0UL)));
  *our_steps = steps & kSteps;
  if (shared_services->modes.any_defers(shared_services->settings()->defaults.mode))
    *our_steps &= ~static_cast<unsigned long>(SMFIP_NR_RCPT);
  *reserved_a = *reserved_b = 0;
  last_steps = *our_steps;
  if ((actions & SMFIF_SETSYMLIST) != 0) ask_for_macros(ctx);
  return begin_session(ctx, *our_steps) ? SMFIS_CONTINUE : SMFIS_REJECT;
}

/// The client's host name, "unknown" where it is not confirmed. Postfix says that itself; Sendmail
/// gives the name all the same, and the doubt in a macro.
std::string_view confirmed_name(SMFICTX* ctx, const char* name) {
  return macro(ctx, "_").find("(may be forged)") == std::string_view::npos ? text(name) : "unknown";
}

sfsistat on_connect(SMFICTX* ctx, char* name, sockaddr* address) {
  if (smfi_getpriv(ctx) == nullptr && !begin_session(ctx, last_steps)) return SMFIS_TEMPFAIL;
  return run(ctx, SMFIP_NR_CONN, [&](Connection& c) -> Verdict {
    c.session.connect(confirmed_name(ctx, name), address_text(address), macro(ctx, "j"));
    return {};
  });
}

sfsistat on_helo(SMFICTX* ctx, char* argument) {
  return run(ctx, SMFIP_NR_HELO, [&](Connection& c) -> Verdict {
    c.session.helo(text(argument));
    return {};
  });
}

sfsistat on_mail(SMFICTX* ctx, char** argv) {
  return run(ctx, SMFIP_NR_MAIL,
             [&](Connection& c) { return c.session.mail(words(argv), macro(ctx, "{auth_type}")); });
}

sfsistat on_recipient(SMFICTX* ctx, char** argv) {
  return run(ctx, SMFIP_NR_RCPT, [&](Connection& c) {
    return c.session.recipient(words(argv), macro(ctx, "{rcpt_addr}"), !c.has(SMFIP_NR_RCPT));
  });
}

sfsistat on_field(SMFICTX* ctx, char* name, char* value) {
  return run(ctx, SMFIP_NR_HDR, [&](Connection& c) {
    if (c.has(SMFIP_HDR_LEADSPC)) return c.session.field(text(name), text(value));
    // The MTA dropped one.
    return c.session.field(text(name), " " + std::string(text(value)));
  });
}

sfsistat on_end_of_header(SMFICTX* ctx) {
  return run(ctx, 0, [&](Connection& c) { return c.session.end_of_header(macro(ctx, "i")); });
}

sfsistat on_body(SMFICTX* ctx, unsigned char* bytes, std::size_t size) {
  return run(ctx, 0, [&](Connection& c) {
    return c.session.body({reinterpret_cast<const char*>(bytes), size});
  });
}

sfsistat on_end_of_message(SMFICTX* ctx) {
  return run(ctx, 0, [&](Connection& c) {
    MtaEditor editor(ctx, c.has(SMFIP_HDR_LEADSPC));
    return c.session.end_of_message(editor);
  });
}

sfsistat on_abort(SMFICTX* ctx) {
  run(ctx, 0, [](Connection& c) -> Verdict {
    c.session.abort();
    return {};
  });
  return SMFIS_CONTINUE;
}

sfsistat on_close(SMFICTX* ctx) {
  // May be a connection's only callback, and run under the pool's lock: no I/O here.
  std::unique_ptr<Connection> connection(static_cast<Connection*>(smfi_getpriv(ctx)));
  smfi_setpriv(ctx, nullptr);
  if (connection && connection->session.has_draft()) {
    try {
      closed().with([&](auto& list) { list.push_back(std::move(connection)); });
      any_closed = true;
    } catch (const std::exception& e) {
      log::error("session not put aside", {{"error", e.what()}});
    }
  }
  return SMFIS_CONTINUE;
}

}  // namespace

Status register_callbacks(Services& services) {
  shared_services = &services;
  static std::string name = "countersign";
  smfiDesc description{};
  description.xxfi_name = name.data();
  description.xxfi_version = SMFI_VERSION;
  description.xxfi_flags = kActions | kReplaceRecipients | SMFIF_SETSYMLIST;
  description.xxfi_connect = on_connect;
  description.xxfi_helo = on_helo;
  description.xxfi_envfrom = on_mail;
  description.xxfi_envrcpt = on_recipient;
  description.xxfi_header = on_field;
  description.xxfi_eoh = on_end_of_header;
  description.xxfi_body = on_body;
  description.xxfi_eom = on_end_of_message;
  description.xxfi_abort = on_abort;
  description.xxfi_close = on_close;
  description.xxfi_negotiate = on_negotiate;
  if (smfi_register(description) != MI_SUCCESS)
    return Error{Errc::unavailable, "libmilter does not take the callbacks"};
  return {};
}

int callbacks_in_flight() { return InFlight::count(); }

void dispose_closed_sessions() {
  // Most find none, and are not to write what all read.
  if (!any_closed.load() || !any_closed.exchange(false)) return;
  std::vector<std::unique_ptr<Connection>> done;
  closed().with([&](auto& list) { done.swap(list); });
}

}  // namespace countersign
