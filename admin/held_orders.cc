// SPDX-License-Identifier: Apache-2.0
//
// held release, drop and restore.
#include <functional>
#include <optional>
#include <set>

#include "admin/exit_status.h"
#include "admin/held_desk.h"
#include "admin/held_elsewhere.h"
#include "admin/opening.h"
#include "admin/run.h"
#include "config/values.h"
#include "holding/approval.h"
#include "holding/author_standing.h"
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
  struct Whom {
    std::optional<std::uint32_t> recipient{};  ///< none: for all whom it is meant for
    std::set<std::string> blocking{};          ///< owners who block the author
  };
  std::function<Result<HeldDone>(HeldDesk&, const HeldId&, const Whom&)> run;
  bool minds_blocks = false;  ///< whether a word for all leaves out who blocks the author
  /// Returns the owners who do, where that matters.
  std::function<Result<std::set<std::string>>(const HeldMessage&)> who_blocks{};
  /// Makes the author a contact before his message goes; none: he is not made one.
  std::function<Result<ContactEntry>(const HeldMessage&, const Whom&)> approve{};
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

/// Whom a word for all leaves out, and how they get it; or "".
std::string words_of_left_out(const HeldMessage& message, const std::set<std::string>& blocking) {
  const HeldEnvelope& envelope = message.envelope;
  const auto recipients = readable_recipients(envelope);
  const History history = history_of(message);
  std::string list;
  bool any_open = false;
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    const bool blocks = blocking.contains(envelope.owners[i]);
    any_open = any_open || !blocks;
    if (blocks && history.recipients[i] == RecipientState::waiting)
      list += (list.empty() ? "" : ", ") + recipients[i];
  }
  if (list.empty() || !any_open) return "";
  return "not for " + list + ", where its author is blocked: --for MAILBOX lets it in";
}

Result<Done> run_for(const Act& act, HeldDesk& desk, const HeldMessage& message,
                     const Act::Whom& whom) {
  Done done;
  if (act.approve) {
    CS_ASSIGN(done.contact, act.approve(message, whom));
  }
  CS_ASSIGN(done.held, act.run(desk, message.envelope.id, whom));
  return done;
}

Result<Done> run_for_all(const Act& act, HeldDesk& desk, const HeldMessage& message) {
  Act::Whom whom;
  if (act.minds_blocks && asks_who_blocks(message.envelope, {})) {
    auto blocking = act.who_blocks(message);
    if (!blocking)
      return Error{blocking.error().code, "who of its recipients blocks its author is not known (" +
                                              blocking.error().detail +
                                              "): name one by --for MAILBOX"};
    whom.blocking = *std::move(blocking);
  }
  const std::string left_out = words_of_left_out(message, whom.blocking);
  auto done = run_for(act, desk, message, whom);
  if (done && !left_out.empty())
    done->held.detail += (done->held.detail.empty() ? "" : "; ") + left_out;
  return done;
}

/// Errors: those of HeldDesk; invalid: nobody of that name is among its recipients; unavailable.
Result<Done> run(const Act& act, HeldDesk& desk, const HeldId& id) {
  CS_ASSIGN(const HeldMessage message, desk.find(id));
  if (!act.only) return run_for_all(act, desk, message);
  Result<Done> done = Error{Errc::invalid, "is not held for " + act.only->address()};
  for (const std::uint32_t recipient : recipients_of(message.envelope, *act.only)) {
    done = run_for(act, desk, message, {.recipient = recipient});
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
    act.approve = [&](const HeldMessage& message, const Act::Whom& whom) {
      return approve_author(message, whom.recipient, whom.blocking, store->contacts(),
                            tools.clock.wall(), store_deadline());
    };
  }
  act.who_blocks = [&](const HeldMessage& message) -> Result<std::set<std::string>> {
    if (!store) {
      CS_ASSIGN(store, tools.open_store(*config));
    }
    const auto& owners = message.envelope.owners;
    CS_ASSIGN(const AuthorStanding standing,
              AuthorStanding::of(message.envelope.author, {owners.begin(), owners.end()},
                                 store->directory(), store_deadline()));
    return standing.blocking();
  };
  HeldElsewhere elsewhere(*config, tools, SpoolReader(*fs).node());
  int status = EX_OK;
  for (const std::string& text : invocation.all("ID"))
    status = worse(status, one(text, **desk, act, elsewhere, output));
  return status;
}

}  // namespace

int held_release(const Invocation& invocation, Tools& tools, Output& output) {
  return each(
      invocation, tools, output,
      {.run = [](HeldDesk& desk, const HeldId& id,
                 const Act::Whom& whom) { return desk.release(id, whom.recipient, whom.blocking); },
       .minds_blocks = true});
}

int held_restore(const Invocation& invocation, Tools& tools, Output& output) {
  return each(
      invocation, tools, output,
      {.run = [](HeldDesk& desk, const HeldId& id, const Act::Whom&) { return desk.restore(id); }});
}

int held_drop(const Invocation& invocation, Tools& tools, Output& output) {
  return each(invocation, tools, output,
              {.run = [](HeldDesk& desk, const HeldId& id, const Act::Whom& whom) {
                return desk.drop(id, whom.recipient);
              }});
}

}  // namespace countersign::admin
