// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <limits>

namespace countersign {
namespace {

Error tls_error(const std::string& what) {
  std::array<char, 200> reason{};
  const unsigned long code = ERR_get_error();
  if (code != 0) ERR_error_string_n(code, reason.data(), reason.size());
  ERR_clear_error();
  return {Errc::unavailable, "tls: " + what + (code != 0 ? std::string(": ") + reason.data() : "")};
}

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> out{};
  return inet_pton(AF_INET, host.c_str(), out.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), out.data()) == 1;
}

bool expect_name(SSL* session, const std::string& host) {
  if (is_ip_address(host))
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1;
  SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(session, host.c_str()) == 1 &&
         SSL_set_tlsext_host_name(session, host.c_str()) == 1;
}

}  // namespace

void TlsSession::FreeContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void TlsSession::FreeSession::operator()(ssl_st* session) const { SSL_free(session); }
TlsSession::~TlsSession() = default;

Result<std::unique_ptr<TlsSession>> TlsSession::start(const std::string& host,
                                                      const std::string& ca_file) {
  ERR_clear_error();
  std::unique_ptr<TlsSession> out(new TlsSession);
  out->context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = out->context_.get();
  if (context == nullptr) return tls_error("no context");
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) return tls_error("version");
  const int trusts = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context)
                                     : SSL_CTX_load_verify_file(context, ca_file.c_str());
  if (trusts != 1) return tls_error("cannot read the CA file " + ca_file);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  out->session_.reset(SSL_new(context));
  BIO* in = BIO_new(BIO_s_mem());
  BIO* wire = BIO_new(BIO_s_mem());
  if (!out->session_ || in == nullptr || wire == nullptr) {
    BIO_free(in);
    BIO_free(wire);
    return tls_error("no session");
  }
  SSL_set_bio(out->session_.get(), in, wire);
  if (!expect_name(out->session_.get(), host)) return tls_error("bad host name " + host);
  SSL_set_connect_state(out->session_.get());
  return out;
}

Result<bool> TlsSession::handshake() {
  ERR_clear_error();
  const int done = SSL_do_handshake(session_.get());
  if (done == 1) return true;
  const int error = SSL_get_error(session_.get(), done);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return false;
  const long verdict = SSL_get_verify_result(session_.get());
  if (verdict != X509_V_OK)
    return tls_error(std::string("the server's certificate: ") +
                     X509_verify_cert_error_string(verdict));
  return tls_error("handshake failed");
}

void TlsSession::feed(std::string_view wire) {
  // A memory BIO takes all, or the process has no memory.
  BIO_write(SSL_get_rbio(session_.get()), wire.data(), static_cast<int>(wire.size()));
}

Result<std::string> TlsSession::take_plain() {
  ERR_clear_error();
  std::string out;
  std::array<char, 16384> piece;
  while (true) {
    const int n = SSL_read(session_.get(), piece.data(), static_cast<int>(piece.size()));
    if (n > 0) {
      out.append(piece.data(), static_cast<std::size_t>(n));
      continue;
    }
    const int error = SSL_get_error(session_.get(), n);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return out;
    if (error == SSL_ERROR_ZERO_RETURN && !out.empty()) return out;
    return tls_error("closed");
  }
}

Status TlsSession::put_plain(std::string_view plain) {
  ERR_clear_error();
  while (!plain.empty()) {
    std::size_t written = 0;
    if (SSL_write_ex(session_.get(), plain.data(), plain.size(), &written) != 1)
      return tls_error("cannot encrypt");
    plain.remove_prefix(written);
  }
  return {};
}

std::string TlsSession::take_wire() {
  BIO* wire = SSL_get_wbio(session_.get());
  std::string out(BIO_ctrl_pending(wire), '\0');
  if (!out.empty()) BIO_read(wire, out.data(), static_cast<int>(out.size()));
  return out;
}

}  // namespace countersign
