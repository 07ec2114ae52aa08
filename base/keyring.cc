// SPDX-License-Identifier: Apache-2.0
#include "base/keyring.h"

#include <fstream>
#include <iterator>
#include <sstream>

#include "base/crypto.h"
#include "base/encoding.h"

namespace countersign {

Result<Keyring> Keyring::load(const std::string& path) {
  std::ifstream in(path);
  if (!in) return Error{Errc::unavailable, path + ": cannot be read (made by 'config init')"};
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return parse(text, path);
}

Result<Keyring> Keyring::parse(std::string_view text, std::string_view name) {
  Keyring ring;
  ring.name_ = name;
  std::istringstream in{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const auto fail = [&](std::string_view why) {
      return Error{Errc::invalid,
                   ring.name_ + ":" + std::to_string(number) + ": " + std::string(why)};
    };
    std::istringstream words(line);
    std::string purpose, id, value, more;
    if (!(words >> purpose) || purpose.front() == '#') continue;
    if (!(words >> id >> value) || words >> more) return fail("expected 'purpose key-id value'");
    if (purpose != "store") {
      auto bytes = hex_decode(value);
      if (!bytes || bytes->size() != 32) return fail(purpose + ": expected 64 hex digits");
      value = *bytes;
    }
    for (const Secret& old : ring.secrets_[purpose])
      if (old.id == id) return fail(purpose + " " + id + ": given twice");
    ring.secrets_[purpose].push_back({id, value});
  }
  return ring;
}

std::span<const Secret> Keyring::all(std::string_view purpose) const {
  const auto at = secrets_.find(purpose);
  if (at == secrets_.end()) return {};
  return at->second;
}

Result<Secret> Keyring::current(std::string_view purpose) const {
  const auto keys = all(purpose);
  if (keys.empty())
    return Error{Errc::not_found, name_ + ": no key for '" + std::string(purpose) + "'"};
  return keys.front();
}

Result<Secret> Keyring::named_or_current(std::string_view purpose, std::string_view id) const {
  for (const Secret& secret : all(purpose))
    if (secret.id == id) return secret;
  return current(purpose);
}

bool Keyring::verify(std::string_view purpose, std::string_view bytes, std::string_view mac) const {
  bool good = false;
  for (const Secret& key : all(purpose))
    good |= equal_in_constant_time(hmac_sha256(key.bytes, bytes), mac);
  return good;
}

}  // namespace countersign
