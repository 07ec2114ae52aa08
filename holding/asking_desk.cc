// SPDX-License-Identifier: Apache-2.0
#include "holding/asking_desk.h"

#include <algorithm>
#include <set>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/log.h"
#include "holding/answer_token.h"
#include "holding/author_standing.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr std::size_t kBits = 130;

/// In the order of the recipients.
std::vector<std::string> owners_of(const Question& question) {
  std::vector<std::string> owners;
  for (const AskedRecipient& recipient : question.recipients) owners.push_back(recipient.owner);
  return owners;
}

AskedTuple tuple_of(const HeldView& view) {
  return {.copy = view.copy,
          // Nobody's From was read when RCPT was answered: the view shows the reverse-path.
          .author = view.copy == Copy::deferred ? "" : view.author,
          .reverse_path = view.reverse_path,
          .evidence = view.evidence,
          .owners = view.owners};
}

/// Whom its answer does not reach. Of deferred mail nobody knows the author yet: what comes of it
/// is judged when it comes.
std::set<std::string> unreached_by(const AuthorStanding& standing, const HeldView& view) {
  if (view.copy == Copy::deferred) return standing.blocking();
  return standing.unreached(view.fingerprint, view.fingerprint.empty() ? view.evidence : "");
}

/// As its page is to show it.
HeldView declined_by(const std::set<std::string>& owners, HeldView view) {
  if (owners.empty()) return view;
  for (std::size_t i = 0; i < view.recipients.size() && i < view.owners.size(); ++i)
    view.outcomes.push_back(owners.contains(view.owners[i]) ? RecipientState::declined
                                                            : RecipientState::waiting);
  return view;
}

HeldId id_with(AskedTuple tuple, const std::string& owner) {
  tuple.owners = {owner};
  return asked_id(tuple);
}

/// One more than any record that was spent: its URL is another, so that who saw the first cannot
/// answer for what comes later.
int next_generation(const Question& question) {
  int generation = 1;
  for (const AskedRecipient& recipient : question.recipients)
    if (const auto& before = recipient.before)
      generation =
          std::max(generation, before->state == AskedRecord::State::spent ? before->generation + 1
                                                                          : before->generation);
  return generation;
}

/// The digest of the token that an earlier try was given, or "".
std::string digest_before(const Question& question) {
  for (const AskedRecipient& recipient : question.recipients)
    if (recipient.before && recipient.before->state == AskedRecord::State::waiting)
      return recipient.before->digest;
  return {};
}

}  // namespace

HeldId asked_id(const AskedTuple& tuple) {
  std::vector<std::string> owners = tuple.owners;
  std::sort(owners.begin(), owners.end());
  owners.erase(std::unique(owners.begin(), owners.end()), owners.end());
  std::string list;
  for (const std::string& owner : owners) list += framed(owner);
  const std::string digest = sha256(framed("asked", word(kCopyWords, tuple.copy), tuple.author,
                                           tuple.reverse_path, tuple.evidence, list));
  return *HeldId::parse(ascii_lower(crockford_encode(digest, kBits)));
}

Result<std::string> asked_token(const Keyring& keys, const HeldId& id, int generation,
                                const std::string& before) {
  return answer_token_by_digest(keys, id, generation, before, kAskedToken);
}

StoreAskingDesk::StoreAskingDesk(AskingParts parts, AskingSettings settings)
    : parts_(parts), settings_(std::move(settings)) {}

void StoreAskingDesk::set(AskingSettings settings) {
  settings_.with([&](AskingSettings& s) { s = std::move(settings); });
}

Result<std::string> StoreAskingDesk::ask(const Question& question, Deadline deadline) {
  const AskingSettings settings = settings_.with([](const AskingSettings& s) { return s; });
  AskedTuple tuple = question.tuple;
  tuple.owners = owners_of(question);
  HeldView view{.id = asked_id(tuple)};
  view.copy = tuple.copy;
  view.node = kAnyNode;
  view.generation = next_generation(question);
  view.owners = tuple.owners;
  view.author = tuple.copy == Copy::deferred ? tuple.reverse_path : tuple.author;
  view.fingerprint = question.fingerprint;
  view.subject = question.subject;
  view.sent = question.sent;
  view.reason = word(Reason::first_contact);
  view.arrived = view.changed = question.arrived;
  view.expires = question.arrived +
                 (tuple.copy == Copy::deferred ? settings.deferred_lifetime : settings.lifetime);
  view.challenged = true;
  view.reverse_path = tuple.reverse_path;
  view.evidence = tuple.evidence;
  CS_ASSIGN(const std::string token,
            asked_token(parts_.keys, view.id, view.generation, digest_before(question)));
  for (const std::string& address : question.addresses)
    view.address_proofs.push_back(address_proof(token, address));
  const std::string digest = token_digest(token);

  std::vector<AskedFor> records;
  for (const AskedRecipient& recipient : question.recipients) {
    view.recipients.push_back(recipient.address);
    // The page tells of the first try.
    if (recipient.before && recipient.before->state == AskedRecord::State::waiting)
      view.arrived = std::min(view.arrived, recipient.before->since);
    records.push_back({.owner = recipient.owner,
                       .id = id_with(tuple, recipient.owner).text(),
                       .record = {.state = AskedRecord::State::waiting,
                                  .since = question.arrived,
                                  .changed = question.arrived,
                                  .expires = view.expires,
                                  .generation = view.generation,
                                  .authenticated = !question.fingerprint.empty(),
                                  .evidence = tuple.evidence,
                                  .view = view.id.text(),
                                  .digest = digest,
                                  .use = {}}});
  }
  CS_TRY(parts_.asked.ask(view, digest, records, deadline));
  const PageUrls urls{settings.base_url, settings.domain_urls};
  return page_url(urls.for_address(view.recipients.empty() ? "" : view.recipients.front()), token);
}

