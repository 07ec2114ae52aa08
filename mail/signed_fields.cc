// SPDX-License-Identifier: Apache-2.0
#include "mail/signed_fields.h"

#include <algorithm>
#include <optional>
#include <string>

#include "mail/domain.h"
#include "mail/forwarded.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

/// How often the list of h= ("From : To:to") has `name`.
std::size_t times_in(std::string_view list, std::string_view name) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::size_t times = 0;
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(':', at), list.size());
    std::string_view word = list.substr(at, end - at);
    word.remove_prefix(std::min(word.find_first_not_of(kSpace), word.size()));
    word = word.substr(0, word.find_last_not_of(kSpace) + 1);
    times += same_name(word, name);
    at = end + 1;
  }
  return times;
}

}  // namespace

std::vector<const HeaderField*> signed_fields(const HeaderSection& header, std::string_view name,
                                              std::string_view domain) {
  std::optional<std::size_t> covered;
  for (const HeaderField* signature : header.all("DKIM-Signature")) {
    const auto d = tag_value(signature->value, "d");
    if (!d || !aligned(ascii_lower(*d), domain)) continue;
    const std::size_t times = times_in(tag_value(signature->value, "h").value_or(""), name);
    covered = std::min(times, covered.value_or(times));
  }
  auto fields = header.all(name);
  const std::size_t most = covered.value_or(1);
  if (fields.size() > most)
    fields.erase(fields.begin(), fields.end() - static_cast<std::ptrdiff_t>(most));
  return fields;
}

}  // namespace countersign
