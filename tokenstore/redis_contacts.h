// SPDX-License-Identifier: Apache-2.0
//
// Contact lists and policies in Redis: hashes {m}:contacts, {m}:policy and those of domain and
// site.
#pragma once

#include "tokenstore/contacts.h"
#include "tokenstore/redis_pool.h"

namespace countersign {

/// Adds the command that learns all `entries` (at least one) into the list `key`. Its reply is an
/// array of two for each: whether it is new (1 or 0), and what stands there.
void add_learning(RedisPipeline& ask, const std::string& key,
                  const std::vector<std::pair<Subject, ContactEntry>>& entries);

class RedisContacts final : public Contacts {
 public:
  /// `pool` must outlive it.
  explicit RedisContacts(RedisPool& pool) : pool_(pool) {}
  Status put(const Scope& scope, const Subject& subject, const ContactEntry& entry,
             Deadline deadline) override;
  Result<ContactEntry> learn(const Scope& scope, const Subject& subject, const ContactEntry& entry,
                             Deadline deadline) override;
  Result<ContactEntry> approve(const Scope& scope, const Subject& subject,
                               const ContactEntry& entry, Deadline deadline) override;
  Result<std::vector<bool>> learn_all(const Scope& scope,
                                      const std::vector<std::pair<Subject, ContactEntry>>& entries,
                                      Deadline deadline) override;
  Status remove(const Scope& scope, const Subject& subject, Deadline deadline) override;
  Result<std::vector<std::pair<Subject, ContactEntry>>> list(const Scope& scope,
                                                             Deadline deadline) override;

 private:
  RedisPool& pool_;
};

class RedisPolicies final : public Policies {
 public:
  /// `pool` must outlive it.
  explicit RedisPolicies(RedisPool& pool) : pool_(pool) {}
  Result<PolicyValues> get(const Scope& scope, Deadline deadline) override;
  Status set(const Scope& scope, const PolicyValues& values, Deadline deadline) override;
  Result<std::optional<SetModes>> modes(const std::string& version, Deadline deadline) override;

 private:
  RedisPool& pool_;
};

}  // namespace countersign
