// SPDX-License-Identifier: Apache-2.0
#include "admin/fingerprint_words.h"

#include "admin/token_words.h"
#include "config/values.h"
#include "mail/domain.h"
#include "mail/network.h"

namespace countersign::admin {
namespace {

/// "net:192.0.2.0/24" of the network's own text or of an address in it.
Result<std::string> network_fingerprint_of(std::string_view text) {
  const auto slash = text.find('/');
  const auto network = network_of(text.substr(0, slash));
  if (!network) return network.error();
  const std::string_view length = slash == std::string_view::npos ? "" : text.substr(slash);
  if (!length.empty() && !network->ends_with(length)) return Error{Errc::invalid, "another length"};
  return "net:" + *network;
}

/// Whether the entry is for one or all authors in just this domain.
bool is_in(std::string_view subject, std::string_view domain) {
  return subject == "d:" + std::string(domain) ||
         (subject.starts_with("a:") && subject.substr(subject.rfind('@') + 1) == domain);
}

}  // namespace

Result<std::string> parse_contact_fingerprint(const Subject& subject, std::string_view text) {
  const Error bad{Errc::invalid,
                  in_quotes(text) +
                      " is no fingerprint; allowed: a domain, ptr:DOMAIN (the client's confirmed "
                      "host name), net: and a /24 or /64"};
  if (!is_network(text)) {
    const auto domain = to_a_labels(text);
    if (!domain || domain->starts_with('[')) return bad;
    // Nobody but an author in that very domain can be authenticated by it.
    if (is_registry(*domain) && !is_in(subject, *domain)) return public_suffix(text);
    return organizational_domain(*domain);
  }
  if (subject.starts_with("l:"))
    return Error{Errc::invalid,
                 in_quotes(text) + ": a mailing list is known by its DKIM domain alone"};
  const std::string_view value = text.substr(4);
  if (text.starts_with("net:")) {
    const auto network = network_fingerprint_of(value);
    return network ? network : Result<std::string>(bad);
  }
  const auto domain = parse_fingerprint(value);
  // Hosts of many owners have names below it.
  if (!domain || is_public_suffix(*domain)) return bad;
  return "ptr:" + *domain;
}

}  // namespace countersign::admin
