// SPDX-License-Identifier: Apache-2.0
//
// Authentication-Results (RFC 8601 §2.2), parsed in full: CFWS, comments, quoted strings, versions,
// ptypes. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace countersign {

struct AuthProperty {
  std::string ptype;     ///< lower case: "header", "smtp", "policy", "body", "dns", ...
  std::string property;  ///< lower case: "d", "i", "from", "mailfrom", "helo"
  std::string value;     ///< unquoted, case kept; "@example.com" and "a@example.com" as they are
};

struct AuthResult {
  std::string method;  ///< lower case: "dkim", "spf", "dmarc", "arc"
  std::string result;  ///< lower case: "pass", "fail", "none"
  std::string reason;  ///< unquoted; may be empty
  std::vector<AuthProperty> properties;
  /// The text of the comments between this result and the next, without parentheses, in order: the
  /// DMARC policy stands only there ("p=reject dis=none", "policy=none").
  std::vector<std::string> comments;
};

struct AuthenticationResults {
  std::string authserv_id;          ///< unquoted, case kept
  std::vector<AuthResult> results;  ///< empty for "none"
};

/// Parses one field's value. Beyond the grammar it takes what verifiers really write: a ";" behind
/// the last result, and values without quotes that hold any of "/=?:" ("header.b=aB/c=",
/// "policy.iprev=2001:db8::1"). A result of a method version other than 1 is left out (RFC 8601
/// §2.6). Errors: invalid (the grammar does not consume all of it, a version other than 1, a
/// control, no UTF-8): such a field counts for nothing.
Result<AuthenticationResults> parse_authentication_results(std::string_view value);

/// Returns the field's value without leading space, a result a line (folds are LF and tab), as
/// parse_authentication_results() reads it again; comments are left out. Methods, results, ptypes
/// and properties must be keywords.
std::string write_authentication_results(const AuthenticationResults& field);

}  // namespace countersign
