// SPDX-License-Identifier: Apache-2.0
//
// A mailbox (RFC 5321 §2.3.11, RFC 6531) in the one spelling by which we compare and store.
// Immutable value; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace countersign {

class Mailbox {
 public:
  /// Parses "local@domain" without angle brackets, route or display name. A quoted local part that
  /// needs no quotes loses them, a domain its final dot. The spelling kept is NFC, lower case,
  /// domain in A-labels: see to_a_labels(). Errors: invalid (no RFC 5321 §4.1.2 Mailbox; unquoted
  /// local part over 64 or domain over 255 octets; what is_misleading(); no UTF-8).
  static Result<Mailbox> parse(std::string_view text);

  const std::string& local() const { return local_; }    ///< unquoted, lower case
  const std::string& domain() const { return domain_; }  ///< A-labels, lower case
  /// "local@domain", local part quoted where RFC 5321 needs it.
  std::string address() const;
  /// address() with everything outside [a-z0-9.@_-] as %HH: the `m` of store keys (design
  /// section 5). Never empty, never with a brace.
  std::string key() const;
  /// The mailbox without its detail (RFC 5233): the local part up to the first of `delimiters` that
  /// is not its first character; the mailbox itself if there is none.
  Mailbox without_detail(std::string_view delimiters) const;
  /// The mailbox with `detail` behind `delimiter`. Errors: invalid (no local part any more: over 64
  /// octets, or characters that none may have).
  Result<Mailbox> with_detail(char delimiter, std::string_view detail) const;
  /// All ways to read the local part as that of a mailbox, one of `delimiters` and a detail, the
  /// shortest mailbox first; empty if there is none.
  std::vector<std::pair<Mailbox, std::string>> readings(std::string_view delimiters) const;

  bool operator==(const Mailbox&) const = default;
  auto operator<=>(const Mailbox&) const = default;

 private:
  Mailbox(std::string local, std::string domain)
      : local_(std::move(local)), domain_(std::move(domain)) {}
  std::string local_;
  std::string domain_;
};

/// Returns `text` with everything outside [a-z0-9.@_-] as %HH, so that it can stand in a key.
std::string encode_key(std::string_view text);

/// Returns the text that encode_key() was given; what is no %HH stays as it is.
std::string decode_key(std::string_view key);

}  // namespace countersign
