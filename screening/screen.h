// SPDX-License-Identifier: Apache-2.0
//
// What becomes of one message for one recipient (design section 4).
//
// Pure: no clock, no network, no log. All it may know arrives in the facts, so each rule, and each
// pair of rules whose order matters, is a row of tests/unit/screening/screen_test.cc. Thread-safe.
#pragma once

#include <optional>

#include "screening/facts.h"
#include "screening/known_contact.h"
#include "screening/words.h"

namespace countersign {

struct Decision {
  Disposition disposition = Disposition::defer;
  Reason reason = Reason::unscreened;
  /// One use of the address token in the recipient's detail is to be spent (rule 6).
  bool spend_token = false;
  /// One use of the window that expects the author's domain is to be spent (rule 14).
  bool spend_window = false;
  /// It is an answer by reply (RecipientFacts::replies), to be told to who holds that message.
  bool answers_held = false;
  /// In mode `observe`: what would have happened. None where the mail passes by itself.
  std::optional<Disposition> would;
  /// The author is to be made a contact of this recipient (rule 12, mode `observe`).
  bool learn_author = false;
  /// The contact that matched is known by address only and takes this fingerprint.
  bool learn_fingerprint = false;
  /// The list that it came over, to which the recipient wrote, is to be made a contact.
  bool learn_list = false;
  bool operator==(const Decision&) const = default;
};

/// Returns the decision of the first rule that matches. For a recipient who is `unknown` the
/// message is deferred. Where the recipient's policy observes, whatever would not pass does, and
/// nothing is delayed (law 7). Cannot fail.
Decision screen(const Facts& facts, const RecipientFacts& recipient);

/// Whether mail may be an answer to a challenge at all: written by a person, as far as it shows,
/// who is authenticated, or whose authentication is unsure.
bool may_answer(const Facts& facts);

/// Whether a recipient in mode `defer` answers RCPT with 450. The facts are of the envelope alone:
/// the author, for `knowledge` too, is the reverse-path. Null reverse-paths, machines, forwarders,
/// exempt recipients, tokens, and reverse-paths of which the recipient's list says anything are not
/// deferred: of them the header section tells more. Neither is anybody while the page is down for
/// long, for whom only holding is left.
bool waits_at_sender(const Facts& facts, const RecipientFacts& recipient);

/// Whether this decision lets mail in for whose it is, authenticated: as that of a contact, of our
/// own domain, or as a reply. Then more may come by the same way, which mode `defer` is not to ask
/// for before the header section tells whose it is. Of nobody else is a way to be remembered.
bool is_from_known(const Decision& decision);

}  // namespace countersign
