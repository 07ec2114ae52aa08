// SPDX-License-Identifier: Apache-2.0
#include "admin/secrets_file.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/keyring.h"
#include "tokenstore/acl.h"

namespace countersign::admin {
namespace {

constexpr std::array<std::string_view, 4> kMilterOnly = {"answer", "sent", "token", "operator"};
constexpr std::array<std::string_view, 3> kChallengeOnly = {"pow", "powkey", "wait"};
constexpr std::string_view kMilterHead =
    "# Keys of countersign-milter and countersign. Secret: keep the mode 0640.\n"
    "# PURPOSE KEY-ID VALUE; a new key goes above the old one of its purpose.\n";
constexpr std::string_view kChallengeHead =
    "# Keys of countersign-challenge. Secret: keep the mode 0640.\n"
    "# PURPOSE KEY-ID VALUE; a new key goes above the old one of its purpose.\n";

/// One file on its way.
struct File {
  std::string text;
  std::vector<std::string> added;

  File(std::string_view old, std::string_view head) : text(old.empty() ? head : old) {
    if (!text.ends_with('\n')) text += '\n';
  }
  void add(std::string_view purpose, std::string_view id, std::string_view value) {
    text.append(purpose).append(" ").append(id).append(" ").append(value).append("\n");
    added.emplace_back(purpose);
  }
};

std::string new_key() { return hex_encode(random_bytes(32)); }

/// A key id that the purpose does not have yet.
std::string free_id(const Keyring& ring, std::string_view purpose, const std::string& wanted) {
  std::string id = wanted;
  const auto taken = [&] {
    const auto keys = ring.all(purpose);
    return std::any_of(keys.begin(), keys.end(), [&](const Secret& key) { return key.id == id; });
  };
  for (int n = 2; taken(); ++n) id = wanted + "-" + std::to_string(n);
  return id;
}

void share_web(const Keyring& milter, const Keyring& challenge, const std::string& key_id,
               File& milter_file, File& challenge_file) {
  if (challenge.all("web").empty()) {
    const auto current = milter.current("web");
    const std::string id = current ? current->id : key_id;
    const std::string value = current ? hex_encode(current->bytes) : new_key();
    challenge_file.add("web", id, value);
    if (!current) milter_file.add("web", id, value);
    return;
  }
  // Whatever the web host signs with, the milter must be able to check.
  for (const Secret& key : challenge.all("web")) {
    const auto known = milter.all("web");
    if (std::none_of(known.begin(), known.end(),
                     [&](const Secret& other) { return other.bytes == key.bytes; }))
      milter_file.add("web", free_id(milter, "web", key.id), hex_encode(key.bytes));
  }
}

}  // namespace

Result<Secrets> complete_secrets(std::string_view milter, const std::string& milter_path,
                                 std::string_view challenge, const std::string& challenge_path,
                                 const std::string& key_id) {
  CS_ASSIGN(const Keyring milter_ring, Keyring::parse(milter, milter_path));
  CS_ASSIGN(const Keyring challenge_ring, Keyring::parse(challenge, challenge_path));
  File milter_file(milter, kMilterHead);
  File challenge_file(challenge, kChallengeHead);
  for (const auto purpose : kMilterOnly)
    if (milter_ring.all(purpose).empty()) milter_file.add(purpose, key_id, new_key());
  for (const auto purpose : kChallengeOnly)
    if (challenge_ring.all(purpose).empty()) challenge_file.add(purpose, key_id, new_key());
  share_web(milter_ring, challenge_ring, key_id, milter_file, challenge_file);
  if (milter_ring.all("store").empty())
    milter_file.add("store", acl_user(StoreRole::node), new_key());
  if (challenge_ring.all("store").empty())
    challenge_file.add("store", acl_user(StoreRole::web), new_key());
  return Secrets{std::move(milter_file.text), std::move(challenge_file.text),
                 std::move(milter_file.added), std::move(challenge_file.added)};
}

}  // namespace countersign::admin
