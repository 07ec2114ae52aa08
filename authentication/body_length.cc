// SPDX-License-Identifier: Apache-2.0
#include "authentication/body_length.h"

namespace countersign {

void BodyLength::take(std::string_view bytes) {
  for (const char c : bytes) {
    if (c == '\n' && after_cr_) {
      after_cr_ = false;
      end_line();
      continue;
    }
    if (after_cr_) {  // a CR that ends no line is text
      ++simple_line_;
      relaxed_line_ += blank_ ? 2 : 1;
      blank_ = false;
    }
    after_cr_ = c == '\r';
    if (after_cr_) continue;
    ++simple_line_;
    if (c == ' ' || c == '\t') {
      blank_ = true;
      continue;
    }
    relaxed_line_ += blank_ ? 2 : 1;
    blank_ = false;
  }
}

void BodyLength::end_line() {
  blank_ = false;
  if (simple_line_ == 0) {
    ++empty_lines_;
  } else {
    simple_ += 2 * empty_lines_ + simple_line_ + 2;
    empty_lines_ = 0;
  }
  if (relaxed_line_ == 0) {
    ++relaxed_empty_;
  } else {
    relaxed_ += 2 * relaxed_empty_ + relaxed_line_ + 2;
    relaxed_empty_ = 0;
  }
  simple_line_ = relaxed_line_ = 0;
}

std::uint64_t BodyLength::simple() const {
  BodyLength rest = *this;
  if (rest.simple_line_ > 0 || rest.after_cr_) rest.take("\r\n");
  return rest.simple_ == 0 ? 2 : rest.simple_;
}

std::uint64_t BodyLength::relaxed() const {
  BodyLength rest = *this;
  if (rest.simple_line_ > 0 || rest.after_cr_) rest.take("\r\n");
  return rest.relaxed_;
}

}  // namespace countersign
