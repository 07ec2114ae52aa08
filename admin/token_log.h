// SPDX-License-Identifier: Apache-2.0
//
// What logs tell of address tokens: the lines of countersign-milter, and any line, of whichever
// program, with an address that carries a token of ours: its tag proves that we made it. For
// `tokens audit`. Not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/keyring.h"
#include "base/result.h"
#include "config/config.h"
#include "mail/address_token.h"

namespace countersign::admin {

/// What is known of one token from logs.
struct LoggedToken {
  std::string label;                   ///< "" if its address stands nowhere
  std::string mailbox;                 ///< the same
  std::string bound_to;                ///< "" if no line says so
  std::optional<long long> uses_left;  ///< the least that a line tells
  long long spent = 0;                 ///< lines that tell of a use
  bool revoked = false;                ///< a line says that it is
};

class TokenLog {
 public:
  TokenLog(const Config& config, std::span<const Secret> keys) : config_(config), keys_(keys) {}

  /// Takes a line without its end. Errors: unavailable (protect.mailboxes cannot be asked).
  Status read(std::string_view line);
  /// By owner (Mailbox::key()) and id.
  const std::map<std::pair<std::string, std::string>, LoggedToken>& tokens() const {
    return tokens_;
  }

 private:
  void read_event(std::string_view line);
  Status read_addresses(std::string_view line);

  const Config& config_;
  std::span<const Secret> keys_;
  std::map<std::pair<std::string, std::string>, LoggedToken> tokens_;
};

}  // namespace countersign::admin
