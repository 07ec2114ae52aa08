// SPDX-License-Identifier: Apache-2.0
#include "milter/byte_check.h"

namespace countersign {

bool ByteCheck::take(std::string_view bytes) {
  if (!clean_ || bytes.empty()) return clean_;
  if (after_cr_ && bytes.front() != '\n') return clean_ = false;

  const bool lf_is_paired = after_cr_;
  after_cr_ = bytes.back() == '\r';
  for (std::size_t at = 0; (at = bytes.find('\n', at)) != std::string_view::npos; ++at)
    if (at == 0 ? !lf_is_paired : bytes[at - 1] != '\r') return clean_ = false;
  for (std::size_t at = 0; (at = bytes.find('\r', at)) != std::string_view::npos; ++at)
    if (at + 1 < bytes.size() && bytes[at + 1] != '\n') return clean_ = false;
  return true;
}

}  // namespace countersign
