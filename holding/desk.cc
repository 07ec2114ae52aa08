// SPDX-License-Identifier: Apache-2.0
#include "holding/desk.h"

#include <algorithm>
#include <set>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/log.h"
#include "holding/answer_token.h"
#include "holding/approval.h"
#include "holding/reply_desk.h"
#include "mail/reply_address.h"
#include "screening/screen.h"

namespace countersign {
namespace {

using Kind = HeldEvent::Kind;

/// Who said that a message is not his hears no more of us for a year.
constexpr seconds kNoChallenges = std::chrono::hours(24 * 365);

/// Of one call of the store, where there are as many as a message has recipients.
Deadline soon() { return std::chrono::steady_clock::now() + seconds(3); }

/// No answer frees what these rules hold (design section 4, "What an answer does").
bool answer_may_free(std::string_view reason) {
  static constexpr std::array kNever = {Reason::infected, Reason::own_domain,
                                        Reason::forged_contact, Reason::unauthentic};
  return std::ranges::none_of(kNever, [&](Reason r) { return word(r) == reason; });
}

/// The recipients of a message of the same author whom his answer for `owners` reaches, too.
std::vector<std::uint32_t> reached_by_answer(const HeldMessage& message,
                                             const std::set<std::string>& owners) {
  const History history = history_of(message);
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < message.envelope.owners.size(); ++i)
    if (history.recipients[i] == RecipientState::waiting &&
        history.leaves[i] == History::Leave::none && owners.contains(message.envelope.owners[i]) &&
        answer_may_free(message.envelope.reason_for(i)))
      out.push_back(i);
  return out;
}

bool covers(const std::set<std::string>& owners, const std::vector<std::string>& all) {
  return std::ranges::all_of(all, [&](const std::string& o) { return owners.contains(o); });
}

std::set<std::string> owners_of(const HeldEnvelope& e) {
  return {e.owners.begin(), e.owners.end()};
}

/// The owners for whom an answer counts: those who have neither declined nor dropped it.
std::set<std::string> answering_for(const HeldMessage& message) {
  const History history = history_of(message);
  std::set<std::string> out;
  for (std::size_t i = 0; i < message.envelope.owners.size(); ++i)
    if (history.recipients.at(i) != RecipientState::declined &&
        history.recipients.at(i) != RecipientState::dropped)
      out.insert(message.envelope.owners[i]);
  return out;
}

std::set<std::string> without(std::set<std::string> owners, const std::set<std::string>& others) {
  std::erase_if(owners, [&](const std::string& owner) { return others.contains(owner); });
  return owners;
}

bool counts(const HeldEnvelope& envelope, const std::string& typed) {
  const auto mailbox = Mailbox::parse(typed);
  return mailbox &&
         std::ranges::find(envelope.addresses, mailbox->address()) != envelope.addresses.end();
}

/// Whether it is what a sender can ask for by a challenge that has been given to him.
bool is_senders(const std::string& kind) {
  return kind == "answer" || kind == "withdraw" || kind == "not-me";
}

/// Whether the sender of a challenged message says this: he has its token, and knows an address
/// that counts.
bool is_from_sender(const Keyring& keys, const HeldEnvelope& envelope, const Request& request) {
  return envelope.challenged && answer_may_free(envelope.reason) &&
         is_answer_token(keys, envelope.id, envelope.generation, request.token) &&
         counts(envelope, request.address);
}

/// Whether the author of a message that was challenged by mail replied to that: the node that saw
/// it has found him to be himself.
bool is_reply(const Keyring& keys, const HeldEnvelope& envelope, const Request& request) {
  return envelope.challenged && envelope.by_mail && answer_may_free(envelope.reason) &&
         !envelope.fingerprint.empty() && request.proof == kProofReply &&
         request.address == envelope.author &&
         is_reply_place(keys.all("answer"), envelope.id, request.token);
}

bool has_good_mac(const Keyring& keys, const std::string& node, const Request& request) {
  const auto mac = hex_decode(request.mac);
  return mac &&
         keys.verify(is_senders(request.kind) ? "web" : "operator", request.mac_input(node), *mac);
}

}  // namespace

