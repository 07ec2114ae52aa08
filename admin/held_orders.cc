// SPDX-License-Identifier: Apache-2.0
//
// held release, drop and restore.
#include <functional>
#include <optional>

#include "admin/exit_status.h"
#include "admin/held_desk.h"
#include "admin/held_elsewhere.h"
#include "admin/opening.h"
#include "admin/run.h"
#include "config/values.h"
#include "holding/approval.h"
#include "holding/history.h"
#include "holding/view.h"

namespace countersign::admin {
namespace {

/// A short time: `held` works without a store, and should not wait for one.
constexpr seconds kIndexTime{3};

Status tell_index(const HeldMessage& message, SpoolFs& fs, const Config& config,
                  const Tools& tools) {
  CS_ASSIGN(const std::string node, SpoolReader(fs).node());
  CS_ASSIGN(const Keyring keys, tools.load_keys(config.secrets.milter));
  CS_ASSIGN(const std::unique_ptr<Store> store, tools.open_store(config));
  const History history = history_of(message);
  CS_ASSIGN(const IndexEntry entry, index_entry(message.envelope, node, history, keys));
  const Deadline deadline = std::chrono::steady_clock::now() + kIndexTime;
  CS_TRY(store->held().put(entry.view, entry.digest, deadline));
  return store->held().set_state(entry.view, history.state, history.changed, deadline);
}

int status_of(const HeldDone& done) {
  if (done.result == "deferred") return EX_TEMPFAIL;
  if (done.result == "refused") return EX_UNAVAILABLE;
  return EX_OK;
}

/// What is done with each message.
struct Act {
  /// For whom; none: for all whom it is meant for.
  using Recipient = std::optional<std::uint32_t>;
  std::function<Result<HeldDone>(HeldDesk&, const HeldId&, Recipient)> run;
  /// Makes the author a contact before his message goes; none: he is not made one.
  std::function<Result<ContactEntry>(const HeldMessage&, Recipient)> approve{};
  std::optional<Mailbox> only{};  ///< --for
};

/// The recipients that --for names: by their address, or by that of their owner.
std::vector<std::uint32_t> recipients_of(const HeldEnvelope& envelope, const Mailbox& only) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < envelope.owners.size(); ++i) {
    const auto& mailbox = envelope.envelope.recipients[i].mailbox;
    if (envelope.owners[i] == only.key() || (mailbox && *mailbox == only)) out.push_back(i);
  }
  return out;
}

std::string contact_words(const ContactEntry& entry) {
  return entry.fingerprints.empty()
             ? "its author is a contact by name only, and let in once he is authenticated"
             : "its author is a contact, by " + entry.fingerprints.front();
}

struct Done {
  HeldDone held;
  std::optional<ContactEntry> contact{};
};

Result<Done> run_for(const Act& act, HeldDesk& desk, const HeldMessage& message,
                     Act::Recipient recipient) {
  Done done;
  if (act.approve) {
    CS_ASSIGN(done.contact, act.approve(message, recipient));
  }
  CS_ASSIGN(done.held, act.run(desk, message.envelope.id, recipient));
  return done;
}

/// Errors: those of HeldDesk; invalid: nobody of that name is among its recipients.
Result<Done> run(const Act& act, HeldDesk& desk, const HeldId& id) {
  CS_ASSIGN(const HeldMessage message, desk.find(id));
  if (!act.only) return run_for(act, desk, message, {});
  Result<Done> done = Error{Errc::invalid, "is not held for " + act.only->address()};
  for (const std::uint32_t recipient : recipients_of(message.envelope, *act.only)) {
    done = run_for(act, desk, message, recipient);
    if (!done) break;
  }
  return done;
}

int one(const std::string& text, HeldDesk& desk, const Act& act, HeldElsewhere& elsewhere,
        Output& output) {
  const auto id = HeldId::parse(text);
  if (!id) {
    output.say(in_quotes(text) + ": " + id.error().detail);
    return EX_DATAERR;
  }
  const auto done = run(act, desk, *id);
  if (!done) {
    const Error& error = done.error();
    output.say(text + ": " + (error.detail == kNotHeldHere ? elsewhere.words(*id) : error.detail));
    return exit_status(error.code);
  }
  const auto& [result, detail] = done->held;
  Record record;
  record.add("id", text).add("result", result).add("detail", detail);
  if (done->contact) record.add("fingerprints", done->contact->fingerprints);
  output.put(record, text + " " + result + (detail.empty() ? "" : ": " + detail) +
                         (done->contact ? "; " + contact_words(*done->contact) : ""));
  return status_of(done->held);
}

int each(const Invocation& invocation, Tools& tools, Output& output, Act act) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  if (const auto text = invocation.option("--for")) {
    const auto mailbox = Mailbox::parse(*text);
    if (!mailbox)
      return fail({Errc::invalid, "--for: " + in_quotes(*text) + " is no address"}, output);
    act.only = *mailbox;
  }
  const auto fs = open_spool(*config, tools, output);
  if (!fs) return no_spool(*config);
  const auto relay = tools.open_relay(config->release.smtp);
  auto desk =
      HeldDesk::open({*fs, *relay, tools.clock, tools.who,
                      [&](const HeldMessage& m) { return tell_index(m, *fs, *config, tools); }},
                     {.bytes = config->spool.limit, .message_bytes = config->milter.max_message});
  if (!desk) return fail(desk.error(), output);
  std::unique_ptr<Store> store;
  if (invocation.given("--allow")) {
    store = open_store(*config, tools, output);
    if (!store) return no_store(*config);
    act.approve = [&](const HeldMessage& message, Act::Recipient recipient) {
      return approve_author(message.envelope, recipient, store->contacts(), tools.clock.wall(),
                            store_deadline());
    };
  }
  HeldElsewhere elsewhere(*config, tools, SpoolReader(*fs).node());
  int status = EX_OK;
  for (const std::string& text : invocation.all("ID"))
    status = worse(status, one(text, **desk, act, elsewhere, output));
  return status;
}

}  // namespace

int held_release(const Invocation& invocation, Tools& tools, Output& output) {
  return each(invocation, tools, output,
              {.run = [](HeldDesk& desk, const HeldId& id, Act::Recipient recipient) {
                return desk.release(id, recipient);
              }});
}

int held_restore(const Invocation& invocation, Tools& tools, Output& output) {
  return each(
      invocation, tools, output,
      {.run = [](HeldDesk& desk, const HeldId& id, Act::Recipient) { return desk.restore(id); }});
}

int held_drop(const Invocation& invocation, Tools& tools, Output& output) {
  return each(
      invocation, tools, output,
      {.run = [](HeldDesk& desk, const HeldId& id, Act::Recipient) { return desk.drop(id); }});
}

}  // namespace countersign::admin
