// SPDX-License-Identifier: Apache-2.0
#include "screening/known_contact.h"

#include <algorithm>

#include "mail/domain.h"

namespace countersign {
namespace {

bool is_list(const ContactMatch& match) { return match.subject.starts_with("l:"); }
bool is_address(const ContactMatch& match) { return match.subject.starts_with("a:"); }
bool is_domain(const ContactMatch& match) { return match.subject.starts_with("d:"); }
std::string_view domain_of(const ContactMatch& match) {
  std::string_view domain = std::string_view(match.subject).substr(2);
  if (domain.starts_with('.')) domain.remove_prefix(1);
  return domain;
}
bool allows(const ContactMatch& match) { return match.entry.standing == Standing::allow; }

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

/// Returns the organizational domain of `name`, if a DKIM signature of it passed; else "".
std::string signed_by(const Facts& facts, std::string_view name) {
  std::string domain = organizational_domain(name);
  return contains(facts.authentication.dkim_domains, domain) ? domain : "";
}

bool is_authenticated_as(const ContactMatch& match, const Facts& facts) {
  const auto& known = match.entry.fingerprints;
  const auto& proved = facts.authentication;
  if (is_list(match) && known.empty()) return !fingerprint_to_take(match, facts).empty();
  if (!is_list(match)) {
    if (lacks_domain(match.entry) && !proved.fingerprint.empty()) return true;
    const std::string network = network_of_author(facts);
    if (!network.empty() && contains(known, network)) return true;
  }
  if (!is_list(match) && !proved.fingerprint.empty() && contains(known, proved.fingerprint))
    return true;
  // Of an author only a signer whom a person named stands here: what is learnt is aligned.
  return std::any_of(proved.dkim_domains.begin(), proved.dkim_domains.end(),
                     [&](const std::string& domain) { return contains(known, domain); });
}

}  // namespace

const ContactMatch* effective_match(const RecipientKnowledge& knowledge) {
  const auto& matches = knowledge.matches;
  if (matches.empty()) return nullptr;
  const auto final = std::find_if(matches.begin(), matches.end(), [](const ContactMatch& match) {
    return match.level == Level::site && match.entry.final;
  });
  if (final != matches.end()) return &*final;
  const ContactMatch& first = matches.front();
  if (is_address(first) && matches.size() > 1 && is_list(matches[1]) &&
      matches[1].level == first.level && !allows(matches[1]))
    return &matches[1];
  return &first;
}

const ContactMatch* authenticated_contact(const Facts& facts, const RecipientKnowledge& knowledge) {
  const ContactMatch* effective = effective_match(knowledge);
  if (effective == nullptr || !allows(*effective)) return nullptr;
  if (is_authenticated_as(*effective, facts)) return effective;
  for (const ContactMatch& match : knowledge.matches) {
    if (!allows(match)) return nullptr;
    if (is_authenticated_as(match, facts)) return &match;
  }
  return nullptr;
}

std::string network_of_author(const Facts& facts) {
  const Authentication& proved = facts.authentication;
  const bool may_count = proved.published == Published::nothing && proved.fingerprint.empty();
  return may_count ? facts.network : "";
}

bool is_unsure_of_network(const Facts& facts, const ContactEntry& entry) {
  return facts.authentication.published == Published::unsure && !facts.network.empty() &&
         contains(entry.fingerprints, facts.network);
}

std::string fingerprint_to_take(const ContactMatch& match, const Facts& facts) {
  const std::string& proved = facts.authentication.fingerprint;
  // All below a public suffix: each of its domains speaks for itself alone.
  if (is_domain(match) && !aligned(domain_of(match), proved)) return "";
  if (!is_list(match)) return proved;
  return signed_by(facts, std::string_view(match.subject).substr(2));
}

std::string list_written_to(const Facts& facts, const RecipientKnowledge& knowledge) {
  if (!knowledge.wrote_to_list || facts.list_id.empty() || !facts.list_post) return "";
  const ContactMatch* effective = effective_match(knowledge);
  if (effective != nullptr && !allows(*effective)) return "";
  const bool is_known = std::any_of(knowledge.matches.begin(), knowledge.matches.end(),
                                    [](const ContactMatch& match) {
                                      return is_list(match) && !match.entry.fingerprints.empty();
                                    });
  return is_known ? "" : signed_by(facts, facts.list_post->domain());
}

}  // namespace countersign
