// SPDX-License-Identifier: Apache-2.0
//
// A test of a header field, on the first line; the value that it is tried on, behind it. The value
// comes from anybody; so do the tags of an ARC seal.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mail/forwarded.h"
#include "mail/header_test.h"

using namespace countersign;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.substr(0, text.find('\n'));
  const auto value = text.substr(std::min(line.size() + 1, text.size()));
  if (const auto score = score_in(value); score && !std::isfinite(*score)) std::abort();
  if (const auto test = HeaderTest::parse(line)) {
    const auto again = HeaderTest::parse(test->text());
    if (!again || again->text() != test->text()) std::abort();
    if (again->matches(value) != test->matches(value)) std::abort();
  }
  if (const auto d = tag_value(value, "d"); d && d->find(';') != std::string::npos) std::abort();
  HeaderSection header;
  header.add("ARC-Seal", value);
  header.add("Delivered-To", value);
  (void)forward_mark(parse_reverse_path({line}), header, std::nullopt,
                     [](const std::string&) { return false; });
  return 0;
}
