// SPDX-License-Identifier: Apache-2.0
#include "milter/gather.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/log.h"
#include "mail/address_list.h"
#include "mail/date_time.h"
#include "mail/domain.h"
#include "mail/folded_path.h"
#include "mail/forwarded.h"
#include "mail/list_fields.h"
#include "mail/machine.h"
#include "mail/signed_fields.h"
#include "milter/asked_tuple.h"
#include "milter/destination.h"
#include "screening/known_contact.h"

namespace countersign {
namespace {

constexpr std::size_t kMostDate = 200;
constexpr std::string_view kDelimiters = "+-=";  ///< any that may stand before a detail

/// Returns the one mailbox of a field of addresses that has just one, else none.
std::optional<Mailbox> only_mailbox(const HeaderSection& header, std::string_view name) {
  const auto fields = header.all(name);
  if (fields.size() != 1) return std::nullopt;
  HeaderSection as_from;
  as_from.add("From", fields.front()->value);
  return parse_author(as_from).mailbox;
}

std::string share_of(const Facts& facts) {
  if (!facts.machine_mark.empty()) return "machine";
  return facts.authentication.fingerprint.empty() ? "unauthenticated" : "authenticated";
}

/// The path of a mailbox without the detail by which it was replied to: that has done its part.
ForwardPath without_reply(const ForwardPath& path, const RecipientFacts& recipient) {
  if (!recipient.reply_address) return path;
  const Mailbox& mailbox = recipient.reply_address->mailbox;
  return {.raw = '<' + mailbox.address() + '>',
          .rcpt_addr = mailbox.address(),
          .mailbox = mailbox,
          .parameters = path.parameters};
}

void add_addressed(const HeaderField& field, std::set<Mailbox>& named) {
  for (Mailbox& mailbox : named_mailboxes(field.value)) named.insert(std::move(mailbox));
}

/// Whom To and Cc name.
std::set<Mailbox> addressed(const HeaderSection& header) {
  std::set<Mailbox> named;
  for (const std::string_view name : {"To", "Cc"})
    for (const HeaderField* field : header.all(name)) add_addressed(*field, named);
  return named;
}

/// Whether To or Cc names anybody, be it one whom nobody can read: not by "undisclosed
/// recipients".
bool is_addressed(const HeaderSection& header) {
  for (const std::string_view name : {"To", "Cc"})
    for (const HeaderField* field : header.all(name)) {
      const AddressList list = parse_address_list(field->value);
      if (list.well_formed ? !list.mailboxes.empty() : field->value.find('@') != std::string::npos)
        return true;
    }
  return false;
}

/// Those of them whom the signature of `domain` vouches for: the rest anybody can have added.
std::set<Mailbox> addressed_by(const HeaderSection& header, const std::string& domain) {
  std::set<Mailbox> named;
  for (const std::string_view name : {"To", "Cc"})
    for (const HeaderField* field : signed_fields(header, name, domain))
      add_addressed(*field, named);
  return named;
}

/// With any detail, or none.
bool is_among(const Mailbox& mailbox, const std::set<Mailbox>& named) {
  const Mailbox plain = mailbox.without_detail(kDelimiters);
  return std::any_of(named.begin(), named.end(), [&](const Mailbox& other) {
    return other.without_detail(kDelimiters) == plain;
  });
}

}  // namespace

std::vector<std::string> answering_addresses(const Facts& facts, const Envelope& envelope,
                                             const HeaderSection& header) {
  std::vector<std::string> addresses;
  const auto add = [&](const std::optional<Mailbox>& mailbox) {
    if (!mailbox) return;
    std::string address = mailbox->address();
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
      addresses.push_back(std::move(address));
  };
  add(facts.author.mailbox);
  // Of a name that nobody vouches for, only the name itself: the rest is what a forger wrote.
  if (facts.authentication.fingerprint.empty()) return addresses;
  add(envelope.reverse_path.mailbox);
  if (envelope.reverse_path.mailbox) add(without_batv(*envelope.reverse_path.mailbox));
  add(only_mailbox(header, "Reply-To"));
  return addresses;
}

std::vector<RecipientFacts> gather_recipients(const MilterSettings& settings,
                                              const Envelope& envelope, milliseconds time) {
  std::vector<RecipientFacts> out;
  std::vector<Mailbox> owned;
  out.reserve(envelope.recipients.size());
  for (const ForwardPath& path : envelope.recipients) {
    RecipientFacts& recipient = out.emplace_back();
    recipient.policy = settings.defaults;
    if (!path.mailbox) {
      recipient.is_protected = recipient.unknown = may_be_protected(settings, path);
      continue;
    }
    // An MTA takes its own address literal (RFC 5321 §4.1.3) for one of its domains, and may
    // deliver to somebody who is protected there: who that is cannot be told.
    const bool literal = path.mailbox->domain().starts_with('[');
    recipient.is_protected = literal || settings.protects(*path.mailbox);
    if (!recipient.is_protected) continue;
    recipient.exempt = settings.is_exempt(*path.mailbox);
    if (literal) {
      recipient.unknown = true;
      continue;
    }
    recipient.owner = settings.owner_of(*path.mailbox);
    // No list of his is asked, so no table need say whose he is (law 7).
    if (!recipient.exempt) owned.push_back(*path.mailbox);
  }
  const auto owners = settings.ownership_of(owned, time);
  if (!owners && time > milliseconds(0))
    log::warning("protect.mailboxes", {{"error", owners.error().detail}});
  std::size_t at = 0;
  for (RecipientFacts& recipient : out) {
    if (!recipient.owner || recipient.exempt) continue;
    if (owners) {
      recipient.owner = (*owners)[at].owner;
      recipient.shared = (*owners)[at].shared;
    } else {
      recipient.unknown = true;
    }
    const Mailbox& address = owned[at++];
    recipient.reply_address = settings.reply_of(address, time);
    // A token says itself whose it is.
    recipient.address_token = settings.token_of(address, time);
    if (!recipient.address_token) continue;
    recipient.owner = recipient.address_token->owner;
    recipient.shared = false;
  }
  return out;
}

Facts gather_facts(const MilterSettings& settings, const Client& client, const Envelope& envelope,
                   const HeaderSection& header, const Author& from) {
  const ReversePath& reverse_path = envelope.reverse_path;
  Facts facts;
  facts.from_relay = settings.relays.contains(client.address);
  facts.null_reverse_path = reverse_path.null;
  facts.author = from;
  const auto& author = facts.author.mailbox;
  facts.reverse_path_is_author =
      author && reverse_path.mailbox && *author == without_batv(*reverse_path.mailbox);
  facts.list_id = list_id_of(header);
  facts.list_post = list_post_of(header);
  facts.author_domain_protected = author && settings.protects(*author);
  facts.authentication =
      authenticate(settings.authentication, header, author, reverse_path.mailbox);
  facts.machine_mark = machine_mark(reverse_path, header, author);
  facts.forward_mark =
      facts.from_relay ? "relay"
                       : forward_mark(reverse_path, header, author, [&](const std::string& domain) {
                           return settings.protected_domains.contains(domain);
                         });
  facts.forwarded = !facts.forward_mark.empty();
  // A forwarder's network tells nothing of the author. Most domains publish something.
  const bool may_count = settings.authentication.source == AuthenticationSource::builtin ||
                         facts.authentication.published != Published::unknown;
  if (may_count && !facts.forwarded) facts.network = network_fingerprint(client);
  const Verdicts verdicts = read_verdicts(settings.verdicts, header);
  facts.infected = verdicts.infected;
  facts.spam = verdicts.spam;
  facts.spam_score = verdicts.score;
  facts.mail_channel = settings.mail_channel;
  return facts;
}

bool may_be_replay(const Facts& facts, const Envelope& envelope, const HeaderSection& header) {
  const Authentication& proved = facts.authentication;
  if (proved.fingerprint.empty() || proved.spf_aligned || facts.forwarded ||
      !facts.list_id.empty() || facts.list_post)
    return false;
  const auto& path = envelope.reverse_path.mailbox;
  if (path && !proved.spf_failed && aligned(path->domain(), proved.fingerprint)) return false;
  if (!is_addressed(header)) return false;
  const std::set<Mailbox> named = addressed_by(header, proved.fingerprint);
  return std::none_of(envelope.recipients.begin(), envelope.recipients.end(),
                      [&](const ForwardPath& recipient) {
                        return recipient.mailbox && is_among(*recipient.mailbox, named);
                      });
}

void distrust_signature(Facts& facts) {
  facts.replayed = true;
  facts.authentication.fingerprint.clear();
  facts.authentication.dkim_domains.clear();
}

void find_named(const HeaderSection& header, const Envelope& envelope,
                std::span<RecipientFacts> recipients) {
  const std::set<Mailbox> named = addressed(header);
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    const auto& mailbox = envelope.recipients[i].mailbox;
    recipients[i].named = mailbox && named.contains(*mailbox);
  }
}

