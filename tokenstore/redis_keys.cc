// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_keys.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "mail/mailbox.h"

namespace countersign {
namespace {

constexpr std::size_t kMostPrefix = 64;
constexpr std::size_t kMostPart = 255;
constexpr std::string_view kPrefixCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:._-";

}  // namespace

std::string key_part(std::string_view text) {
  std::string encoded = encode_key(text);
  if (encoded.size() <= kMostPart) return encoded;
  return "sha256-" + hex_encode(sha256(text));
}

Result<RedisKeys> RedisKeys::make(std::string_view prefix) {
  // No glob signs and no braces: the prefix stands in ACL patterns and before hash tags.
  if (prefix.empty() || prefix.size() > kMostPrefix ||
      prefix.find_first_not_of(kPrefixCharacters) != std::string_view::npos)
    return Error{Errc::invalid,
                 "the store's prefix must be 1 to 64 characters of A-Z a-z 0-9 : . _ -"};
  return RedisKeys(prefix);
}

std::string RedisKeys::scoped(Level level, std::string_view name, std::string_view what) const {
  if (level == Level::site) return plain("site:", what);
  return tagged(name, what);
}

std::string RedisKeys::tagged(std::string_view name, std::string_view what) const {
  // Names come encoded already (Mailbox::key(), A-labels): a second time would change '%'.
  const bool foreign = name.find_first_of("{}") != std::string_view::npos;
  if (foreign) return tagged(key_part(name), what);
  std::string out;
  out.reserve(prefix_.size() + name.size() + what.size() + 3);
  out += prefix_;
  out += '{';
  out += name;
  out += "}:";
  out += what;
  return out;
}

std::string RedisKeys::plain(std::string_view kind, std::string_view name) const {
  std::string out = prefix_;
  out += kind;
  out += key_part(name);
  return out;
}

}  // namespace countersign
