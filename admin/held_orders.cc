// SPDX-License-Identifier: Apache-2.0
//
// held release, drop and restore.
#include "admin/exit_status.h"
#include "admin/held_desk.h"
#include "admin/opening.h"
#include "admin/run.h"
#include "config/values.h"
#include "holding/history.h"
#include "holding/view.h"

namespace countersign::admin {
namespace {

/// A short time: `held` works without a store, and should not wait for one.
constexpr seconds kIndexTime{3};

Status tell_index(const HeldMessage& message, const Config& config, const Tools& tools) {
  CS_ASSIGN(const Keyring keys, tools.load_keys(config.secrets.milter));
  CS_ASSIGN(const std::unique_ptr<Store> store, tools.open_store(config));
  const History history = history_of(message);
  CS_ASSIGN(const IndexEntry entry, index_entry(message.envelope, history, keys));
  const Deadline deadline = std::chrono::steady_clock::now() + kIndexTime;
  CS_TRY(store->held().put(entry.view, entry.digest, deadline));
  return store->held().set_state(entry.view, history.state, history.changed, deadline);
}

int status_of(const HeldDone& done) {
  if (done.result == "deferred") return EX_TEMPFAIL;
  if (done.result == "refused") return EX_UNAVAILABLE;
  return EX_OK;
}

int one(const std::string& text, HeldDesk& desk, Result<HeldDone> (HeldDesk::*act)(const HeldId&),
        Output& output) {
  const auto id = HeldId::parse(text);
  if (!id) {
    output.say(in_quotes(text) + ": " + id.error().detail);
    return EX_DATAERR;
  }
  const auto done = (desk.*act)(*id);
  if (!done) {
    output.say(text + ": " + done.error().detail);
    return exit_status(done.error().code);
  }
  Record record;
  record.add("id", text).add("result", done->result).add("detail", done->detail);
  output.put(record, text + " " + done->result + (done->detail.empty() ? "" : ": " + done->detail));
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
                      [&](const HeldMessage& m) { return tell_index(m, *config, tools); }},
                     {.bytes = config->spool.limit, .message_bytes = config->milter.max_message});
  if (!desk) return fail(desk.error(), output);
  int status = EX_OK;
  for (const std::string& text : invocation.all("ID"))
    status = worse(status, one(text, **desk, act, output));
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