Result<DeskOutcome> Desk::handle(const Request& request, Deadline deadline) {
  if (!has_good_mac(parts_.keys, parts_.spool.node(), request)) return DeskOutcome::forged;
  const auto id = HeldId::parse(request.id);
  if (!id) return DeskOutcome::forged;
  auto message = parts_.spool.read(*id);
  if (!message) {
    if (message.error().code == Errc::unavailable) return message.error();
    return DeskOutcome::unknown;
  }
  if (request.kind == "answer" || request.kind == "reply")
    return answer(request, *message, deadline);
  if (is_senders(request.kind)) return take_back(request, *message, deadline);
  if (request.kind == "free") return free_here(*message, request, deadline);
  if (request.kind == "release") {
    CS_TRY(approve(*id, request.proof, {}, deadline));
    return DeskOutcome::accepted;
  }
  if (request.kind == "drop") {
    CS_TRY(drop(*id, request.proof));
    return DeskOutcome::accepted;
  }
  if (request.kind == "restore") {
    CS_TRY(restore(*id, request.proof));
    return DeskOutcome::accepted;
  }
  return DeskOutcome::forged;
}

Result<DeskOutcome> Desk::answer(const Request& request, const HeldMessage& message,
                                 Deadline deadline) {
  const HeldEnvelope& envelope = message.envelope;
  if (request.kind == "reply" ? !is_reply(parts_.keys, envelope, request)
                              : !is_from_sender(parts_.keys, envelope, request))
    return DeskOutcome::forged;
  const History history = history_of(message);
  // Who took it back has left it to the recipient.
  if (history.withdrawn) return DeskOutcome::repeated;
  if (history.may_go && (history.contact_written || envelope.fingerprint.empty()))
    return DeskOutcome::repeated;
  // Whom it did not reach decides himself from then on.
  if (history.confirmed && !history.may_go) return DeskOutcome::repeated;
  CS_ASSIGN(const AuthorStanding standing, standing_of(envelope, deadline));
  const std::set<std::string> unreached =
      standing.unreached(envelope.fingerprint, envelope.network_fingerprint);
  const std::set<std::string> declining = standing.declining();
  const std::set<std::string> silent = without(unreached, declining);
  if (!history.may_go) {
    CS_TRY(decline(message, declining));
    if (covers(unreached, envelope.owners)) {
      CS_TRY(note_unreached(envelope, silent, standing.blocking()));
      return DeskOutcome::not_wanted;
    }
    CS_ASSIGN(const HeldMessage left, parts_.spool.read(envelope.id));
    CS_TRY(let_go(envelope.id, words_of_answer(left, silent, request.proof, parts_.clock.wall())));
  }
  if (!envelope.fingerprint.empty()) {
    CS_ASSIGN(const HeldMessage answered, parts_.spool.read(envelope.id));
    const std::set<std::string> owners = without(answering_for(answered), unreached);
    CS_TRY(write_contact(envelope, owners));
    CS_TRY(free_others(envelope, owners, request.proof));
    if (!history.contact_written)
      CS_TRY(parts_.spool.log(envelope.id,
                              {.kind = Kind::contact, .when = parts_.clock.wall(), .text = {}}));
    if (auto done = parts_.budgets.challenge_answered(envelope.fingerprint, deadline); !done)
      log::debug("answer not counted for the domain", {{"error", done.error().detail}});
  }
  // Last: what comes before is done again if it fails.
  if (!history.may_go) CS_TRY(note_unreached(envelope, silent, standing.blocking()));
  return DeskOutcome::accepted;
}

/// Notes whom an answer that was taken did not reach, and why: it is not asked for again, and they
/// alone decide.
Status Desk::note_unreached(const HeldEnvelope& envelope, const std::set<std::string>& unreached,
                            const std::set<std::string>& blocking) {
  if (unreached.empty()) return {};
  for (std::uint32_t i = 0; i < envelope.owners.size(); ++i) {
    if (!unreached.contains(envelope.owners[i])) continue;
    const Reason why =
        blocking.contains(envelope.owners[i]) ? Reason::blocked : Reason::forged_contact;
    CS_TRY(parts_.spool.log(envelope.id, {.kind = Kind::unreached,
                                          .when = parts_.clock.wall(),
                                          .recipient = i,
                                          .text = std::string(word(why))}));
  }
  if (auto now = parts_.spool.read(envelope.id)) parts_.table.put(*now);
  return {};
}

