// SPDX-License-Identifier: Apache-2.0
//
// The names of keys (design section 5). Braces are hash tags and nothing
// else: what is inside is encoded (encode_key). Immutable; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "screening/knowledge.h"

namespace countersign {

/// Returns `text` as a part of a key: encode_key(), or "sha256-" and 64 hex digits if that is over
/// 255 bytes.
std::string key_part(std::string_view text);

class RedisKeys {
 public:
  /// Errors: invalid (not 1 to 64 of [A-Za-z0-9:._-]).
  static Result<RedisKeys> make(std::string_view prefix);

  std::string site() const { return prefix_ + "site"; }
  std::string contacts(const Scope& scope) const { return contacts(scope.level, scope.name); }
  std::string policy(const Scope& scope) const { return policy(scope.level, scope.name); }
  /// The same by level and name of a scope.
  std::string contacts(Level level, std::string_view name) const {
    return scoped(level, name, "contacts");
  }
  std::string policy(Level level, std::string_view name) const {
    return scoped(level, name, "policy");
  }
  std::string sent(std::string_view owner) const { return tagged(owner, "sent"); }
  std::string ways(std::string_view owner) const { return tagged(owner, "ways"); }
  std::string modes() const { return prefix_ + "site:modes"; }
  std::string held(std::string_view id) const { return plain("held:", id); }
  std::string held_of(std::string_view owner) const { return tagged(owner, "held"); }
  std::string tokens(std::string_view owner) const { return tagged(owner, "tokens"); }
  /// What a message with this header section took of the owner's permit `name`.
  std::string spent(std::string_view owner, std::string_view name, std::string_view digest) const {
    return tagged(owner, "spent:") + key_part(name) + ":" + key_part(digest);
  }
  std::string asked_of(std::string_view owner) const { return tagged(owner, "asked"); }
  std::string answer(std::string_view digest) const { return plain("answer:", digest); }
  std::string retry(std::string_view digest) const { return plain("retry:", digest); }
  std::string requests(std::string_view node) const { return plain("requests:", node); }
  std::string outbox(std::string_view name) const { return plain("outbox:", name); }
  /// One of a domain's keys about challenges; all of a domain share one hash tag.
  std::string asked(std::string_view domain, std::string_view what) const {
    return tagged(domain, "asked:") + std::string(what);
  }
  std::string heartbeat() const { return prefix_ + "web:heartbeat"; }
  std::string nonce(std::string_view nonce) const { return plain("web:nonce:", nonce); }
  std::string failures(std::string_view who) const { return plain("web:failures:", who); }
  std::string answered(std::string_view id) const { return plain("web:answered:", id); }

 private:
  explicit RedisKeys(std::string_view prefix) : prefix_(prefix) {}
  std::string scoped(Level level, std::string_view name, std::string_view what) const;
  std::string tagged(std::string_view name, std::string_view what) const;
  std::string plain(std::string_view kind, std::string_view name) const;

  std::string prefix_;
};

}  // namespace countersign
