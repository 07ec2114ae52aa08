// SPDX-License-Identifier: Apache-2.0
#include "admin/learning.h"

#include <algorithm>

#include "admin/opening.h"

namespace countersign::admin {
namespace {

constexpr std::size_t kBatch = 500;

}  // namespace

Status Learning::add(const Whom& whom, const Subject& subject) {
  Batch& batch = batches_.try_emplace(whom.shown, Batch{whom, {}, {}}).first->second;
  if (!batch.seen.insert(subject).second) return {};
  ContactEntry entry;
  entry.source = source_;
  entry.created = tools_.clock.wall();
  batch.entries.emplace_back(subject, std::move(entry));
  ++taken_;
  return batch.entries.size() < kBatch ? Status() : flush(batch);
}

Status Learning::flush() {
  for (auto& [name, batch] : batches_) CS_TRY(flush(batch));
  return {};
}

Result<std::vector<bool>> Learning::look_only(const Batch& batch) const {
  CS_ASSIGN(const auto list, contacts_.list(batch.whom.scope, store_deadline()));
  std::set<Subject> there;
  for (const auto& [subject, entry] : list) there.insert(subject);
  std::vector<bool> out;
  for (const auto& [subject, entry] : batch.entries) out.push_back(!there.contains(subject));
  return out;
}

Status Learning::flush(Batch& batch) {
  if (batch.entries.empty()) return {};
  CS_ASSIGN(const auto is_new,
            dry_run_ ? look_only(batch)
                     : contacts_.learn_all(batch.whom.scope, batch.entries, store_deadline()));
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    const std::string subject = shown_subject(batch.entries[i].first);
    const std::string_view result = !is_new[i] ? "kept" : dry_run_ ? "would be added" : "added";
    if (is_new[i]) ++made_;
    Record record;
    record.add("whom", batch.whom.shown).add("subject", subject).add("result", result);
    output_.put(record, batch.whom.shown + ": " + std::string(result) + " " + subject);
  }
  batch.entries.clear();
  return {};
}

}  // namespace countersign::admin
