// SPDX-License-Identifier: Apache-2.0
#include "language/choice.h"

#include <algorithm>
#include <string>

namespace countersign::language {
namespace {

// Real browsers send a dozen at most; the rest of a longer field is not read.
constexpr int kMostRanges = 32;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes the text before `mark` off `rest`, trimmed.
std::string_view take_until(std::string_view& rest, char mark) {
  const auto end = rest.find(mark);
  const std::string_view out = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return trimmed(out);
}

/// Returns a weight (RFC 9110 §12.4.2) in thousandths; -1 if it is malformed.
int weight_of(std::string_view parameter) {
  std::string_view value = parameter;
  const std::string_view name = take_until(value, '=');
  if (name != "q" && name != "Q") return -1;
  value = trimmed(value);
  if (value.empty() || (value.front() != '0' && value.front() != '1')) return -1;
  if (value.size() > 5 || (value.size() > 1 && value[1] != '.')) return -1;
  int thousandths = 1000 * (value.front() - '0');
  int unit = 100;
  for (std::size_t i = 2; i < value.size(); ++i, unit /= 10) {
    if (value[i] < '0' || value[i] > '9') return -1;
    thousandths += unit * (value[i] - '0');
  }
  return thousandths > 1000 ? -1 : thousandths;
}

}  // namespace

const Catalogue* look_up(std::string_view range) {
  std::string tag(range);
  for (char& c : tag)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  while (!tag.empty()) {
    if (const Catalogue* found = find_catalogue(tag)) return found;
    auto cut = tag.rfind('-');
    if (cut == std::string::npos) return nullptr;
    // A single letter begins what the part after it belongs to: both go (RFC 4647 §3.4).
    if (cut >= 2 && tag[cut - 2] == '-') cut -= 2;
    tag.resize(cut);
  }
  return nullptr;
}

const Catalogue& choose(std::string_view accept_language, const Catalogue& otherwise) {
  const Catalogue* best = &otherwise;
  int best_weight = 0;
  for (int i = 0; i < kMostRanges && !accept_language.empty(); ++i) {
    std::string_view element = take_until(accept_language, ',');
    const std::string_view range = take_until(element, ';');
    const int weight = trimmed(element).empty() ? 1000 : weight_of(trimmed(element));
    if (weight <= best_weight) continue;
    const Catalogue* found = range == "*" ? &otherwise : look_up(range);
    if (!found) continue;
    best = found;
    best_weight = weight;
  }
  return *best;
}

}  // namespace countersign::language