Result<bool> StoreAskingDesk::has_room(const std::string& owner, Deadline deadline) {
  return parts_.asked.has_room(owner, deadline);
}

Result<bool> StoreAskingDesk::spend(const std::string& owner, const std::string& id,
                                    const AskedRecord& record, const AskedUse& use,
                                    Deadline deadline) {
  const WallTime now = parts_.clock.wall();
  CS_ASSIGN(const bool spent, parts_.asked.spend(owner, id, use, now, deadline));
  if (!spent) return false;
  // The page only tells of it.
  if (const auto view = HeldId::parse(record.view))
    if (auto told =
            parts_.asked.set_state(HeldView{.id = *view}, HeldState::released, now, deadline);
        !told)
      log::debug("page not told", {{"held", record.view}, {"error", told.error().detail}});
  return true;
}

Status StoreAskingDesk::settle(const std::string& owner, const std::string& id,
                               const AskedRecord& record, bool held, Deadline deadline) {
  // Of who is held the record goes on telling that he has waited.
  if (!held) CS_TRY(parts_.asked.end(owner, id, deadline));
  const auto view = HeldId::parse(record.view);
  if (!view) return view.error();
  const HeldState state = held ? HeldState::expired : HeldState::released;
  return parts_.asked.set_state(HeldView{.id = *view}, state, parts_.clock.wall(), deadline);
}

Status StoreAskingDesk::remember_way(const std::string& owner, const std::string& way, WallTime now,
                                     Deadline deadline) {
  return parts_.asked.remember_ways(owner, {way}, now, deadline);
}

bool StoreAskingDesk::is_genuine(const Request& request, const HeldView& view) const {
  if (view.copy == Copy::kept || asked_id(tuple_of(view)) != view.id) return false;
  if (!is_answer_token(parts_.keys, view.id, view.generation, request.token, kAskedToken))
    return false;
  const auto typed = Mailbox::parse(request.address);
  if (!typed) return false;
  const std::string proof = address_proof(request.token, typed->address());
  bool found = false;
  for (const std::string& known : view.address_proofs)
    found |= equal_in_constant_time(proof, known);
  return found;
}

/// Returns whether any record is answered after it.
Result<bool> StoreAskingDesk::let_next_pass(const HeldView& view, Deadline deadline) {
  bool any = false;
  for (const std::string& owner : view.owners) {
    CS_ASSIGN(const bool answered,
              parts_.asked.answer(owner, id_with(tuple_of(view), owner).text(), deadline));
    any = any || answered;
  }
  return any;
}

Result<DeskOutcome> StoreAskingDesk::handle(const Request& request, Deadline deadline) {
  const auto mac = hex_decode(request.mac);
  const auto id = HeldId::parse(request.id);
  if (!id || !mac || request.kind != "answer" ||
      !parts_.keys.verify("web", request.mac_input(kAnyNode), *mac))
    return DeskOutcome::forged;
  const auto view = parts_.index.get(*id, deadline);
  if (!view) {
    if (view.error().code == Errc::unavailable) return view.error();
    return DeskOutcome::unknown;
  }
  if (!is_genuine(request, *view)) return DeskOutcome::forged;
  if (view->state != HeldState::held) return DeskOutcome::repeated;
  if (view->expires <= parts_.clock.wall()) return DeskOutcome::unknown;
  CS_ASSIGN(const AuthorStanding standing,
            AuthorStanding::of(view->author, {view->owners.begin(), view->owners.end()},
                               parts_.directory, deadline));
  const std::set<std::string> unreached = unreached_by(standing, *view);
  HeldView open = *view;
  std::erase_if(open.owners, [&](const std::string& owner) { return unreached.contains(owner); });
  if (!open.owners.empty()) {
    CS_ASSIGN(const bool welcome, let_in(open, request, deadline));
    if (!welcome) return DeskOutcome::repeated;
  }
  const HeldView shown = declined_by(standing.declining(), *view);
  const HeldState state = shown.recipients_left().empty() ? HeldState::failed : HeldState::answered;
  const Status told = parts_.asked.set_state(shown, state, parts_.clock.wall(), deadline);
  if (!told && told.error().code == Errc::unavailable) return told.error();
  return open.owners.empty() ? DeskOutcome::not_wanted : DeskOutcome::accepted;
}

/// Lets the author, or his next message, in to the owners of `view`; returns false if that has been
/// done before.
Result<bool> StoreAskingDesk::let_in(const HeldView& view, const Request& request,
                                     Deadline deadline) {
  if (view.fingerprint.empty()) return let_next_pass(view, deadline);
  CS_TRY(parts_.desk.welcome(view, request.proof));
  return true;
}

}  // namespace countersign
