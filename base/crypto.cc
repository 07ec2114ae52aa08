// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>

namespace countersign {
namespace {

constexpr std::size_t kDigestSize = 32;

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* octets(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

/// SHA-256 as found once: a digest that OpenSSL has to look for costs several times what it hashes.
const EVP_MD* fetched_sha256() {
  static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (found == nullptr) std::abort();
  return found;
}

/// HMAC with SHA-256, without a key. Only copied, which any thread may do.
const EVP_MAC_CTX* hmac_template() {
  static const EVP_MAC_CTX* const made = [] {
    EVP_MAC* const found = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    EVP_MAC_CTX* const context = found != nullptr ? EVP_MAC_CTX_new(found) : nullptr;
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end()};
    if (context == nullptr || EVP_MAC_CTX_set_params(context, parameters) != 1) std::abort();
    return context;
  }();
  return made;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string out(kDigestSize, '\0');
  std::size_t size = 0;
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> mac(
      EVP_MAC_CTX_dup(hmac_template()), EVP_MAC_CTX_free);
  // Fails only for want of memory or algorithm: no MAC may then be made up. An empty key is a key;
  // a null pointer would stand for the one before.
  const unsigned char* const secret = octets(key.empty() ? std::string_view("") : key);
  if (!mac || EVP_MAC_init(mac.get(), secret, key.size(), nullptr) != 1 ||
      EVP_MAC_update(mac.get(), octets(bytes), bytes.size()) != 1 ||
      EVP_MAC_final(mac.get(), octets(out), &size, out.size()) != 1 || size != kDigestSize)
    std::abort();
  return out;
}

std::string pbkdf2_sha256(std::string_view password, std::string_view salt, int iterations,
                          std::size_t size) {
  std::string out(size, '\0');
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), octets(salt),
                        static_cast<int>(salt.size()), iterations, EVP_sha256(),
                        static_cast<int>(size), octets(out)) != 1)
    std::abort();
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(std::size_t size) {
  std::string out(size, '\0');
  if (RAND_bytes(octets(out), static_cast<int>(size)) != 1) std::abort();
  return out;
}

void Sha256::Free::operator()(evp_md_ctx_st* ctx) const { EVP_MD_CTX_free(ctx); }

evp_md_ctx_st* Sha256::begun() {
  if (ctx_) return ctx_.get();
  ctx_.reset(EVP_MD_CTX_new());
  if (!ctx_ || EVP_DigestInit_ex(ctx_.get(), fetched_sha256(), nullptr) != 1) std::abort();
  return ctx_.get();
}

void Sha256::update(std::string_view bytes) {
  if (EVP_DigestUpdate(begun(), bytes.data(), bytes.size()) != 1) std::abort();
}

std::string Sha256::finish() {
  std::string out(kDigestSize, '\0');
  if (EVP_DigestFinal_ex(begun(), octets(out), nullptr) != 1) std::abort();
  return out;
}

}  // namespace countersign
