// SPDX-License-Identifier: Apache-2.0
#include "tests/support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace countersign::test {
namespace {

constexpr long kDay = 24 * 60 * 60;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

template <class T>
T* must(T* made) {
  if (made == nullptr) std::abort();
  return made;
}
void must(int done) {
  if (done <= 0) std::abort();
}

void extend(X509* certificate, int nid, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, Free> extension(
      must(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str())));
  must(X509_add_ext(certificate, extension.get(), -1));
}

/// A certificate for `key` named `name`, not signed yet.
Certificate draft(EVP_PKEY* key, const char* name, long serial) {
  Certificate out(must(X509_new()));
  X509_set_version(out.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(out.get()), kDay);
  must(X509_set_pubkey(out.get(), key));
  must(X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_ASC,
                                  reinterpret_cast<const unsigned char*>(name), -1, -1, 0));
  return out;
}

void sign(X509* certificate, X509* by, EVP_PKEY* key) {
  must(X509_set_issuer_name(certificate, X509_get_subject_name(by)));
  must(X509_sign(certificate, key, EVP_sha256()));
}

std::unique_ptr<std::FILE, Free> create(const std::string& path) {
  return std::unique_ptr<std::FILE, Free>(must(std::fopen(path.c_str(), "w")));
}

}  // namespace

void make_certificates(const std::string& directory, const std::string& subject_alt_name) {
  const Key ca_key(must(EVP_EC_gen("P-256")));
  const Certificate ca = draft(ca_key.get(), "Test CA", 1);
  extend(ca.get(), NID_basic_constraints, "critical,CA:TRUE");
  sign(ca.get(), ca.get(), ca_key.get());
  const Key key(must(EVP_EC_gen("P-256")));
  const Certificate server = draft(key.get(), "redis", 2);
  extend(server.get(), NID_subject_alt_name, subject_alt_name);
  sign(server.get(), ca.get(), ca_key.get());
  must(PEM_write_X509(create(directory + "/ca.pem").get(), ca.get()));
  must(PEM_write_X509(create(directory + "/server.pem").get(), server.get()));
  must(PEM_write_PrivateKey(create(directory + "/server.key").get(), key.get(), nullptr, nullptr, 0,
                            nullptr, nullptr));
}

}  // namespace countersign::test
