// SPDX-License-Identifier: Apache-2.0
#include "holding/field_remover.h"

namespace countersign {
namespace {

bool blank(char c) { return c == ' ' || c == '\t'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

void FieldRemover::add(std::string_view piece, std::string& out) {
  while (!piece.empty()) {
    if (place_ == Place::body) {
      out += piece;
      return;
    }
    if (place_ == Place::kept || place_ == Place::removed) {
      const std::size_t end = piece.find('\n');
      const std::size_t size = end == piece.npos ? piece.size() : end + 1;
      if (place_ == Place::kept) out += piece.substr(0, size);
      if (end != piece.npos) place_ = Place::line_start;
      piece.remove_prefix(size);
      continue;
    }
    const char c = piece.front();
    piece.remove_prefix(1);
    if (place_ == Place::line_start) {
      start_line(c, out);
    } else {
      in_name(c, out);
    }
  }
}

void FieldRemover::start_line(char c, std::string& out) {
  pending_ += c;
  if (pending_ == "\r") return;
  if (c == '\n') {  // the empty line
    place_ = Place::body;
    out += pending_;
  } else if (pending_.size() > 1) {  // a CR that ends no line
    place_ = Place::kept;
    out += pending_;
  } else if (blank(c)) {
    place_ = removing_ ? Place::removed : Place::kept;
    if (!removing_) out += pending_;
  } else {
    removing_ = false;
    pending_.clear();
    place_ = Place::name;
    in_name(c, out);
    return;
  }
  pending_.clear();
}

void FieldRemover::in_name(char c, std::string& out) {
  const std::size_t at = pending_.size();
  pending_ += c;
  if (at < name_.size() ? lower(c) == name_[at] : blank(c)) return;
  removing_ = at >= name_.size() && c == ':';
  if (!removing_) out += pending_;
  pending_.clear();
  place_ = removing_ ? Place::removed : c == '\n' ? Place::line_start : Place::kept;
}

void FieldRemover::finish(std::string& out) {
  out += pending_;
  pending_.clear();
}

}  // namespace countersign
