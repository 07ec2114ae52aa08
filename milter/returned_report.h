// SPDX-License-Identifier: Apache-2.0
//
// Rule 13: a mail with a null reverse-path may return one of ours, which only its body tells. So
// its decision waits until the reader knows, or has seen enough. Not thread-safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "mail/header_section.h"
#include "mail/returned_mail.h"
#include "screening/screen.h"

namespace countersign {

class ReturnedReport {
 public:
  /// What stands behind so much of a body is not looked at.
  static constexpr std::size_t kMostBytes = 256 * 1024;

  /// `header`: that of the mail.
  explicit ReturnedReport(const HeaderSection& header) : reader_(header) {}

  bool wants_body() const { return bytes_ < kMostBytes && reader_.wants_more(); }
  void body(std::string_view bytes) {
    bytes_ += bytes.size();
    reader_.take(bytes);
  }
  /// Returns what it returns. To be called once, before the decision.
  const ReturnedMail& finish() {
    reader_.finish();
    return reader_.found();
  }

  /// Whether a decision would be another if the mail returned one of this recipient's: it was not
  /// made by an earlier rule.
  static bool matters(const Decision& decision) {
    return decision.reason > Reason::bounce && decision.reason <= Reason::first_contact;
  }

 private:
  ReturnedMailReader reader_;
  std::size_t bytes_ = 0;
};

}  // namespace countersign