/// Only marks the message: it stays, and its recipient can undo that.
Result<DeskOutcome> Desk::take_back(const Request& request, const HeldMessage& message,
                                    Deadline deadline) {
  const HeldEnvelope& envelope = message.envelope;
  const bool disowned = request.kind == "not-me";
  if (!is_from_sender(parts_.keys, envelope, request) || (disowned && !envelope.by_mail))
    return DeskOutcome::forged;
  if (history_of(message).state != HeldState::held) return DeskOutcome::repeated;
  // First, or a repetition would not come here any more.
  if (disowned && !envelope.fingerprint.empty())
    CS_TRY(parts_.budgets.forbid_challenges(envelope.author, envelope.fingerprint, kNoChallenges,
                                            deadline));
  CS_TRY(parts_.spool.log(envelope.id, {.kind = Kind::withdrawn,
                                        .when = parts_.clock.wall(),
                                        .recipient = 0,
                                        .text = request.kind}));
  if (auto now = parts_.spool.read(envelope.id)) parts_.table.put(*now);
  return DeskOutcome::accepted;
}

Status Desk::restore(const HeldId& id, const std::string& who) {
  CS_ASSIGN(const HeldMessage message, parts_.spool.read(id));
  if (!history_of(message).withdrawn) return {};
  CS_TRY(parts_.spool.log(
      id, {.kind = Kind::restored, .when = parts_.clock.wall(), .recipient = 0, .text = who}));
  if (auto now = parts_.spool.read(id)) parts_.table.put(*now);
  return {};
}

Result<AuthorStanding> Desk::standing_of(const HeldEnvelope& envelope, Deadline deadline) {
  return AuthorStanding::of(envelope.author, owners_of(envelope), parts_.directory, deadline);
}

/// An answer says nothing to those who blocked its author: the others are not to wait for them.
Status Desk::decline(const HeldMessage& message, const std::set<std::string>& blocking) {
  const HeldEnvelope& envelope = message.envelope;
  const History history = history_of(message);
  bool any = false;
  for (std::uint32_t i = 0; i < envelope.owners.size(); ++i) {
    if (!blocking.contains(envelope.owners[i]) ||
        history.recipients.at(i) != RecipientState::waiting)
      continue;
    CS_TRY(parts_.spool.log(
        envelope.id,
        {.kind = Kind::declined, .when = parts_.clock.wall(), .recipient = i, .text = {}}));
    any = true;
  }
  if (!any) return {};
  if (auto now = parts_.spool.read(envelope.id)) parts_.table.put(*now);
  parts_.on_change(envelope.id);
  return {};
}

Status Desk::let_go(const HeldId& id, const std::vector<HeldEvent>& words) {
  for (const HeldEvent& word : words) CS_TRY(parts_.spool.log(id, word));
  if (auto message = parts_.spool.read(id)) parts_.table.put(*message);
  parts_.on_change(id);
  return {};
}

Status Desk::write_contact(const HeldEnvelope& envelope, const std::set<std::string>& owners) {
  const WallTime now = parts_.clock.wall();
  const ContactEntry entry{.standing = Standing::allow,
                           .source = "answered",
                           .fingerprints = {envelope.fingerprint},
                           .created = now,
                           .seen = now,
                           .note = {}};
  for (const std::string& owner : owners) {
    const auto stands = parts_.contacts.learn({.level = Level::mailbox, .name = owner},
                                              "a:" + envelope.author, entry, soon());
    if (!stands) return stands.error();
  }
  return {};
}

/// Frees what the author has waiting for `owners`: a message to others as well only for these.
Status Desk::free_others(const HeldEnvelope& envelope, const std::set<std::string>& owners,
                         const std::string& proof) {
  const auto ids = parts_.table.where([&](const HeldLine& line) {
    return line.state == HeldState::held && line.author == envelope.author &&
           line.fingerprint == envelope.fingerprint &&
           std::ranges::any_of(line.owners,
                               [&](const std::string& o) { return owners.contains(o); });
  });
  for (const HeldId& id : ids)
    if (id != envelope.id) {
      const auto claim = parts_.claims.take(id);
      if (!claim) return Error{Errc::unavailable, "busy"};
      auto message = parts_.spool.read(id);
      if (!message && message.error().code == Errc::unavailable) return message.error();
      if (!message) continue;
      if (const auto freed = free_for(*message, owners, proof); !freed) return freed.error();
    }
  return free_elsewhere(envelope, proof);
}

