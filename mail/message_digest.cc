// SPDX-License-Identifier: Apache-2.0
#include "mail/message_digest.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "base/encoding.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr std::array<std::string_view, 14> kOfAuthor = {
    "date",       "from",        "sender",     "reply-to", "to",       "cc",       "bcc",
    "message-id", "in-reply-to", "references", "subject",  "comments", "keywords", "mime-version"};
constexpr std::string_view kOfContent = "content-";
constexpr std::size_t kBytes = 16;

/// The name in lower case, without white space before the colon.
std::string plain_name(std::string_view name) {
  const auto end = name.find_last_not_of(" \t");
  return ascii_lower(name.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

}  // namespace

std::string header_digest(const HeaderSection& header) {
  Sha256 digest;
  for (const HeaderField& field : header.fields()) {
    const std::string name = plain_name(field.name);
    if (!name.starts_with(kOfContent) && std::ranges::find(kOfAuthor, name) == kOfAuthor.end())
      continue;
    digest.update(framed(name, unfold(field.value)));
  }
  return hex_encode(digest.finish().substr(0, kBytes));
}

}  // namespace countersign
