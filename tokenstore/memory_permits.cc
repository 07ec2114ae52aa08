// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/memory_permits.h"

#include "tokenstore/rules.h"

namespace countersign {

Permit* MemoryPermits::find(const PermitName& name) {
  const auto at = permits_.find(key_of(name));
  return at == permits_.end() ? nullptr : &at->second;
}

void MemoryPermits::put(const PermitName& name, const Permit& permit) {
  permits_.insert_or_assign(key_of(name), permit);
}

bool MemoryPermits::remove(const PermitName& name) { return permits_.erase(key_of(name)) == 1; }

std::vector<std::pair<std::string, Permit>> MemoryPermits::all(PermitName::Kind kind,
                                                               const std::string& owner) const {
  std::vector<std::pair<std::string, Permit>> out;
  for (const auto& [key, permit] : permits_)
    if (std::get<0>(key) == kind && std::get<1>(key) == owner)
      out.emplace_back(std::get<2>(key), permit);
  return out;
}

bool MemoryPermits::spent_before(const PermitName& name, const std::string& header_digest,
                                 WallTime now) const {
  const auto at = taken_.find({key_of(name), header_digest});
  return at != taken_.end() && at->second.dies > now;
}

Spent MemoryPermits::spend(const Spending& spending, WallTime now) {
  Permit* permit = find(spending.permit);
  if (permit == nullptr) return {};
  const std::pair mark{key_of(spending.permit), spending.header_digest};
  const bool before = permit->uses_left &&
                      spent_before(spending.permit, spending.header_digest, now) &&
                      taken_[mark].bodies.contains(spending.body_digest);
  const TokenUse use = use_of(*permit, spending.fingerprint, spending.when, before);
  if (use != TokenUse::valid || before) return {use, before && use == TokenUse::valid, *permit};
  if (permit->binding == Binding::first && permit->bound_to.empty())
    permit->bound_to = spending.fingerprint;
  if (permit->uses_left) {
    --*permit->uses_left;
    if (!spent_before(spending.permit, spending.header_digest, now)) taken_[mark] = {};
    taken_[mark].bodies.insert(spending.body_digest);
    taken_[mark].dies = now + kSpentBefore;
  }
  ++permit->uses;
  permit->last_use = spending.when;
  return {use, false, *permit};
}

}  // namespace countersign
