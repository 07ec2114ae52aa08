// SPDX-License-Identifier: Apache-2.0
#include "mail/authserv_id.h"

#include <string>

#include "mail/authentication_results.h"
#include "mail/domain.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr std::string_view kField = "Authentication-Results";

bool is_noise(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= ' ' || byte == 0x7f ||
         std::string_view("\"\\()").find(c) != std::string_view::npos;
}

std::string without_noise(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (!is_noise(c)) out += c;
  return out;
}

/// The value as the laxest reader has it: without comments, blanks, quotes and escapes. A comment
/// without end is text, like all behind it.
std::string bare(std::string_view value) {
  std::string out;
  std::size_t depth = 0;
  std::size_t opened = 0;  // size of `out` where the outermost comment began
  bool quoted = false;
  for (const char c : value) {
    if (c == '"' && depth == 0) quoted = !quoted;
    if (c == '(' && !quoted && depth++ == 0) opened = out.size();
    if (!is_noise(c)) out += c;
    if (c == ')' && !quoted && depth > 0 && --depth == 0) out.resize(opened);
  }
  return ascii_lower(out);
}

/// One spelling of an authserv-id: A-labels without final dot where it is a domain.
std::string normal(std::string_view id) {
  if (auto domain = to_a_labels(id)) return *std::move(domain);
  return ascii_lower(id);
}

}  // namespace

bool claims_authserv_id(std::string_view value, std::string_view authserv_id) {
  if (authserv_id.empty()) return false;
  const std::string ours = normal(without_noise(authserv_id));
  const auto parsed = parse_authentication_results(value);
  if (parsed && normal(without_noise(parsed->authserv_id)) == ours) return true;

  const std::string text = bare(value);
  const std::string first = text.substr(0, text.find(';'));
  // A version may stand behind the id; its blank is gone.
  const std::string named = normal(first);
  if (named == ours || (named.starts_with(ours) &&
                        named.find_first_not_of("0123456789", ours.size()) == std::string::npos))
    return true;
  if (parsed) return false;
  return text.find(ours) != std::string::npos ||
         ascii_lower(value).find(ascii_lower(authserv_id)) != std::string::npos;
}

std::vector<int> claiming_fields(const HeaderSection& header, std::string_view authserv_id) {
  std::vector<int> places;
  int place = 0;
  for (const HeaderField* field : header.all(kField)) {
    ++place;
    if (claims_authserv_id(field->value, authserv_id)) places.push_back(place);
  }
  return places;
}

HeaderSection without_claiming_fields(const HeaderSection& header, std::string_view authserv_id) {
  HeaderSection out;
  for (const HeaderField& field : header.fields())
    if (!same_name(field.name, kField) || !claims_authserv_id(field.value, authserv_id))
      out.add(field.name, field.value);
  return out;
}

}  // namespace countersign
