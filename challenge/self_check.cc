// SPDX-License-Identifier: Apache-2.0
#include "challenge/self_check.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/http_get.h"

namespace countersign::challenge {
namespace {

constexpr std::size_t kProbeDigits = 32;
constexpr int kMostRedirects = 3;

bool is_probe(std::string_view text) {
  return text.size() == kProbeDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Result<std::string> probe_answer(const Keyring& keyring, std::string_view probe) {
  if (!is_probe(probe)) return Error{Errc::invalid, "no probe"};
  CS_ASSIGN(const Secret key, keyring.current("web"));
  return hex_encode(hmac_sha256(key.bytes, framed("page probe", probe)));
}

OutsideLook look_from_outside(const std::string& base_url, const Keyring& keyring,
                              Deadline deadline) {
  const std::string probe = hex_encode(random_bytes(kProbeDigits / 2));
  const auto expected = probe_answer(keyring, probe);
  if (!expected) return {Outside::not_ours, expected.error().detail};
  const std::string url = base_url + "/healthz";
  const HttpGot answer = http_get(url + "?probe=" + probe, kMostRedirects, deadline);
  if (!answer.failure.empty())
    return {answer.no_address ? Outside::unclear : Outside::not_ours, url + ": " + answer.failure};
  if (answer.status != 200)
    return {Outside::not_ours, url + ": status " + std::to_string(answer.status)};
  if (answer.body.find(*expected) == std::string::npos)
    return {Outside::not_ours, url + ": another server answers, or one with other secrets"};
  return {Outside::ours};
}

}  // namespace countersign::challenge
