// SPDX-License-Identifier: Apache-2.0
//
// Joins the decisions for all recipients into the one answer that SMTP allows (design section 4,
// Joining recipients, Channel). Pure, thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "screening/facts.h"
#include "screening/screen.h"

namespace countersign {

/// What the MTA is told.
enum class Handling {
  accept,   ///< nothing of ours is in this mail: take it as it is
  deliver,  ///< take it, with our field, for those recipients that are not deleted
  keep,     ///< nobody gets it now; once it is durable: 554 with the URL, or discard
  refuse,   ///< 554; nothing is kept
  ask,      ///< 554 with the URL; nothing is kept
  wait,     ///< 450 with the URL; nothing is kept
  defer     ///< 451
};

/// How the author hears that a held message waits.
enum class Challenge {
  none,
  in_reply,  ///< the URL stands in the 554
  by_mail    ///< a notice; the desk may fall back to the reply
};

/// A contact to be written once the message is answered.
struct Lesson {
  Scope scope;
  std::string subject;  ///< "a:alice@example.com"
  ContactEntry entry;
  bool operator==(const Lesson&) const = default;
};

/// Indexes are those of the spans that plan() was given.
struct Plan {
  Handling answer = Handling::defer;
  std::vector<std::size_t> deleted;  ///< recipients to delete from the message (answer deliver)
  std::vector<std::size_t> held;     ///< recipients for whom one message is held
  std::vector<std::size_t> asked;    ///< recipients whom the URL is about (answers ask and wait)
  /// Refused recipients of whose refusal the author is told by a report, unless the reply says it.
  std::vector<std::size_t> reported;
  Challenge challenge = Challenge::none;
  Reason held_reason = Reason::first_contact;  ///< of the held message: that of its earliest rule
  std::string field;                           ///< value of our field (answer deliver)
  std::vector<Lesson> lessons;
};

/// Returns the plan for a message with these recipients (one or more) and their decisions.
///
/// - Any deferred for a doubt: defer. Any passes: deliver, the others deleted. None passes and any
/// is held:
///   keep. All refused: refuse.
/// - One message is held for all held recipients. Where one of them is held silently, its author is
///   not challenged at all: the answer would free it for all.
/// - A challenge in the reply needs a reply that is ours: none where the mail goes on to others. By
///   mail: challenge.channels has "mail", SPF aligned, reverse-path = author, client no relay, and
///   every held recipient in To or Cc.
/// - A first contact that mode refuse turns away is told the URL only where nobody gets the message
///   and nobody holds it: a recipient whom no reply can speak of would lose it, so it is held for
///   him. Any that waits by mode defer makes all wait.
/// - Refused for good beside others who get it, or for whom it is held: no reply of ours says so. A
///   report tells its author (law 1), if his own server wrote to us and he is no machine (law 2).
/// - Page down: defer where the author would be challenged and nobody gets the mail now; else, and
///   when it is down for long, hold without a challenge.
Plan plan(const Facts& facts, std::span<const RecipientFacts> recipients,
          std::span<const Decision> decisions);

}  // namespace countersign
