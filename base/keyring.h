// SPDX-License-Identifier: Apache-2.0
//
// The keys of one role, from its secrets file. A line is
//
//     PURPOSE KEY-ID VALUE        VALUE: 64 hex digits; for purpose "store": user and password
//
// Of several lines of one purpose the first is used to make, all are used to check, so that a key
// is changed by putting a new line above the old one. '#' starts a comment.
//
//   purpose   milter.secrets  challenge.secrets   use
//   answer    yes             no                  answer tokens (design section 5)
//   sent      yes             no                  keyed digests of Message-IDs
//   token     yes             no                  tags of address tokens
//   operator  yes             no                  MAC of an operator's requests
//   web       yes             yes                 MAC of the web host's requests
//   pow, powkey, wait  no     yes                 ALTCHA's two secrets; stamps and codes
//   store     yes             yes                 Redis user (as KEY-ID) and password (as VALUE)
//
// Immutable once loaded; thread-safe.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace countersign {

struct Secret {
  std::string id;
  std::string bytes;  ///< 32 bytes; for purpose "store" the password
};

class Keyring {
 public:
  /// Reads `path`. Errors: unavailable (cannot be read), invalid (names file and line).
  static Result<Keyring> load(const std::string& path);
  /// Parses the text of a secrets file; `name` is for messages. Errors: invalid.
  static Result<Keyring> parse(std::string_view text, std::string_view name);

  /// Returns all keys of `purpose`, the one to make with first; may be empty.
  std::span<const Secret> all(std::string_view purpose) const;
  /// Returns the key to make with. Errors: not_found (names purpose and file).
  Result<Secret> current(std::string_view purpose) const;

  /// Returns the key with this id, or if there is none any more the one to make with. Errors: as
  /// current().
  Result<Secret> named_or_current(std::string_view purpose, std::string_view id) const;

  /// Whether `mac` is the HMAC-SHA-256 of `bytes` under any key of `purpose`; constant time.
  bool verify(std::string_view purpose, std::string_view bytes, std::string_view mac) const;

 private:
  std::string name_;
  std::map<std::string, std::vector<Secret>, std::less<>> secrets_;
};

}  // namespace countersign
