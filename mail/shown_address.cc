// SPDX-License-Identifier: Apache-2.0
#include "mail/shown_address.h"

#include <idn2.h>

#include <optional>

#include "mail/domain.h"
#include "mail/header_section.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr std::size_t kLongest = 320;  // RFC 5321 §4.5.3.1: 64, "@", 255

/// Returns the domain in U-labels, if that is another spelling of the same name.
std::optional<std::string> to_u_labels(const std::string& domain) {
  // Most domains have no A-label, and to find that out by libidn2 is dear.
  if (domain.find("xn--") == std::string::npos) return std::nullopt;
  char* found = nullptr;
  if (idn2_to_unicode_8z8z(domain.c_str(), &found, IDN2_NO_TR46) != IDN2_OK) return std::nullopt;
  std::string unicode = found;
  idn2_free(found);
  const auto back = to_a_labels(unicode);
  if (unicode == domain || !back || *back != domain || has_misleading(unicode)) return std::nullopt;
  return unicode;
}

}  // namespace

std::string shown_address(std::string_view address) {
  const bool clean = is_utf8(address) && !has_misleading(address);
  const std::string plain = clean ? std::string(address) : readable(address, kLongest);
  const auto at = plain.rfind('@');
  if (at == std::string::npos) return plain;
  const std::string domain = plain.substr(at + 1);
  const auto unicode = to_u_labels(domain);
  if (!unicode) return plain;
  return plain.substr(0, at + 1) + *unicode + " (" + domain + ")";
}

}  // namespace countersign
