// SPDX-License-Identifier: Apache-2.0
//
// Tests of header fields by which other programs say what they found in a mail: words and scores.
// Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign {

/// Tells whether a field says what is looked for:
///   "X-Spam-Flag: YES"        the value is that, whatever its case; `*` stands for any text
///   "X-Virus: !Clean*"        the value is something else than that
///   "X-Spam-Score >= 15"      the score in it, see score_in(), is at least that
class HeaderTest {
 public:
  /// Errors: invalid (what is wrong with it).
  static Result<HeaderTest> parse(std::string_view text);

  const std::string& field() const { return field_; }  ///< lower case
  /// `value` as HeaderField::value.
  bool matches(std::string_view value) const;
  /// The spelling that parse() takes.
  std::string text() const;

 private:
  std::string field_;
  std::string name_;     ///< as it was given
  std::string pattern_;  ///< lower case; without meaning where `least_` is set
  std::string given_;
  bool negated_ = false;
  std::optional<double> least_;
};

/// Returns the number of a score as it is written: "4.5", "-0.1", "15". Finite, at most 20
/// characters; else nothing.
std::optional<double> parse_score(std::string_view text);

/// Returns the score that a field's value tells: "Yes, score=10.0 required=5", "7.5",
/// "default: False [1.90 / 15.00]; ...", or the number of stars of "*****". Nothing if it tells
/// none.
std::optional<double> score_in(std::string_view value);

/// Whether `text` can be the name of a field (RFC 5322 §2.2), at most 76 octets.
bool is_field_name(std::string_view text);

}  // namespace countersign
