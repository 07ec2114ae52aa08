// SPDX-License-Identifier: Apache-2.0
//
// DKIM (RFC 6376) by libopendkim, with our DNS under it. Only for countersign-authenticate.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authentication/dns.h"
#include "base/result.h"
#include "mail/authentication_results.h"

namespace countersign {

/// Signatures that are verified; what follows below them in the header section is not looked at.
inline constexpr int kMostSignatures = 10;

/// libopendkim, set up once. Thread-safe.
class DkimLibrary {
 public:
  /// Errors: unavailable.
  static Result<std::unique_ptr<DkimLibrary>> open();
  virtual ~DkimLibrary() = default;
};

/// The signatures of one message. Not thread-safe.
class DkimVerifier {
 public:
  virtual ~DkimVerifier() = default;
  /// Takes the header section (CRLF lines, no empty line) and looks the keys up. Once, first.
  virtual void header(std::string_view section) = 0;
  virtual void body(std::string_view bytes) = 0;
  /// Returns a result `dkim` for each signature, in their order (Examination::finish()): "pass",
  /// "fail", "policy", "permerror", "temperror"; one "none" without properties if there is none.
  virtual std::vector<AuthResult> finish() = 0;
};

/// `library` and `dns` must outlive the verifier.
std::unique_ptr<DkimVerifier> make_dkim_verifier(DkimLibrary& library, DnsBudget& dns);

}  // namespace countersign
