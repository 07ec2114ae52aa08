// SPDX-License-Identifier: Apache-2.0
//
// Permits in Redis (docs/store-format.md): tokens are fields of {m}:tokens, windows fields
// "expect:DOMAIN" of {m}:policy, so that the look-up of a policy brings them along. What a message
// spent stands for a day in {m}:spent:NAME:HEADER-DIGEST. All keys of a mailbox share a hash tag.
#pragma once

#include "tokenstore/address_tokens.h"
#include "tokenstore/redis_pool.h"

namespace countersign {

class RedisAddressTokens final : public AddressTokens {
 public:
  /// `pool` must outlive it.
  explicit RedisAddressTokens(RedisPool& pool) : pool_(pool) {}
  Status add(const PermitName& name, const Permit& permit, Deadline deadline) override;
  Status put(const PermitName& name, const Permit& permit, Deadline deadline) override;
  Result<Permit> get(const PermitName& name, Deadline deadline) override;
  Result<std::vector<std::pair<std::string, Permit>>> list(PermitName::Kind kind,
                                                           const std::string& owner,
                                                           Deadline deadline) override;
  Status remove(const PermitName& name, Deadline deadline) override;
  Result<Permit> revoke(const PermitName& name, WallTime when, Deadline deadline) override;
  Result<std::vector<Spent>> spend(const std::vector<Spending>& all, Deadline deadline) override;
  Result<bool> spent_before(const PermitName& name, const std::string& header_digest,
                            Deadline deadline) override;
  Result<Permit> note_leak(const PermitName& name, const std::string& fingerprint, WallTime when,
                           Deadline deadline) override;

 private:
  std::string key_of(const PermitName& name) const;
  Result<Permit> run_on_one(const PermitName& name, std::string_view script,
                            const std::vector<std::string>& arguments, Deadline deadline);

  RedisPool& pool_;
};

}  // namespace countersign
