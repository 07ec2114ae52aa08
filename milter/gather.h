// SPDX-License-Identifier: Apache-2.0
//
// Makes facts of what the MTA told: client, envelope, header section. Pure but for
// MilterSettings::owner_table, thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "mail/envelope.h"
#include "mail/header_section.h"
#include "milter/client.h"
#include "milter/settings.h"
#include "screening/facts.h"
#include "screening/plan.h"
#include "spool/spool.h"

namespace countersign {

/// Returns what the envelope tells of each recipient, in its order, with the configured policy.
/// One in a protected domain whose path is no RFC 5321 mailbox is `unknown`: nobody's lists count.
/// `time`: how long `settings.owner_table` is waited for; who is not found in that time, or while
/// it is out of service, is `unknown` too.
std::vector<RecipientFacts> gather_recipients(const MilterSettings& settings,
                                              const Envelope& envelope,
                                              milliseconds time = milliseconds(1500));

/// Whether the store is asked for this recipient.
inline bool to_be_screened(const RecipientFacts& recipient) {
  return recipient.is_protected && !recipient.exempt;
}

/// Returns what the header section and the client tell of the message; `internal`, `paused`,
/// `arrived` and `page` are the caller's. `from`: parse_author(header).
Facts gather_facts(const MilterSettings& settings, const Client& client, const Envelope& envelope,
                   const HeaderSection& header, const Author& from);

/// Returns the addresses by which an author may answer: people know themselves by From, some by
/// Reply-To or by what their provider makes of it.
std::vector<std::string> answering_addresses(const Facts& facts, const Envelope& envelope,
                                             const HeaderSection& header);

/// Whether only a signature vouches for the author of a message that was written to others: whoever
/// got it once can send it again, to whom he likes (RFC 6376 §8.6). Not so where SPF passes too, or
/// does not speak against a reverse-path of the author's domain; where it came on from somewhere,
/// by a list or a forwarder, as a signature is meant to survive that; or where To and Cc name
/// nobody.
bool may_be_replay(const Facts& facts, const Envelope& envelope, const HeaderSection& header);
/// Then the author is not authenticated. Sets Facts::replayed.
void distrust_signature(Facts& facts);

/// Sets RecipientFacts::named by the To and Cc fields of `header`.
void find_named(const HeaderSection& header, const Envelope& envelope,
                std::span<RecipientFacts> recipients);

/// Returns Date, unfolded; "" if there is none, or none that can be read.
std::string date_of(const HeaderSection& header);

/// Returns the envelope to hold the message by for the recipients `whom` (plan.held), or to report
/// their refusal by (plan.reported). `decisions`: of each recipient.
HeldEnvelope gather_held(std::span<const std::size_t> whom, const Plan& plan,
                         std::span<const Decision> decisions, const Facts& facts,
                         std::span<const RecipientFacts> recipients, const Client& client,
                         const Envelope& envelope, const HeaderSection& header,
                         const std::string& queue_id);

}  // namespace countersign
