// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/rules.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace countersign {
namespace {

constexpr std::string_view kWindow = "expect:";

constexpr std::size_t kMostLabels = 6;

void add_fingerprint(ContactEntry& entry, const std::string& fingerprint) {
  auto& all = entry.fingerprints;
  if (std::find(all.begin(), all.end(), fingerprint) == all.end()) all.push_back(fingerprint);
}

}  // namespace

std::vector<Subject> subjects_of(const Inquiry& inquiry) {
  std::vector<Subject> fields;
  fields.reserve(kMostLabels);
  if (inquiry.author) fields.push_back("a:" + inquiry.author->address());
  if (!inquiry.list_id.empty()) fields.push_back("l:" + inquiry.list_id);
  if (!inquiry.author) return fields;
  std::string_view domain = inquiry.author->domain();
  fields.push_back("d:" + std::string(domain));
  if (domain.starts_with('[')) return fields;
  // A domain may have a hundred labels, and nobody has entries for the nearest of so many.
  const auto labels = static_cast<std::size_t>(std::count(domain.begin(), domain.end(), '.')) + 1;
  for (std::size_t left = labels; left > 0; --left) {
    if (left == labels || left <= kMostLabels) fields.push_back("d:." + std::string(domain));
    domain.remove_prefix(std::min(domain.find('.') + 1, domain.size()));
  }
  return fields;
}

Subject list_post_subject(const Inquiry& inquiry) {
  if (inquiry.list_id.empty() || !inquiry.list_post) return "";
  return "a:" + inquiry.list_post->address();
}

std::string window_field(std::string_view domain) {
  return std::string(kWindow) + std::string(domain);
}

std::optional<std::string> window_of_field(std::string_view field) {
  if (!field.starts_with(kWindow)) return std::nullopt;
  return std::string(field.substr(kWindow.size()));
}

void join_policy(PolicyValues& into, const PolicyValues& less_specific) {
  for (const auto& [key, value] : less_specific) into.emplace(key, value);
}

ContactEntry learnt(const std::optional<ContactEntry>& before, const ContactEntry& entry) {
  if (!before) return entry;
  ContactEntry after = *before;
  if (after.standing == Standing::allow && lacks_domain(after))
    for (const std::string& one : entry.fingerprints) add_fingerprint(after, one);
  return after;
}

ContactEntry approved(const std::optional<ContactEntry>& before, const ContactEntry& entry) {
  if (!before || before->standing == Standing::deny) return entry;
  ContactEntry after = *before;
  for (const std::string& one : entry.fingerprints) add_fingerprint(after, one);
  return after;
}

namespace {

using State = AskedRecord::State;

/// Who loses records first: 0.
int worth(const AskedRecord& record) {
  if (record.state == State::answered) return 2;
  return record.authenticated ? 1 : 0;
}

bool counts(const AskedRecord& record, WallTime now) { return record.expires > now; }

}  // namespace

std::vector<std::string> to_be_forgotten(const std::map<std::string, AskedRecord>& records,
                                         std::size_t most, WallTime now) {
  std::vector<std::string> out;
  // By worth, then by who tried: the ids, oldest last.
  std::map<int, std::map<std::string, std::vector<std::pair<WallTime, std::string>>>> classes;
  for (const auto& [id, record] : records) {
    if (!counts(record, now))
      out.push_back(id);
    else
      classes[worth(record)][record.evidence].emplace_back(record.since, id);
  }
  for (auto& [worth, tried] : classes) {
    for (auto& [evidence, ids] : tried) std::sort(ids.rbegin(), ids.rend());
    while (records.size() - out.size() > most) {
      const auto largest =
          std::max_element(tried.begin(), tried.end(), [](const auto& a, const auto& b) {
            // Of two who tried alike, the one that began earlier.
            return std::pair(a.second.size(), b.second.back().first) <
                   std::pair(b.second.size(), a.second.back().first);
          });
      if (largest == tried.end()) break;
      out.push_back(largest->second.back().second);
      largest->second.pop_back();
      if (largest->second.empty()) tried.erase(largest);
    }
  }
  return out;
}

AskedRecord asked(const std::optional<AskedRecord>& before, const AskedRecord& wanted,
                  WallTime now) {
  if (before && counts(*before, now) && before->state != State::spent) return *before;
  return wanted;
}

std::optional<AskedRecord> answered(const AskedRecord& before, WallTime now) {
  if (!counts(before, now) || before.state == State::spent) return std::nullopt;
  if (before.state == State::answered) return before;
  AskedRecord after = before;
  after.state = State::answered;
  after.changed = now;
  // As long as it may wait for its answer, it may wait for the next try.
  after.expires = now + (before.expires - before.since);
  return after;
}

std::optional<AskedRecord> spent(const AskedRecord& before, const AskedUse& use, WallTime now) {
  if (!counts(before, now)) return std::nullopt;
  if (before.state == State::spent && before.use == use && now - before.changed < kSameMessage)
    return before;
  if (before.state != State::answered) return std::nullopt;
  AskedRecord after = before;
  after.state = State::spent;
  after.changed = now;
  after.use = use;
  return after;
}

milliseconds heartbeat_age(milliseconds left) {
  return std::max(kHeartbeatLife - left, milliseconds(0));
}

}  // namespace countersign
