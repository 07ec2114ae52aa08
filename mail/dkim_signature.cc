// SPDX-License-Identifier: Apache-2.0
#include "mail/dkim_signature.h"

#include <algorithm>

#include "mail/domain.h"

namespace countersign {
namespace {

/// Returns `text` without any white space, which tag values may be folded at.
std::string without_space(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  return out;
}

/// Calls `take` with each part of `text` between separators.
template <class Take>
void split(std::string_view text, char separator, Take take) {
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

DkimSignature read(std::string_view value) {
  DkimSignature out;
  split(value, ';', [&](std::string_view tag) {
    const auto equals = tag.find('=');
    if (equals == std::string_view::npos) return;
    const std::string name = without_space(tag.substr(0, equals));
    // Not of the others: the signature itself is most of the field.
    const auto text = [&] { return without_space(tag.substr(equals + 1)); };
    if (name == "d") {
      auto domain = to_a_labels(text());
      out.domain = domain ? *std::move(domain) : "";
    }
    if (name == "l") out.cuts_body = true;
    if (name == "h")
      split(text(), ':', [&](std::string_view field) {
        out.signs_from = out.signs_from || same_name(field, "From");
      });
  });
  return out;
}

}  // namespace

std::vector<DkimSignature> read_dkim_signatures(const HeaderSection& header) {
  std::vector<DkimSignature> out;
  for (const HeaderField* field : header.all("DKIM-Signature")) out.push_back(read(field->value));
  return out;
}

}  // namespace countersign
