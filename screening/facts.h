// SPDX-License-Identifier: Apache-2.0
//
// All that a decision may know (law 5). Values only; gathered by milter/, judged by screen() and
// plan().
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "mail/address_token.h"
#include "mail/author.h"
#include "mail/mailbox.h"
#include "mail/reply_address.h"
#include "screening/authentication.h"
#include "screening/knowledge.h"
#include "screening/permit.h"
#include "screening/words.h"

namespace countersign {

/// Whether a URL may be named (design section 4, Channel).
enum class PageState {
  up,
  down,      ///< no heartbeat for over 60 s: the MTA is to try again later
  long_down  ///< none for over 4 h: hold and name no URL
};

/// Returns the state of a page with this last heartbeat (Knowledge::page_age).
PageState page_state(std::optional<milliseconds> page_age);

/// What is known of the message, whoever the recipient.
struct Facts {
  WallTime arrived{};
  bool internal = false;           ///< SMTP AUTH succeeded (RFC 4954), or in milter.submit_networks
  bool paused = false;             ///< the operator said: pass everything
  bool from_relay = false;         ///< the client is in milter.relays
  bool null_reverse_path = false;  ///< MAIL FROM:<> (RFC 5321 §4.5.5)
  bool reverse_path_is_author = false;   ///< the same mailbox
  bool author_domain_protected = false;  ///< the author claims one of protect.domains
  Author author;
  Authentication authentication;
  std::string machine_mark;  ///< machine_mark(): "" for a person's mail
  /// The List-Id as it stands in contact lists (RFC 2919, lower case, without brackets and phrase);
  /// "" without one.
  std::string list_id;
  std::optional<Mailbox> list_post;  ///< where the list's members write (RFC 2369 §3.4)
  bool replayed = false;             ///< perhaps sent again by one of its readers: may_be_replay()
  bool infected = false;             ///< a trusted earlier milter said malware
  bool spam = false;                 ///< a trusted earlier milter said spam
  std::optional<double> spam_score;  ///< what it scored, if it said so
  bool forwarded = false;            ///< sent on by somebody who is not its author (rule 18)
  std::string forward_mark{};        ///< how that shows: "relay", or a word of forward_mark()
  /// The network fingerprint of the client, whatever it is good for: see network_of_author(). ""
  /// for one that tells nothing of the author: a relay, a forwarder, a program of this host.
  std::string network{};
  PageState page = PageState::up;
  bool mail_channel = false;  ///< challenge.channels has "mail"
};

/// How a recipient wants mail treated: configuration, with what the store sets over it.
struct Policy {
  Mode mode = Mode::observe;
  bool keep = true;  ///< false: what rule 19 would hold and challenge, it refuses and challenges
  Disposition machines = Disposition::hold_silently;     ///< or aside
  Disposition blocked = Disposition::refuse;             ///< or hold_silently
  Disposition unauthentic = Disposition::hold_silently;  ///< or refuse
  /// A first contact whose spam score is below it passes; none: every one is challenged.
  std::optional<double> challenge_from{};
  bool operator==(const Policy&) const = default;
};

/// Returns `defaults` with `values` over them. A value that is no word of its key changes nothing.
Policy resolve_policy(const Policy& defaults, const PolicyValues& values);

/// What is known of one recipient and the author.
struct RecipientFacts {
  bool is_protected = false;  ///< in one of protect.domains
  bool exempt = false;        ///< always to be reached (RFC 2142), or listed
  /// It has several owners (protect.mailboxes): exempt, unless its mode is set.
  bool shared = false;
  std::optional<Mailbox> owner;  ///< whose lists count; none: the path is no RFC 5321 mailbox
  bool named = false;            ///< stands in To or Cc
  /// The store could not say: decide under law 7, by `policy` as it was last known.
  bool unknown = false;
  TokenUse token = TokenUse::none;
  /// The token that the recipient's address carries, whatever it is good for.
  std::optional<AddressToken> address_token;
  /// What the recipient's address says if a challenge named it as Reply-To.
  std::optional<ReplyAddress> reply_address;
  /// That names a message that waits for an answer of this author: of his address, and
  /// authenticated by the same domain unless authentication is unsure.
  bool replies = false;
  /// The author was asked when nothing of his was held, and has answered: one message passes.
  bool answered = false;
  /// Mode defer: the sender's server is to keep the message for now, see waits_at_sender().
  bool waits = false;
  RecipientKnowledge knowledge;
  Policy policy;
};

}  // namespace countersign
