// SPDX-License-Identifier: Apache-2.0
//
// Reads the tokens of a structured field body (RFC 5322 §2.2.2, §3.2, as extended by RFC 6532),
// for parsers that must consume all of it or take nothing. Linear time, no recursion.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace countersign {

/// Whether a byte may stand in an atom (RFC 5322 §3.2.3); bytes from 0x80 on count as letters
/// (RFC 6532 §3.2).
bool is_atext(char c);

class FieldReader {
 public:
  /// `text` must outlive the reader. Text that is not UTF-8, or that holds a control other than
  /// tab and the line ends of folds, makes a reader that has failed from the start.
  explicit FieldReader(std::string_view text);

  /// Whether a token was malformed. A failed reader is at its end.
  bool failed() const { return failed_; }
  /// Whether all is consumed and nothing was malformed.
  bool consumed() const { return !failed_ && at_ == text_.size(); }
  /// The next byte, or 0 at the end.
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  /// Returns the comments consumed since the last call, without their outer parentheses, else as
  /// they stand.
  std::vector<std::string_view> take_comments() { return std::exchange(comments_, {}); }
  /// Consumes `c` if it is next.
  bool take(char c);
  /// Consumes comments and folding white space; returns whether there was any. A comment without
  /// end fails the reader.
  bool skip_cfws();
  /// Consumes and returns the longest run of bytes that `accepts` takes; may be empty.
  std::string_view take_while(bool (*accepts)(char));
  /// Consumes a quoted string, whose first quote is next, and returns its content: escapes undone,
  /// folds unfolded. Fails the reader if it has no end.
  std::optional<std::string> quoted_string();
  /// Marks the text as malformed.
  void fail();

 private:
  void skip_comment();

  std::string_view text_;
  std::vector<std::string_view> comments_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace countersign
