// SPDX-License-Identifier: Apache-2.0
#include "holding/author_standing.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "mail/mailbox.h"
#include "screening/facts.h"
#include "screening/known_contact.h"

namespace countersign {
namespace {

bool blocks(const RecipientKnowledge& knowledge) {
  const ContactMatch* match = effective_match(knowledge);
  return match != nullptr && match->entry.standing == Standing::deny;
}

}  // namespace

Result<AuthorStanding> AuthorStanding::of(const std::string& author, const Owners& owners,
                                          Directory& directory, Deadline deadline) {
  Inquiry inquiry{.recipients = {}, .author = {}};
  if (const auto mailbox = Mailbox::parse(author)) inquiry.author = *mailbox;
  std::vector<std::string> asked;
  for (const std::string& owner : owners) {
    const auto mailbox = Mailbox::parse(decode_key(owner));
    if (!mailbox) continue;
    inquiry.recipients.push_back(*mailbox);
    asked.push_back(owner);
  }
  CS_ASSIGN(Knowledge knowledge, directory.look_up(inquiry, deadline));
  AuthorStanding out;
  for (std::size_t i = 0; i < asked.size(); ++i)
    out.known_.emplace(asked[i], std::move(knowledge.recipients.at(i)));
  return out;
}

template <class Wanted>
AuthorStanding::Owners AuthorStanding::where(const Wanted& wanted) const {
  Owners out;
  for (const auto& [owner, knowledge] : known_)
    if (wanted(knowledge)) out.insert(owner);
  return out;
}

AuthorStanding::Owners AuthorStanding::blocking() const { return where(blocks); }

AuthorStanding::Owners AuthorStanding::declining() const {
  return where([](const RecipientKnowledge& knowledge) {
    return blocks(knowledge) &&
           resolve_policy(Policy(), knowledge.policy).blocked == Disposition::refuse;
  });
}

AuthorStanding::Owners AuthorStanding::unreached(const std::string& fingerprint,
                                                 const std::string& network) const {
  const auto is_one = [&](const std::string& known) {
    return !known.empty() && (known == fingerprint || known == network);
  };
  return where([&](const RecipientKnowledge& knowledge) {
    const ContactMatch* match = effective_match(knowledge);
    if (match == nullptr) return false;
    if (match->entry.standing == Standing::deny) return true;
    const auto& known = match->entry.fingerprints;
    // By name only he may be known because he was written to while his own mail waited: it goes.
    if (known.empty() || (lacks_domain(match->entry) && !fingerprint.empty())) return false;
    return std::ranges::none_of(known, is_one);
  });
}

AuthorStanding::Owners AuthorStanding::knowing(const std::string& fingerprint) const {
  return where([&](const RecipientKnowledge& knowledge) {
    const ContactMatch* match = effective_match(knowledge);
    return match != nullptr && match->entry.standing == Standing::allow &&
           std::ranges::find(match->entry.fingerprints, fingerprint) !=
               match->entry.fingerprints.end();
  });
}

}  // namespace countersign
