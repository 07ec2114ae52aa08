// SPDX-License-Identifier: Apache-2.0
//
// A header section as received: it must come back byte for byte, whatever it holds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "mail/author.h"
#include "mail/header_section.h"
#include "mail/machine.h"
#include "mail/unicode.h"

using namespace countersign;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// What bytes() must be: all up to the empty line, and the last line with its end.
std::string expected(std::string_view text) {
  if (text.starts_with("\r\n")) return "";
  const std::size_t end = text.find("\r\n\r\n");
  if (end != std::string_view::npos) return std::string(text.substr(0, end + 2));
  return std::string(text) + (text.empty() || text.ends_with("\r\n") ? "" : "\r\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const HeaderSection header = HeaderSection::parse(text);
  const std::string bytes = header.bytes();
  require(bytes == expected(text));
  require(bytes.size() == header.size_bytes());
  require(HeaderSection::parse(bytes).bytes() == bytes);
  for (const HeaderField& field : header.fields()) {
    const std::string shown = readable(field.value, 50);
    require(is_utf8(shown) && !has_misleading(shown));
    HeaderSection added;
    added.add(field.name, field.value);
    require(added.bytes().size() == added.size_bytes());
    require(field.name.empty() || header.first(field.name) != nullptr);
  }
  (void)machine_mark(parse_reverse_path({"<joe@example.org>"}), header,
                     parse_author(header).mailbox);
  return 0;
}