/// Lets it go to those of `owners` whom its author's answer reaches; returns whether there are any.
Result<bool> Desk::free_for(const HeldMessage& message, const std::set<std::string>& owners,
                            const std::string& proof) {
  const auto reached = reached_by_answer(message, owners);
  if (reached.empty()) return false;
  CS_TRY(
      let_go(message.envelope.id, words_of_leave(message.envelope, reached, History::Leave::answer,
                                                 proof, parts_.clock.wall())));
  return true;
}

Status Desk::free_elsewhere(const HeldEnvelope& envelope, const std::string& proof) {
  const std::string& here = parts_.spool.node();
  CS_ASSIGN(const Secret key, parts_.keys.current("operator"));
  std::set<HeldId> seen;
  std::vector<HeldId> others;
  for (const std::string& owner : owners_of(envelope)) {
    CS_ASSIGN(const auto ids, parts_.index.held_for(owner, soon()));
    for (const HeldId& id : ids)
      if (seen.insert(id).second && !parts_.table.find(id)) others.push_back(id);
  }
  for (const Result<HeldView>& view : parts_.index.get_all(others, soon())) {
    if (!view && view.error().code == Errc::unavailable) return view.error();
    if (!view || view->node == here || view->state != HeldState::held ||
        view->author != envelope.author || view->fingerprint != envelope.fingerprint)
      continue;
    Request request{.kind = "free",
                    .id = view->id.text(),
                    .token = {},
                    .address = envelope.author,
                    .proof = proof,
                    .nonce = hex_encode(random_bytes(16)),
                    .mac = {}};
    request.mac = hex_encode(hmac_sha256(key.bytes, request.mac_input(view->node)));
    CS_TRY(parts_.requests.append(view->node, request, soon()));
  }
  return {};
}

/// Another node wrote the contact: what the same author has waiting here may go to those recipients
/// who know him by the same fingerprint.
Result<DeskOutcome> Desk::free_here(const HeldMessage& message, const Request& request,
                                    Deadline deadline) {
  const HeldEnvelope& envelope = message.envelope;
  if (envelope.fingerprint.empty() || envelope.author != request.address)
    return DeskOutcome::forged;
  if (reached_by_answer(message, owners_of(envelope)).empty()) return DeskOutcome::repeated;
  CS_ASSIGN(const AuthorStanding standing, standing_of(envelope, deadline));
  CS_ASSIGN(const bool freed,
            free_for(message, standing.knowing(envelope.fingerprint), request.proof));
  return freed ? DeskOutcome::accepted : DeskOutcome::not_wanted;
}

Status Desk::approve(const HeldId& id, const std::string& who,
                     std::optional<std::uint32_t> recipient, Deadline deadline) {
  CS_ASSIGN(const HeldMessage message, parts_.spool.read(id));
  std::set<std::string> blocking;
  if (asks_who_blocks(message.envelope, recipient)) {
    CS_ASSIGN(const AuthorStanding standing, standing_of(message.envelope, deadline));
    blocking = standing.blocking();
  }
  const std::vector<HeldEvent> words =
      words_of_approval(message, recipient, blocking, who, parts_.clock.wall());
  return words.empty() ? Status() : let_go(id, words);
}

Status Desk::drop(const HeldId& id, const std::string& who,
                  std::optional<std::uint32_t> recipient) {
  CS_TRY(parts_.spool.log(id, word_of_drop(recipient, who, parts_.clock.wall())));
  CS_ASSIGN(const HeldMessage message, parts_.spool.read(id));
  parts_.table.put(message);
  parts_.on_change(id);
  return {};
}

Status Desk::welcome(const HeldView& view, const std::string& proof) {
  HeldEnvelope envelope{.id = view.id};
  envelope.owners = view.owners;
  envelope.author = view.author;
  envelope.fingerprint = view.fingerprint;
  const std::set<std::string> owners = owners_of(envelope);
  CS_TRY(write_contact(envelope, owners));
  return free_others(envelope, owners, proof);
}

Status Desk::finish_answer(const HeldId& id) {
  CS_ASSIGN(const HeldMessage message, parts_.spool.read(id));
  const History history = history_of(message);
  if (!history.answered || history.contact_written || message.envelope.fingerprint.empty())
    return {};
  const std::set<std::string> owners = answering_for(message);
  CS_TRY(write_contact(message.envelope, owners));
  CS_TRY(free_others(message.envelope, owners, history.proof));
  return parts_.spool.log(id, {.kind = Kind::contact, .when = parts_.clock.wall(), .text = {}});
}

}  // namespace countersign
