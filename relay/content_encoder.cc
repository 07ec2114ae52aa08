// SPDX-License-Identifier: Apache-2.0
#include "relay/content_encoder.h"

namespace countersign {
namespace {

Error bare(const char* what, std::size_t offset) {
  return {Errc::invalid,
          std::string("the content has a bare ") + what + " at octet " + std::to_string(offset)};
}

}  // namespace

Status LineEndCheck::add(std::string_view piece) {
  std::size_t at = 0;
  while (at < piece.size()) {
    if (after_cr_) {
      if (piece[at] != '\n') return bare("CR", offset_ + at - 1);
      after_cr_ = false;
      ++at;
      continue;
    }
    const std::size_t found = piece.find_first_of("\r\n", at);
    if (found == std::string_view::npos) break;
    if (piece[found] == '\n') return bare("LF", offset_ + found);
    after_cr_ = true;
    at = found + 1;
  }
  offset_ += piece.size();
  return {};
}

Status LineEndCheck::finish() const {
  if (after_cr_) return bare("CR", offset_ - 1);
  return {};
}

void DotStuffer::add(std::string_view piece, std::string& out) {
  while (!piece.empty()) {
    if (line_start_ && piece.front() == '.') out += '.';
    // The LineEndCheck lets an LF through only after its CR, so LF alone marks the line's end.
    const std::size_t end = piece.find('\n');
    line_start_ = end != std::string_view::npos;
    const std::size_t size = line_start_ ? end + 1 : piece.size();
    out += piece.substr(0, size);
    piece.remove_prefix(size);
  }
}

void DotStuffer::finish(std::string& out) { out += line_start_ ? ".\r\n" : "\r\n.\r\n"; }

}  // namespace countersign
