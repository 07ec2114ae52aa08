// SPDX-License-Identifier: Apache-2.0
//
// contacts list, allow, deny, remove.
#include <algorithm>

#include "admin/exit_status.h"
#include "admin/fingerprint_words.h"
#include "admin/held_elsewhere.h"
#include "admin/opening.h"
#include "admin/run.h"
#include "admin/whom.h"
#include "config/values.h"

namespace countersign::admin {
namespace {

constexpr std::size_t kNoteMost = 500;

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const auto& text : list) out += (out.empty() ? "" : ",") + text;
  return out;
}

std::string contact_line(const Subject& subject, const ContactEntry& entry) {
  std::string line = entry.standing == Standing::allow ? "allow " : "deny  ";
  line += shown_subject(subject) + " (" + entry.source;
  if (entry.standing == Standing::allow)
    line += entry.fingerprints.empty() ? ", not authenticated yet"
                                       : ", by " + joined(entry.fingerprints);
  if (entry.final) line += ", final";
  if (entry.created != WallTime{}) line += ", since " + rfc3339(entry.created).substr(0, 10);
  line += ")";
  return entry.note.empty() ? line : line + " " + entry.note;
}

/// What the arguments come to, all checked before anything is written.
struct Order {
  Whom whom;
  Subject subject;
  ContactEntry entry;
};

Result<Order> order_of(const Invocation& invocation, const Config& config, Standing standing,
                       const Tools& tools) {
  CS_ASSIGN(Whom whom, parse_whom(invocation.one("WHOM"), config));
  CS_ASSIGN(Subject subject, parse_subject(invocation.one("SUBJECT")));
  Order order{std::move(whom), std::move(subject), {}};
  order.entry.standing = standing;
  order.entry.source = "admin";
  order.entry.created = tools.clock.wall();
  for (const std::string& text : invocation.all("--fingerprint")) {
    const auto fingerprint = parse_contact_fingerprint(order.subject, text);
    if (!fingerprint) return Error{Errc::invalid, "--fingerprint: " + fingerprint.error().detail};
    order.entry.fingerprints.push_back(*fingerprint);
  }
  order.entry.final = invocation.given("--final");
  if (order.entry.final && order.whom.scope.level != Level::site)
    return Error{Errc::invalid, "--final: only the site's entries can be final"};
  order.entry.note = invocation.option("--note").value_or("");
  if (order.entry.note.size() > kNoteMost)
    return Error{Errc::invalid, "--note: allowed: at most 500 bytes"};
  return order;
}

/// What a new contact does not let in by itself, and what does.
std::string waiting_words(const std::vector<HeldId>& waiting, const Whom& whom) {
  constexpr std::size_t kNamed = 10;
  const std::string count = std::to_string(waiting.size());
  std::string line = waiting.size() == 1 ? "1 message of this author waits"
                                         : count + " messages of this author wait";
  // A word for all would let it in for others, too.
  line += "; let in by: countersign held release --for " + whom.shown;
  for (std::size_t i = 0; i < waiting.size() && i < kNamed; ++i) line += " " + waiting[i].text();
  if (waiting.size() > kNamed)
    line += " ... (all: countersign held list --mailbox " + whom.shown + ")";
  return line;
}

int put(const Invocation& invocation, Tools& tools, Output& output, Standing standing) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto order = order_of(invocation, *config, standing, tools);
  if (!order) return fail(order.error(), output);
  const auto store = open_store(*config, tools, output);
  if (!store) return no_store(*config);
  const Status done =
      store->contacts().put(order->whom.scope, order->subject, order->entry, store_deadline());
  if (!done) return fail(done.error(), output);
  Record record = contact_record(order->whom, order->subject, order->entry);
  std::optional<std::vector<HeldId>> waiting;
  if (standing == Standing::allow) {
    waiting = waiting_for(*config, order->whom, order->subject, store->held(), store_deadline());
    record.add("waiting", waiting ? Record::Value(static_cast<long long>(waiting->size()))
                                  : Record::Value(nullptr));
  }
  output.put(record, order->whom.shown + ": " + contact_line(order->subject, order->entry));
  if (waiting && !waiting->empty()) output.say(waiting_words(*waiting, order->whom));
  return EX_OK;
}

}  // namespace

Record contact_record(const Whom& whom, const Subject& subject, const ContactEntry& entry) {
  Record record;
  record.add("whom", whom.shown)
      .add("subject", shown_subject(subject))
      .add("standing", entry.standing == Standing::allow ? "allow" : "deny")
      .add("source", entry.source)
      .add("fingerprints", entry.fingerprints)
      .add("final", entry.final)
      .add("created", time_value(entry.created))
      .add("seen", time_value(entry.seen))
      .add("note", entry.note);
  return record;
}

int contacts_list(const Invocation& invocation, Tools& tools, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto whom = parse_whom(invocation.one("WHOM"), *config);
  if (!whom) return fail(whom.error(), output);
  const auto store = open_store(*config, tools, output);
  if (!store) return no_store(*config);
  auto list = store->contacts().list(whom->scope, store_deadline());
  if (!list) return fail(list.error(), output);
  std::sort(list->begin(), list->end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [subject, entry] : *list)
    output.put(contact_record(*whom, subject, entry), contact_line(subject, entry));
  return EX_OK;
}

int contacts_allow(const Invocation& invocation, Tools& tools, Output& output) {
  return put(invocation, tools, output, Standing::allow);
}

int contacts_deny(const Invocation& invocation, Tools& tools, Output& output) {
  return put(invocation, tools, output, Standing::deny);
}

int contacts_remove(const Invocation& invocation, Tools& tools, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto whom = parse_whom(invocation.one("WHOM"), *config);
  if (!whom) return fail(whom.error(), output);
  const auto subject = parse_subject(invocation.one("SUBJECT"));
  if (!subject) return fail(subject.error(), output);
  const auto store = open_store(*config, tools, output);
  if (!store) return no_store(*config);
  const Status done = store->contacts().remove(whom->scope, *subject, store_deadline());
  if (!done) {
    output.say(done.error().code == Errc::not_found
                   ? shown_subject(*subject) + " is not in the list of " + whom->shown
                   : done.error().detail);
    return exit_status(done.error().code);
  }
  Record record;
  record.add("whom", whom->shown).add("subject", shown_subject(*subject)).add("result", "removed");
  output.put(record, whom->shown + ": removed " + shown_subject(*subject));
  return EX_OK;
}

}  // namespace countersign::admin
