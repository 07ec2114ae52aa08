// SPDX-License-Identifier: Apache-2.0
#include "mail/domain.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <libpsl.h>

#include <cassert>

#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr std::size_t kLongestDomain = 255;  // RFC 5321 §4.5.3.1.2
constexpr std::size_t kLongestLabel = 63;    // RFC 1035 §2.3.4

Error invalid(const char* why) { return Error{Errc::invalid, std::string("domain: ") + why}; }

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// RFC 5321 §4.1.2 sub-domain, and the underscore that some sites use all the same.
bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLongestLabel) return false;
  for (const char c : label)
    if (!is_letter_or_digit(c) && c != '-' && c != '_') return false;
  return label.front() != '-' && label.back() != '-';
}

bool is_ascii(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  return true;
}

// A label that is ASCII already is taken as the name in the DNS that it is, even if IDNA2008 would
// not make it ("xn--i-7iq"): mail really comes from such domains.
Result<std::string> to_a_label(const std::string& label) {
  std::string ascii = label;
  if (!is_ascii(label)) {
    std::uint8_t* found = nullptr;
    const int status = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(label.c_str()), &found,
                                      IDN2_NO_TR46 | IDN2_NFC_INPUT);
    if (status != IDN2_OK) return invalid(idn2_strerror(status));
    ascii = reinterpret_cast<const char*>(found);
    idn2_free(found);
  }
  if (!is_label(ascii)) return invalid("a label is empty, too long or has a foreign character");
  return ascii;
}

// RFC 5321 §4.1.3: an IPv4 or IPv6 address, or a tag of its own.
bool is_address_literal(const std::string& literal) {
  const std::string inner = literal.substr(1, literal.size() - 2);
  for (const char c : inner)
    if (c < 33 || c > 126 || (c >= '[' && c <= ']')) return false;
  unsigned char address[16];
  if (inner.starts_with("ipv6:")) return inet_pton(AF_INET6, inner.c_str() + 5, address) == 1;
  const std::size_t colon = inner.find(':');
  if (colon == std::string::npos) return inet_pton(AF_INET, inner.c_str(), address) == 1;
  return is_label(inner.substr(0, colon)) && colon + 1 < inner.size();
}

/// Whether a name is spelled as to_a_labels() spells it: nearly all are.
bool is_spelled_out(std::string_view domain) {
  if (domain.empty() || domain.size() > kLongestDomain) return false;
  for (std::size_t start = 0; start <= domain.size();) {
    const std::size_t end = std::min(domain.find('.', start), domain.size());
    if (!is_label(domain.substr(start, end - start))) return false;
    start = end + 1;
  }
  return true;
}

// Not a name, so no part of it is a suffix: a literal, or an IPv4 address without brackets.
bool is_address(std::string_view domain) {
  if (domain.starts_with('[')) return true;
  const std::string_view last = domain.substr(domain.rfind('.') + 1);
  return last.find_first_not_of("0123456789") == std::string_view::npos;
}

const psl_ctx_t* suffix_list() {
  const psl_ctx_t* list = psl_builtin();
  assert(list != nullptr);
  return list;
}

/// `type`: which of the list's rules count, PSL_TYPE_...
bool is_suffix(std::string_view domain, int type) {
  return !is_address(domain) &&
         psl_is_public_suffix2(suffix_list(), std::string(domain).c_str(), type) != 0;
}

}  // namespace

Result<std::string> to_a_labels(std::string_view domain) {
  if (is_spelled_out(domain)) return std::string(domain);
  if (domain.find('\0') != std::string_view::npos) return invalid("it contains a NUL");
  if (domain.starts_with('[')) {
    std::string literal = ascii_lower(domain);
    if (!literal.ends_with(']') || literal.size() < 3 || literal.size() > kLongestDomain ||
        !is_address_literal(literal))
      return invalid("not an address literal");
    return literal;
  }
  if (domain.size() > 4 * kLongestDomain) return invalid("too long");
  CS_ASSIGN(std::string lower, lower_nfc(domain));
  if (lower.ends_with('.')) lower.pop_back();
  std::string labels;
  for (std::size_t start = 0; start <= lower.size();) {
    const std::size_t end = std::min(lower.find('.', start), lower.size());
    CS_ASSIGN(const std::string label, to_a_label(lower.substr(start, end - start)));
    if (start > 0) labels += '.';
    labels += label;
    start = end + 1;
  }
  if (labels.size() > kLongestDomain) return invalid("too long");
  return labels;
}

std::string organizational_domain(std::string_view domain) {
  if (is_address(domain)) return std::string(domain);
  // A message asks for its author's domain again and again, and the list is long.
  thread_local std::string last;
  thread_local std::string answer;
  if (!last.empty() && last == domain) return answer;
  const std::string name(domain);
  const char* registrable = psl_registrable_domain(suffix_list(), name.c_str());
  answer = registrable != nullptr ? std::string(registrable) : name;
  last = name;
  return answer;
}

bool is_registry(std::string_view domain) {
  return is_suffix(domain, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE);
}

bool is_public_suffix(std::string_view domain) { return is_suffix(domain, PSL_TYPE_ANY); }

bool aligned(std::string_view a, std::string_view b) {
  if (a.empty()) return false;
  return a == b || organizational_domain(a) == organizational_domain(b);
}

}  // namespace countersign
