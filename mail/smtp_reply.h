// SPDX-License-Identifier: Apache-2.0
//
// An SMTP reply that we give (RFC 5321 §4.2, RFC 3463). Immutable value.
#pragma once

#include <string>
#include <vector>

namespace countersign {

class SmtpReply {
 public:
  /// `code` "554", `status` "5.7.1", one or two lines of text without code. Asserts what a bug
  /// would break: the first digits agree, no '%' (the MTA drops the text or eats the sign), no
  /// control, ASCII only, at most 2 lines of at most 400 octets.
  SmtpReply(std::string code, std::string status, std::vector<std::string> lines);

  const std::string& code() const { return code_; }
  const std::string& status() const { return status_; }
  const std::vector<std::string>& lines() const { return lines_; }
  bool operator==(const SmtpReply&) const = default;

 private:
  std::string code_;
  std::string status_;
  std::vector<std::string> lines_;
};

}  // namespace countersign
