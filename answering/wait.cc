// SPDX-License-Identifier: Apache-2.0
#include "answering/wait.h"

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "base/encoding.h"

namespace countersign {
namespace {

constexpr std::size_t kNonceBytes = 16;
constexpr std::size_t kNonceDigits = 2 * kNonceBytes;

Error refused(std::string_view why) { return {Errc::invalid, "wait: " + std::string(why)}; }

}  // namespace

Result<std::unique_ptr<Wait>> Wait::make(const Keyring& keyring, const Clock& clock,
                                         const WaitSettings& settings) {
  CS_ASSIGN(Secret key, keyring.current("wait"));
  return std::unique_ptr<Wait>(new Wait(keyring, std::move(key), clock, settings));
}

std::string Wait::issue(const std::string& binding) const {
  const std::string issued = std::to_string(to_epoch_ms(clock_.wall()));
  const std::string nonce = hex_encode(random_bytes(kNonceBytes));
  const std::string mac = hmac_sha256(key_.bytes, framed("wait", binding, issued, nonce));
  return issued + "." + nonce + "." + hex_encode(mac);
}

Result<WaitProof> Wait::check(std::string_view stamp, const std::string& binding) const {
  const auto first = stamp.find('.');
  const auto second = stamp.find('.', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return refused("stamp of a wrong shape");
  const std::string_view issued = stamp.substr(0, first);
  const std::string_view nonce = stamp.substr(first + 1, second - first - 1);
  const auto mac = hex_decode(stamp.substr(second + 1));
  if (!mac || nonce.size() != kNonceDigits) return refused("stamp of a wrong shape");
  if (!keyring_.verify("wait", framed("wait", binding, issued, nonce), *mac))
    return refused("stamp not signed by us for this message");

  long long issued_ms = 0;
  const auto read = std::from_chars(issued.data(), issued.data() + issued.size(), issued_ms);
  if (read.ec != std::errc() || read.ptr != issued.data() + issued.size())
    return refused("stamp of a wrong shape");
  const milliseconds age = clock_.wall() - from_epoch_ms(issued_ms);
  if (age > settings_.most) return refused("stamp too old");
  const auto left = std::chrono::ceil<seconds>(settings_.most - age);
  // A stamp from the future is ours all the same: the clock was set back, so it is early.
  return WaitProof{std::string(nonce), std::max(left, seconds(1)), age < settings_.least};
}

}  // namespace countersign
