// SPDX-License-Identifier: Apache-2.0
#include "milter/client.h"

#include <algorithm>
#include <string_view>

namespace countersign {
namespace {

/// Returns `text` if it is made of letters, digits and `others` only and not too long for a line.
std::string_view harmless(std::string_view text, std::string_view others) {
  const bool ok = text.size() <= 255 && std::all_of(text.begin(), text.end(), [&](char c) {
                    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || others.find(c) != std::string_view::npos;
                  });
  return ok ? text : std::string_view();
}

std::string or_unknown(std::string_view text) {
  const auto safe = harmless(text, ".-_:[]");
  return std::string(safe.empty() ? "unknown" : safe);
}

/// RFC 5321 §4.1.3 address literal.
std::string literal(const std::string& address) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[IPv6:" : "[") + address + "]";
}

}  // namespace

std::string received_field(const Client& client, const Envelope& envelope, WallTime arrived) {
  std::string field = "Received: from " + or_unknown(client.helo);
  if (!client.address.empty()) {
    // Where the name is not known, MTAs give the literal in its place.
    const std::string name = client.name.starts_with('[') ? "unknown" : or_unknown(client.name);
    field += " (" + name + " " + literal(client.address) + ")";
  }
  field += "\r\n\tby " + or_unknown(client.mta) + " (Countersign) with ESMTP id {id}";
  if (envelope.recipients.size() == 1) {
    const std::string path = envelope.recipients.front().without_route();
    if (const auto safe = harmless(path, ".-_+=@<>"); !safe.empty())
      field += "\r\n\tfor " + std::string(safe);
  }
  return field + "; " + rfc5322_date(arrived) + "\r\n";
}

}  // namespace countersign
