// SPDX-License-Identifier: Apache-2.0
#include "milter/policy_memory.h"

#include <algorithm>
#include <utility>

namespace countersign {

Mode PolicyMemory::Seen::listed(const Mailbox& owner, Mode configured) const {
  for (const std::string& name : {owner.key(), owner.domain(), std::string()})
    if (const auto it = list.modes.find(name); it != list.modes.end()) return it->second;
  return configured;
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
    return out;
  });
}

void PolicyMemory::take_text(std::string_view text) {
  SetModes list;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    if (const auto mode = from_word<Mode>(kModeWords, line.substr(0, blank)))
      list.modes.emplace(line.substr(blank + 1), *mode);
  }
  take(std::move(list));
}

void PolicyMemory::note(const Mailbox& owner, Mode mode, Mode configured) {
  seen_.with([&](Seen& seen) {
    const std::string& key = owner.key();
    seen.any_defers = seen.any_defers || mode == Mode::defer;
    if (mode == seen.listed(owner, configured)) {
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
  return seen_.with([&](const Seen& seen) {
    const auto it = seen.modes.find(owner.key());
    return it == seen.modes.end() ? seen.listed(owner, configured) : it->second;
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
