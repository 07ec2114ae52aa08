// SPDX-License-Identifier: Apache-2.0
#include "milter/asked_tuple.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "mail/domain.h"
#include "mail/folded_path.h"
#include "mail/network.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

/// The organizational domain of a client's name, or "": an MTA that could not confirm the name says
/// "unknown" or an address in brackets.
std::string confirmed_domain(const Client& client) {
  if (client.name.find('.') == std::string::npos || network_of(client.name)) return {};
  const auto domain = to_a_labels(client.name);
  return domain && !domain->starts_with('[') ? organizational_domain(*domain) : std::string();
}

}  // namespace

std::string client_evidence(const Client& client) {
  if (const std::string domain = confirmed_domain(client); !domain.empty()) return "ptr:" + domain;
  const auto network = network_of(client.address);
  return "net:" + (network ? *network : std::string());
}

std::string tuple_path(const ReversePath& path) {
  return path.mailbox ? folded_reverse_path(*path.mailbox).address() : ascii_lower(path.raw);
}

AskedTuple refused_tuple(const Facts& facts, const ReversePath& path, const Client& client) {
  const std::string& fingerprint = facts.authentication.fingerprint;
  return {.copy = Copy::refused,
          .author = facts.author.mailbox ? facts.author.mailbox->address() : "",
          .reverse_path = tuple_path(path),
          .evidence = fingerprint.empty() ? client_evidence(client) : "author:" + fingerprint,
          .owners = {}};
}

AskedTuple deferred_tuple(const ReversePath& path, const Client& client) {
  return {.copy = Copy::deferred,
          .author = {},
          .reverse_path = tuple_path(path),
          .evidence = client_evidence(client),
          .owners = {}};
}

std::string header_digest(const HeaderSection& header) {
  std::string bytes;
  for (const std::string_view name : {"From", "To", "Cc", "Subject", "Date", "Message-ID"})
    for (const HeaderField* field : header.all(name)) bytes += framed(name, unfold(field->value));
  return hex_encode(sha256(bytes));
}

}  // namespace countersign
