// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/rules.h"

#include <algorithm>

#include "mail/domain.h"

namespace countersign {

std::vector<Subject> subjects_of(const Mailbox& author) {
  std::vector<Subject> fields = {"a:" + author.address(), "d:" + author.domain()};
  if (const std::string wide = organizational_domain(author.domain()); wide != author.domain())
    fields.push_back("d:" + wide);
  return fields;
}

void join_policy(PolicyValues& into, const PolicyValues& less_specific) {
  for (const auto& [key, value] : less_specific) into.emplace(key, value);
}

ContactEntry learnt(const std::optional<ContactEntry>& before, const ContactEntry& entry) {
  if (!before) return entry;
  ContactEntry after = *before;
  if (after.standing == Standing::allow && after.fingerprints.empty())
    after.fingerprints = entry.fingerprints;
  return after;
}

milliseconds heartbeat_age(milliseconds left) {
  return std::max(kHeartbeatLife - left, milliseconds(0));
}

}  // namespace countersign
