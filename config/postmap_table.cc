// SPDX-License-Identifier: Apache-2.0
#include "config/postmap_table.h"

#include "base/process.h"

namespace countersign {
namespace {

/// Returns the lines "KEY TAB VALUE" of `text`.
std::map<std::string, std::string> entries_of(std::string_view text) {
  std::map<std::string, std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const auto tab = line.find('\t');
    if (tab != std::string_view::npos) out.emplace(line.substr(0, tab), line.substr(tab + 1));
    at = end + 1;
  }
  return out;
}

}  // namespace

bool is_postfix_table(std::string_view text) {
  const auto colon = text.find(':');
  return colon != 0 && colon != std::string_view::npos && colon + 1 < text.size() &&
         text.substr(0, colon).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
             std::string_view::npos;
}

Result<std::string> list_postfix_table(const std::string& table, Deadline deadline) {
  auto listed = run_program({"postmap", "-s", table}, deadline);
  if (listed) return listed;
  Error error = listed.error();
  // "postmap: fatal: table ldap:/x: sequence operation is not supported".
  if (error.detail.find("sequence operation is not supported") != std::string::npos)
    error.code = Errc::not_found;
  else if (error.code == Errc::not_found)
    error.code = Errc::unavailable;
  return error;
}

Result<std::map<std::string, std::string>> PostmapTable::find(const std::vector<std::string>& keys,
                                                              Deadline deadline) {
  std::map<std::string, std::string> out;
  std::vector<std::string> unknown;
  memory_.with([&](const Memory& memory) {
    for (const std::string& key : keys) {
      const auto known = memory.known.find(key);
      if (known == memory.known.end() || known->second.until <= clock_.steady())
        unknown.push_back(key);
      else if (known->second.value)
        out.emplace(key, *known->second.value);
    }
  });
  if (unknown.empty()) return out;
  if (deadline <= std::chrono::steady_clock::now())
    return Error{Errc::unavailable, table_ + ": no time to ask it"};
  std::string input;
  for (const std::string& key : unknown) input += key + "\n";
  auto said = run_program({"postmap", "-q", "-", table_}, deadline, input);
  // Without a word and with status 1 it says that none of them is there.
  if (!said && said.error().code == Errc::invalid && said.error().detail == "postmap: ")
    said = std::string();
  if (!said) return Error{Errc::unavailable, table_ + ": " + said.error().detail};
  auto found = entries_of(*said);
  remember(unknown, found);
  out.merge(found);
  return out;
}

void PostmapTable::remember(const std::vector<std::string>& keys,
                            const std::map<std::string, std::string>& found) {
  memory_.with([&](Memory& memory) {
    for (const std::string& key : keys) {
      const auto value = found.find(key);
      Known known{value == found.end() ? std::nullopt : std::optional(value->second),
                  clock_.steady() + life_};
      if (memory.known.insert_or_assign(key, std::move(known)).second) memory.order.push_back(key);
      while (memory.known.size() > most_) {
        memory.known.erase(memory.order.front());
        memory.order.pop_front();
      }
    }
  });
}

}  // namespace countersign
