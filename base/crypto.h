// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 (FIPS 180-4), HMAC (RFC 2104), PBKDF2 (RFC 8018 §5.2) and random bytes, by OpenSSL.
// Thread-safe but for Sha256, which belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace countersign {

/// Returns 32 bytes.
std::string sha256(std::string_view bytes);
/// Returns 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view bytes);
/// Returns `size` bytes of PBKDF2-HMAC-SHA-256.
std::string pbkdf2_sha256(std::string_view password, std::string_view salt, int iterations,
                          std::size_t size);
/// Compares without telling by its time where two texts of one length differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);
/// Returns `size` bytes from the system's generator; aborts when there are none to be had.
std::string random_bytes(std::size_t size);

/// SHA-256 of bytes that come in pieces. One that is given none costs nothing.
class Sha256 {
 public:
  void update(std::string_view bytes);
  /// Returns 32 bytes of all updates so far; may be called once.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* ctx) const;
  };
  evp_md_ctx_st* begun();

  std::unique_ptr<evp_md_ctx_st, Free> ctx_;  ///< from the first use on
};

/// Returns `fields` joined so that no two different lists give the same bytes: each is preceded
/// by its length in decimal and a colon. For MACs over several values.
template <class... Fields>
std::string framed(const Fields&... fields) {
  std::string out;
  const auto add = [&](std::string_view field) {
    out += std::to_string(field.size());
    out += ':';
    out += field;
  };
  (add(fields), ...);
  return out;
}

}  // namespace countersign
