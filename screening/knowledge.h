// SPDX-License-Identifier: Apache-2.0
//
// What the store knows of a recipient and an author: the records that screening/ reads and
// tokenstore/ keeps. Values only.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "screening/permit.h"
#include "screening/words.h"

namespace countersign {

enum class Standing { allow, deny };

/// Whose list or policy it is, most specific first.
enum class Level { mailbox, domain, site };

/// Names a list or policy: a mailbox ("joe@example.org"), a domain ("example.org"), or the site.
struct Scope {
  Level level = Level::site;
  std::string name;  ///< Mailbox::key() or A-label domain; "" for the site
  bool operator==(const Scope&) const = default;
};

/// One line of a contact list.
struct ContactEntry {
  Standing standing = Standing::allow;
  std::string source{};  ///< "answered", "released", "observed", "admin", "learnt", "imported"
  /// Organizational domains by which this contact is authenticated; any of them matches: that of
  /// the author if he is authenticated, or one of a DKIM signature. Empty: known by name only,
  /// takes the first aligned pass. Or network fingerprints (is_network()), which the recipient
  /// approved: beside them alone an aligned pass is taken all the same.
  std::vector<std::string> fingerprints{};
  bool final = false;  ///< site level only: beats what mailbox and domain say
  WallTime created{};
  WallTime seen{};  ///< the epoch: never
  std::string note{};
  bool operator==(const ContactEntry&) const = default;
};

/// Whether a fingerprint is that of a network: "ptr:example.net", the organizational domain of the
/// client's confirmed host name, or "net:192.0.2.0/24", "net:2001:db8:1:2::/64".
inline bool is_network(std::string_view fingerprint) {
  return fingerprint.starts_with("ptr:") || fingerprint.starts_with("net:");
}

/// Whether no domain authenticates the entry: there is none, or only networks.
inline bool lacks_domain(const ContactEntry& entry) {
  for (const std::string& fingerprint : entry.fingerprints)
    if (!is_network(fingerprint)) return false;
  return true;
}

/// An entry that matches the author, and where it stands.
struct ContactMatch {
  Level level = Level::mailbox;
  /// The field: "a:alice@example.com"; "d:example.com", "d:.example.com" (it and all below);
  /// "l:list-id".
  std::string subject;
  ContactEntry entry;
};

/// Policy keys that are set for a recipient, each from the most specific level that sets it.
/// Keys: "mode" (a word of Mode), "machines" ("hold", "aside"), "blocked" ("refuse", "hold"),
/// "unauthentic" ("hold", "refuse"). Absent: the configuration's default.
using PolicyValues = std::map<std::string, std::string, std::less<>>;

/// The message that spent an answer, so that its own retry is known: digests in hex, of what names
/// it in its header section, and of that with the body.
struct AskedUse {
  std::string header{};
  std::string message{};
  bool operator==(const AskedUse&) const = default;
};

/// A challenge of which nothing is held, for one owner: mail that was refused or deferred with a
/// URL (design section 4, modes refuse and defer).
struct AskedRecord {
  enum class State {
    waiting,   ///< nobody answered yet
    answered,  ///< the next try passes
    spent      ///< it has passed
  };
  State state = State::waiting;
  WallTime since{};    ///< of this generation's first try
  WallTime changed{};  ///< when it came to its state
  WallTime expires{};  ///< from then on it counts for nothing
  int generation = 1;  ///< of the answer token; one more when an answer was spent
  bool authenticated = false;
  std::string evidence{};  ///< who tried, as in the refused tuple
  std::string view{};      ///< held id of its page's view
  std::string digest{};    ///< of its answer token
  AskedUse use{};          ///< of `spent`
  bool operator==(const AskedRecord&) const = default;
};
inline constexpr std::array<std::string_view, 3> kAskedStateWords = {"waiting", "answered",
                                                                     "spent"};

/// What the store knows for one recipient of one message.
struct RecipientKnowledge {
  /// Most specific first: by level, then address, list, domain, domains above it.
  std::vector<ContactMatch> matches;
  PolicyValues policy;
  bool own_mode = false;  ///< "mode" is set for the mailbox itself
  /// The address in List-Post (Facts::list_post) is allowed by the most specific list that has it:
  /// this mailbox wrote to the mailing list.
  bool wrote_to_list = false;
  /// In-Reply-To or References names a Message-ID that this mailbox sent to this author, or to his
  /// domain, in the last 30 days (rule 12).
  bool replied = false;
  /// The returned header of a bounce or MDN names a Message-ID that this mailbox sent, and no
  /// bounce for that recipient was let in before (rule 13).
  bool returned = false;
  /// The recipient has a window open for the author's domain (rule 14).
  bool expected = false;
  /// The window that there is for it, open or not; its name in the store is Permit::bound_to.
  std::optional<Permit> window;
  /// All windows of the mailbox, open or not.
  std::vector<Permit> windows{};
  /// What Inquiry::asked asked for, in its order; nothing where there is no record that counts.
  std::vector<std::optional<AskedRecord>> asked{};
  /// There is some record of what the recipient asked, of whomever (Inquiry::any_asked); it may be
  /// over.
  bool has_asked = false;
  /// Until when mail of somebody who is known may come by one of Inquiry::ways; the epoch: none of
  /// them is remembered.
  WallTime way_until{};
};

/// What the store knows for one message: the answer to one pipelined round trip.
struct Knowledge {
  std::vector<RecipientKnowledge> recipients;  ///< in the order of the inquiry
  /// Address tokens in the order of the inquiry; none: the store does not know it.
  std::vector<std::optional<Permit>> tokens;
  /// Age of the web server's last heartbeat by the store's clock; none: surely over 4 hours, or
  /// never, or forgotten by the store.
  std::optional<milliseconds> page_age;
};

}  // namespace countersign
