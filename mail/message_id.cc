// SPDX-License-Identifier: Apache-2.0
#include "mail/message_id.h"

#include <algorithm>

namespace countersign {
namespace {

constexpr std::size_t kLongestId = 500;
constexpr std::size_t kMostInReplyTo = 5;
constexpr std::size_t kMostReferences = 20;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string without_space(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char c) { return !is_space(c); });
  return out;
}

}  // namespace

std::vector<std::string> message_ids(std::string_view value, std::size_t most) {
  std::vector<std::string> ids;
  const auto add = [&](std::string id) {
    if (!id.empty() && id.size() <= kLongestId) ids.push_back(std::move(id));
  };
  for (std::size_t at = 0; (at = value.find('<', at)) != std::string_view::npos;) {
    const auto end = value.find_first_of("<>", at + 1);
    if (end == std::string_view::npos) break;
    if (value[end] == '>') add(without_space(value.substr(at + 1, end - at - 1)));
    at = end;
  }
  if (ids.empty() && value.find('<') == std::string_view::npos) {
    const std::string word = unfold(value);
    if (word.find('@') != std::string::npos && word.find_first_of(" \t") == std::string::npos)
      add(word);
  }
  if (ids.size() > most) ids.erase(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(most));
  return ids;
}

std::vector<std::string> answered_ids(const HeaderSection& header) {
  std::vector<std::string> out;
  const auto add = [&](std::string_view name, std::size_t most) {
    const HeaderField* field = header.first(name);
    if (field == nullptr) return;
    for (std::string& id : message_ids(field->value, most))
      if (std::find(out.begin(), out.end(), id) == out.end()) out.push_back(std::move(id));
  };
  add("In-Reply-To", kMostInReplyTo);
  add("References", kMostReferences);
  return out;
}

}  // namespace countersign
