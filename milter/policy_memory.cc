// SPDX-License-Identifier: Apache-2.0
#include "milter/policy_memory.h"

#include <algorithm>
#include <utility>

namespace countersign {
namespace {

constexpr std::string_view kEnd = "end";

}  // namespace

Mode PolicyMemory::Seen::listed(const Mailbox& owner, const std::string& key,
                                Mode configured) const {
  static const std::string kSite;
  if (list.modes.empty()) return configured;
  for (const std::string* name : {&key, &owner.domain(), &kSite})
    if (const auto it = list.modes.find(*name); it != list.modes.end()) return it->second;
  return configured;
}

Mode PolicyMemory::Seen::of(const Mailbox& owner, const std::string& key, Mode configured) const {
  const auto it = modes.find(key);
  return it == modes.end() ? listed(owner, key, configured) : it->second;
}

void PolicyMemory::take(SetModes list) {
  seen_.with([&](Seen& seen) {
    seen.list = std::move(list);
    seen.modes.clear();
    seen.order.clear();
    seen.any_defers = std::any_of(seen.list.modes.begin(), seen.list.modes.end(),
                                  [](const auto& set) { return set.second == Mode::defer; });
  });
}

std::string PolicyMemory::version() const {
  return seen_.with([](const Seen& seen) { return seen.list.version; });
}

std::string PolicyMemory::text() const {
  return seen_.with([](const Seen& seen) {
    std::string out;
    for (const auto& [name, mode] : seen.list.modes)
      out += std::string(word(mode)) + " " + name + "\n";
    return out + std::string(kEnd) + "\n";
  });
}

Status PolicyMemory::take_text(std::string_view text) {
  SetModes list;
  std::size_t bad = 0;
  bool ended = false;
  while (!text.empty() && !ended) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ended = line == kEnd;
    const auto blank = line.find(' ');
    const auto mode = from_word<Mode>(kModeWords, line.substr(0, blank));
    if (mode && blank != std::string_view::npos)
      list.modes.emplace(line.substr(blank + 1), *mode);
    else if (!ended)
      ++bad;
  }
  take(std::move(list));
  if (ended && bad == 0 && text.empty()) return {};
  return Error{Errc::corrupt,
               std::to_string(bad) + " lines that are none" + (ended ? "" : ", and no end")};
}

void PolicyMemory::note(const Mailbox& owner, Mode mode, Mode configured) {
  const std::string key = owner.key();
  seen_.with([&](Seen& seen) {
    seen.any_defers = seen.any_defers || mode == Mode::defer;
    if (mode == seen.listed(owner, key, configured)) {
      seen.modes.erase(key);
      return;
    }
    const auto [it, is_new] = seen.modes.insert_or_assign(key, mode);
    if (!is_new) return;
    seen.order.push_back(key);
    while (seen.order.size() > most_) {
      seen.modes.erase(seen.order.front());
      seen.order.pop_front();
    }
  });
}

Mode PolicyMemory::recall(const Mailbox& owner, Mode configured) const {
  const std::string key = owner.key();
  return seen_.with([&](const Seen& seen) { return seen.of(owner, key, configured); });
}

void PolicyMemory::note_asked(const Mailbox& owner) {
  seen_.with([&](Seen& seen) {
    // To have forgotten somebody costs one question more.
    if (seen.asked.size() >= most_) seen.asked.clear();
    seen.asked.insert(owner.key());
  });
}

bool PolicyMemory::may_have_asked(const Mailbox& owner, Mode configured) const {
  const std::string key = owner.key();
  return seen_.with([&](const Seen& seen) {
    const Mode mode = seen.of(owner, key, configured);
    return mode == Mode::refuse || mode == Mode::defer || seen.asked.contains(key);
  });
}

bool PolicyMemory::any_defers(Mode configured) const {
  return configured == Mode::defer || seen_.with([](const Seen& seen) { return seen.any_defers; });
}

Mode PolicyMemory::recall_site(Mode configured) const {
  return seen_.with([&](const Seen& seen) {
    const auto it = seen.list.modes.find("");
    return it == seen.list.modes.end() ? configured : it->second;
  });
}

}  // namespace countersign
