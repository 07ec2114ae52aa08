// SPDX-License-Identifier: Apache-2.0
//
// Which entry of a recipient's lists counts for a message, and whether the message is authenticated
// as that contact is: a name is not an identity (law 6). Pure, thread-safe.
#pragma once

#include <string>

#include "screening/facts.h"
#include "screening/knowledge.h"

namespace countersign {

/// Returns the entry that counts for the author: a final one of the site, else the most specific.
/// Of an address and a list at one level, neither of which is the more specific, a deny counts.
/// Null if there is none. Points into `knowledge`.
const ContactMatch* effective_match(const RecipientKnowledge& knowledge);

/// Returns the allow-entry as which the message is authenticated: the effective one, or a less
/// specific one with no deny before it (alice is known, and so is the list over which she writes,
/// which broke her signature). Null if there is none. Points into `knowledge`.
const ContactMatch* authenticated_contact(const Facts& facts, const RecipientKnowledge& knowledge);

/// Returns the network fingerprint that the author has (design section 4, Identity): only where his
/// domain provably publishes neither SPF nor DMARC, and nothing authenticates him; else "". It
/// makes him a contact only by the recipient's approval, and counts only beside such a one.
std::string network_of_author(const Facts& facts);

/// Returns whether the recipient approved of the author's network, but it could not be found out
/// for now whether that may count.
bool is_unsure_of_network(const Facts& facts, const ContactEntry& entry);

/// Returns the fingerprint that this entry, which has none of a domain, takes from the message; ""
/// for none. An author's is that by which he is authenticated; a list's is a DKIM domain that is
/// aligned with its List-Id.
std::string fingerprint_to_take(const ContactMatch& match, const Facts& facts);

/// Returns the fingerprint of a mailing list that the recipient wrote to
/// (RecipientKnowledge::wrote_to_list): a DKIM domain that is aligned with the address in
/// List-Post.
/// "" if there is none, or the list is an entry with fingerprints already.
std::string list_written_to(const Facts& facts, const RecipientKnowledge& knowledge);

}  // namespace countersign