std::string date_of(const HeaderSection& header) {
  const HeaderField* field = header.first("Date");
  if (field == nullptr || field->value.size() > kMostDate || !parse_date_time(field->value))
    return "";
  return unfold(field->value);
}

HeldEnvelope gather_held(std::span<const std::size_t> whom, const Plan& plan,
                         std::span<const Decision> decisions, const Facts& facts,
                         std::span<const RecipientFacts> recipients, const Client& client,
                         const Envelope& envelope, const HeaderSection& header,
                         const std::string& queue_id) {
  Envelope held;
  held.reverse_path = envelope.reverse_path;
  std::vector<std::string> owners, reasons;
  for (const std::size_t i : whom) {
    reasons.emplace_back(word(decisions[i].reason));
    held.recipients.push_back(without_reply(envelope.recipients[i], recipients[i]));
    owners.push_back(recipients[i].owner->key());
  }
  const HeaderField* message_id = header.first("Message-ID");
  const HeaderField* subject = header.first("Subject");

  // What is empty here is for the desk to fill in (IntakeDesk::begin).
  return {.id = HeldId::random(),
          .node = {},
          .arrived = facts.arrived,
          .expires = {},
          .kept_since = {},
          .envelope = held,
          .owners = std::move(owners),
          .author = facts.author.mailbox ? facts.author.mailbox->address() : "",
          .fingerprint = facts.authentication.fingerprint,
          .network_fingerprint = network_of_author(facts),
          .addresses = answering_addresses(facts, envelope, header),
          .reason = std::string(word(plan.held_reason)),
          .reasons = std::move(reasons),
          .challenged = plan.challenge != Challenge::none,
          .by_mail = plan.challenge == Challenge::by_mail,
          .message_id = message_id == nullptr ? "" : unfold(message_id->value),
          .subject = subject == nullptr ? "" : readable(subject->value),
          .date = date_of(header),
          .queue_id = queue_id,
          .received = received_field(client, held, facts.arrived),
          .retry_digest = {},
          .share = share_of(facts)};
}

}  // namespace countersign
