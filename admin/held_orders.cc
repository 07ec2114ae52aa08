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

/// Makes the author a contact before his message goes. Returns the record's part of it.
using Approve = std::function<Result<ContactEntry>(const HeldId&)>;

std::string contact_words(const ContactEntry& entry) {
  return entry.fingerprints.empty()
             ? "its author is a contact by name only, and let in once he is authenticated"
             : "its author is a contact, by " + entry.fingerprints.front();
}

int one(const std::string& text, HeldDesk& desk, Result<HeldDone> (HeldDesk::*act)(const HeldId&),
        const Approve& approve, HeldElsewhere& elsewhere, Output& output) {
  const auto id = HeldId::parse(text);
  if (!id) {
    output.say(in_quotes(text) + ": " + id.error().detail);
    return EX_DATAERR;
  }
  const auto told = [&](const Error& error) {
    output.say(text + ": " + (error.detail == kNotHeldHere ? elsewhere.words(*id) : error.detail));
    return exit_status(error.code);
  };
  std::optional<ContactEntry> contact;
  if (approve) {
    auto approved = approve(*id);
    if (!approved) return told(approved.error());
    contact = *std::move(approved);
  }
  const auto done = (desk.*act)(*id);
  if (!done) return told(done.error());
  Record record;
  record.add("id", text).add("result", done->result).add("detail", done->detail);
  if (contact) record.add("fingerprints", contact->fingerprints);
  output.put(record, text + " " + done->result + (done->detail.empty() ? "" : ": " + done->detail) +
                         (contact ? "; " + contact_words(*contact) : ""));
  return status_of(*done);
}

int each(const Invocation& invocation, Tools& tools, Output& output,
         Result<HeldDone> (HeldDesk::*act)(const HeldId&)) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto fs = open_spool(*config, tools, output);
  if (!fs) return no_spool(*config);
  const auto relay = tools.open_relay(config->release.smtp);
  auto desk =
      HeldDesk::open({*fs, *relay, tools.clock, tools.who,
                      [&](const HeldMessage& m) { return tell_index(m, *fs, *config, tools); }},
                     {.bytes = config->spool.limit, .message_bytes = config->milter.max_message});
  if (!desk) return fail(desk.error(), output);
  std::unique_ptr<Store> store;
  Approve approve;
  if (invocation.given("--allow")) {
    store = open_store(*config, tools, output);
    if (!store) return no_store(*config);
    approve = [&](const HeldId& id) -> Result<ContactEntry> {
      CS_ASSIGN(const HeldMessage message, (*desk)->find(id));
      return approve_author(message.envelope, store->contacts(), tools.clock.wall(),
                            store_deadline());
    };
  }
  HeldElsewhere elsewhere(*config, tools, SpoolReader(*fs).node());
  int status = EX_OK;
  for (const std::string& text : invocation.all("ID"))
    status = worse(status, one(text, **desk, act, approve, elsewhere, output));
  return status;
}

}  // namespace

int held_release(const Invocation& invocation, Tools& tools, Output& output) {
  return each(invocation, tools, output, &HeldDesk::release);
}

int held_restore(const Invocation& invocation, Tools& tools, Output& output) {
  return each(invocation, tools, output, &HeldDesk::restore);
}

int held_drop(const Invocation& invocation, Tools& tools, Output& output) {
  return each(invocation, tools, output, &HeldDesk::drop);
}

}  // namespace countersign::admin
