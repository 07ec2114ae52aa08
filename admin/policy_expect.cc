// SPDX-License-Identifier: Apache-2.0
//
// policy expect: a window in which mail of a domain passes (rule 14).
#include "admin/exit_status.h"
#include "admin/opening.h"
#include "admin/policy_words.h"
#include "admin/run.h"
#include "admin/token_words.h"
#include "admin/whom.h"
#include "config/values.h"
#include "tokenstore/rules.h"

namespace countersign::admin {
namespace {

using Kind = PermitName::Kind;

constexpr long long kMostMinutes = 30 * 24 * 60;
constexpr long long kMostMails = 1'000'000;

struct Order {
  Whom whom;
  std::string domain;
  long long minutes = 0;  ///< 0: the window is to be closed
  std::optional<long long> count;
};

Result<Order> order_of(const Invocation& invocation, const Config& config) {
  CS_ASSIGN(Whom whom, parse_whom(invocation.one("MAILBOX"), config));
  if (whom.scope.level != Level::mailbox)
    return Error{Errc::invalid, in_quotes(invocation.one("MAILBOX")) + " is no mailbox"};
  Order order{std::move(whom), {}, 0, std::nullopt};
  const auto fingerprint = parse_fingerprint(invocation.one("--domain"));
  if (!fingerprint) return Error{Errc::invalid, "--domain: " + fingerprint.error().detail};
  order.domain = *fingerprint;
  const auto time = parse_number(invocation.one("--minutes"), 0, kMostMinutes);
  if (!time) return Error{Errc::invalid, "--minutes: " + time.error().detail};
  order.minutes = *time;
  if (const auto count = invocation.option("--count")) {
    const auto number = parse_number(*count, 1, kMostMails);
    if (!number) return Error{Errc::invalid, "--count: " + number.error().detail};
    order.count = *number;
  }
  return order;
}

/// Removes windows that are long over: nobody else would.
void clear_away(const Whom& whom, WallTime now, Store& store) {
  const auto all = store.tokens().list(Kind::window, whom.scope.name, store_deadline());
  if (!all) return;
  for (const auto& [domain, window] : *all)
    if (now >= window.expires + kSpentBefore)
      (void)store.tokens().remove({Kind::window, whom.scope.name, domain}, store_deadline());
}

Record window_record(const Whom& whom, const Permit& window) {
  Record record;
  record.add("whom", whom.shown)
      .add("key", "expect")
      .add("value", window.bound_to)
      .add("from", "mailbox")
      .add("until", time_value(window.expires))
      .add("uses_left",
           window.uses_left ? Record::Value(*window.uses_left) : Record::Value(nullptr));
  return record;
}

std::string window_line(const Permit& window) {
  std::string line = "expect " + window.bound_to + " until " + rfc3339(window.expires);
  if (window.uses_left)
    line +=
        ", " + std::to_string(*window.uses_left) + (*window.uses_left == 1 ? " mail" : " mails");
  return line + " (mailbox)";
}

int close(const Order& order, Store& store, Output& output) {
  const Status done =
      store.tokens().remove({Kind::window, order.whom.scope.name, order.domain}, store_deadline());
  if (!done && done.error().code == Errc::not_found) {
    output.say(order.whom.shown + " does not expect mail of " + order.domain);
    return EX_NOINPUT;
  }
  if (!done) return fail(done.error(), output);
  Record record;
  record.add("whom", order.whom.shown)
      .add("key", "expect")
      .add("value", order.domain)
      .add("from", "mailbox")
      .add("until", nullptr)
      .add("uses_left", nullptr);
  output.put(record.add("result", "removed"),
             order.whom.shown + ": no longer expects mail of " + order.domain);
  return EX_OK;
}

}  // namespace

int policy_expect(const Invocation& invocation, Tools& tools, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto order = order_of(invocation, *config);
  if (!order) return fail(order.error(), output);
  const auto store = open_store(*config, tools, output);
  if (!store) return EX_CONFIG;
  if (order->minutes == 0) return close(*order, *store, output);
  const WallTime now = tools.clock.wall();
  Permit window;
  window.binding = Binding::domain;
  window.bound_to = order->domain;
  window.created = now;
  window.expires = now + std::chrono::minutes(order->minutes);
  window.uses_left = order->count;
  const Status done = store->tokens().put({Kind::window, order->whom.scope.name, order->domain},
                                          window, store_deadline());
  if (!done) return fail(done.error(), output);
  clear_away(order->whom, now, *store);
  output.put(window_record(order->whom, window), order->whom.shown + ": " + window_line(window));
  return EX_OK;
}

Status show_windows(const Whom& whom, Store& store, WallTime now, Output& output) {
  if (whom.scope.level != Level::mailbox) return {};
  CS_ASSIGN(const auto all, store.tokens().list(Kind::window, whom.scope.name, store_deadline()));
  for (const auto& [domain, window] : all)
    if (use_of(window, domain, now, false) == TokenUse::valid)
      output.put(window_record(whom, window), window_line(window));
  return {};
}

}  // namespace countersign::admin
