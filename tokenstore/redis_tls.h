// SPDX-License-Identifier: Apache-2.0
//
// TLS (1.2 and later) as a transformation of bytes, by OpenSSL over memory: it never touches a
// socket, so that deadlines and signals stay with who owns the socket. The peer's certificate is
// verified, chain and name (RFC 6125). Belongs to one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct ssl_st;
struct ssl_ctx_st;

namespace countersign {

class TlsSession {
 public:
  /// `host`: the name or IP address that the certificate must bear. `ca_file`: PEM, or "" for the
  /// system's. Errors: unavailable (the CA file cannot be read).
  static Result<std::unique_ptr<TlsSession>> start(const std::string& host,
                                                   const std::string& ca_file);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Goes on with the handshake as far as the bytes allow; true when it is done. What must be sent
  /// is in take_wire(). Errors: unavailable (with OpenSSL's reason, or the certificate's fault).
  Result<bool> handshake();
  /// Takes bytes from the wire.
  void feed(std::string_view wire);
  /// Returns what the bytes fed so far decrypt to; may be empty.
  /// Errors: unavailable (alert, broken record, closed by the peer).
  Result<std::string> take_plain();
  /// Encrypts `plain`; the handshake must be done. Errors: unavailable.
  Status put_plain(std::string_view plain);
  /// Returns the bytes that must go on the wire, and forgets them.
  std::string take_wire();

 private:
  TlsSession() = default;
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  struct FreeSession {
    void operator()(ssl_st* session) const;
  };
  std::unique_ptr<ssl_ctx_st, FreeContext> context_;
  std::unique_ptr<ssl_st, FreeSession> session_;
};

}  // namespace countersign
