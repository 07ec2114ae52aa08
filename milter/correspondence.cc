// SPDX-License-Identifier: Apache-2.0
#include "milter/correspondence.h"

#include "base/encoding.h"
#include "base/log.h"
#include "mail/date_time.h"
#include "mail/folded_path.h"
#include "mail/machine.h"
#include "milter/asked_tuple.h"
#include "milter/gather.h"
#include "screening/screen.h"
#include "tokenstore/rules.h"

namespace countersign {
namespace {

using State = AskedRecord::State;

/// So old is what is known of a way when it is written anew.
constexpr milliseconds kWayRenewed = std::chrono::hours(24);

std::string id_of(AskedTuple tuple, const Mailbox& owner) {
  tuple.owners = {owner.key()};
  return asked_id(tuple).text();
}

std::string readable_address(const ForwardPath& path) {
  return path.mailbox ? path.mailbox->address() : path.raw;
}

/// What the envelope alone tells, as waits_at_sender() wants it.
Facts envelope_facts(const MilterSettings& settings, const Client& client, const ReversePath& path,
                     const Services& services) {
  Facts facts;
  facts.arrived = services.clock.wall();
  facts.paused = services.paused.load(std::memory_order_relaxed);
  facts.from_relay = settings.relays.contains(client.address);
  facts.null_reverse_path = path.null;
  facts.author.mailbox = path.mailbox;
  facts.machine_mark = machine_mark(path, HeaderSection(), std::nullopt);
  facts.forwarded = path.mailbox && is_srs(*path.mailbox);
  facts.authentication.checked = settings.authentication.source != AuthenticationSource::none;
  return facts;
}

}  // namespace

Correspondence::Correspondence(Services& services, std::shared_ptr<const MilterSettings> settings,
                               const Client& client, const ReversePath& path, bool internal,
                               const HeaderSection& header)
    : services_(services),
      settings_(std::move(settings)),
      client_(client),
      path_(path),
      internal_(internal),
      header_(header) {}

const AskedTuple& Correspondence::deferred() {
  if (!deferred_) deferred_ = deferred_tuple(path_, client_);
  return *deferred_;
}

bool Correspondence::is_over(const AskedRecord& record, WallTime now) const {
  return record.state == State::waiting && now - record.since >= settings_->ask_after;
}

std::optional<Correspondence::Wait> Correspondence::wait_for(const ForwardPath& path,
                                                             Deadline deadline) {
  Envelope envelope;
  envelope.reverse_path = path_;
  envelope.recipients = {path};
  RecipientFacts recipient = gather_recipients(*settings_, envelope).front();
  if (internal_ || !recipient.owner || !services_.directory.healthy()) return std::nullopt;
  const Mode configured = settings_->defaults.mode;
  Facts facts = envelope_facts(*settings_, client_, path_, services_);
  recipient.policy.mode = Mode::defer;
  if (services_.modes.recall(*recipient.owner, configured) != Mode::defer ||
      !waits_at_sender(facts, recipient))
    return std::nullopt;

  Inquiry inquiry;
  inquiry.recipients = {*recipient.owner};
  inquiry.author = path_.mailbox;
  inquiry.now = facts.arrived;
  inquiry.asked = {{id_of(deferred(), *recipient.owner)}};
  if (came_by_.empty()) came_by_ = ways_of(path_, client_);
  inquiry.ways = came_by_;
  const auto known = services_.directory.look_up(inquiry, deadline);
  if (!known) {
    log::warning("store does not answer", {{"error", known.error().detail}});
    return std::nullopt;
  }
  recipient.knowledge = known->recipients.at(0);
  recipient.policy = resolve_policy(settings_->defaults, recipient.knowledge.policy);
  services_.modes.note(*recipient.owner, recipient.policy.mode, configured);
  facts.page = page_state(services_.page.age(known->page_age, services_.clock.steady()));
  if (!waits_at_sender(facts, recipient)) return std::nullopt;
  const WallTime way_until = recipient.knowledge.way_until;
  ways_[recipient.owner->key()] = way_until;
  const auto& before = recipient.knowledge.asked.at(0);
  if (before && (before->state == State::answered || is_over(*before, facts.arrived)))
    return std::nullopt;

  Wait out;
  out.page = facts.page;
  out.way_known = way_until > facts.arrived;
  out.question.tuple = deferred();
  out.question.arrived = facts.arrived;
  out.question.recipients = {
      {.owner = recipient.owner->key(), .address = readable_address(path), .before = before}};
  if (path_.mailbox) out.question.addresses = {path_.mailbox->address()};
  if (deferred().reverse_path != (path_.mailbox ? path_.mailbox->address() : ""))
    out.question.addresses.push_back(deferred().reverse_path);
  return out;
}

void Correspondence::set_author(const Facts& facts) {
  author_ = facts.author.mailbox;
  fingerprint_ = facts.authentication.fingerprint;
  arrived_ = facts.arrived;
}

bool Correspondence::may_have_asked(const Mailbox& owner) const {
  return !settings_->defaults.keep ||
         services_.modes.may_have_asked(owner, settings_->defaults.mode);
}

const std::vector<std::string>& Correspondence::ids_for(const std::optional<Mailbox>& author,
                                                        const Mailbox& owner) {
  const std::string address = author ? author->address() : "";
  if (address != ids_author_) ids_.clear();
  ids_author_ = address;
  std::vector<std::string>& ids = ids_[owner.key()];
  if (!ids.empty()) return ids;
  AskedTuple refused = deferred();
  refused.copy = Copy::refused;
  refused.author = address;
  ids = {id_of(refused, owner), id_of(deferred(), owner)};
  return ids;
}

/// What the header section says of a use. Few messages need it.
const AskedUse& Correspondence::use() {
  if (use_.header.empty()) use_.header = header_digest(header_);
  return use_;
}

std::optional<std::size_t> Correspondence::answered_by(const RecipientKnowledge& knowledge) {
  for (std::size_t i = 0; i < knowledge.asked.size(); ++i) {
    const auto& record = knowledge.asked[i];
    if (!record || (i == 0 && !fingerprint_.empty())) continue;
    if (record->state == State::answered) return i;
    // Perhaps the message that spent it, once more: its body will tell.
    if (record->state == State::spent && record->use.header == use().header &&
        arrived_ - record->changed < kSameMessage)
      return i;
  }
  return std::nullopt;
}

void Correspondence::judge(RecipientFacts& recipient) {
  recipient.answered = answered_by(recipient.knowledge).has_value();
}

Question Correspondence::question_to(const std::vector<std::size_t>& asked, const Facts& facts,
                                     const Envelope& envelope,
                                     const std::vector<RecipientFacts>& recipients) const {
  Question out;
  out.tuple = refused_tuple(facts, path_, client_);
  out.fingerprint = fingerprint_;
  out.addresses = answering_addresses(facts, envelope, header_);
  const HeaderField* subject = header_.first("Subject");
  if (subject != nullptr) out.subject = readable(subject->value);
  out.sent = parse_date_time(date_of(header_));
  out.arrived = arrived_;
  for (const std::size_t i : asked) {
    const auto& known = recipients[i].knowledge.asked;
    out.recipients.push_back(
        {.owner = recipients[i].owner->key(),
         .address = readable_address(envelope.recipients[i]),
         .before = known.empty() || !fingerprint_.empty() ? std::nullopt : known.front()});
  }
  return out;
}

Result<bool> Correspondence::spend(const RecipientFacts& recipient, Deadline deadline) {
  const auto place = answered_by(recipient.knowledge);
  if (!place) return false;
  if (use_.message.empty()) use_.message = hex_encode(hash_.finish());
  const auto& ids = ids_for(author_, *recipient.owner);
  return services_.asking.spend(recipient.owner->key(), ids[*place],
                                *recipient.knowledge.asked[*place], use(), deadline);
}

void Correspondence::settle(const RecipientFacts& recipient, bool held, Deadline deadline) {
  const auto& asked = recipient.knowledge.asked;
  // The second of ids_for().
  if (asked.size() < 2 || !asked[1] || asked[1]->state != State::waiting) return;
  const std::string& id = ids_for(author_, *recipient.owner)[1];
  const Status told =
      services_.asking.settle(recipient.owner->key(), id, *asked[1], held, deadline);
  if (!told)
    log::debug("page not told", {{"held", asked[1]->view}, {"error", told.error().detail}});
}

void Correspondence::remember_way(const RecipientFacts& recipient, Deadline deadline) {
  if (!recipient.owner || came_by_.empty()) return;
  const auto known = ways_.find(recipient.owner->key());
  if (known == ways_.end() || known->second > arrived_ + kWayLife - kWayRenewed) return;
  const Status done =
      services_.asking.remember_way(recipient.owner->key(), came_by_.front(), arrived_, deadline);
  if (!done) log::debug("way not remembered", {{"error", done.error().detail}});
}

}  // namespace countersign
