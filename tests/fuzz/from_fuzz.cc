// SPDX-License-Identifier: Apache-2.0
//
// The value of a From field: an author only in one spelling, and only without controls.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "mail/address_list.h"
#include "mail/author.h"
#include "mail/unicode.h"

using namespace countersign;

namespace {
void require(bool condition) {
  if (!condition) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  HeaderSection header;
  header.add("From", value);
  const Author author = parse_author(header);
  if (author.mailbox) require(named_mailboxes(value) == std::vector{*author.mailbox});
  for (const Mailbox& mailbox : named_mailboxes(value))
    require(*Mailbox::parse(mailbox.address()) == mailbox);
  require(author.mailbox.has_value() == (author.problem == FromProblem::none));
  if (!author.mailbox) return 0;
  const std::string address = author.mailbox->address();
  require(value.find('\0') == std::string_view::npos && is_utf8(value));
  require(!has_misleading(address));
  require(*Mailbox::parse(address) == *author.mailbox);
  // What we read from it must be what we read from its plain form.
  HeaderSection plain;
  plain.add("From", " <" + address + ">");
  require(parse_author(plain).mailbox == author.mailbox);
  // Anything behind it makes it another field, or none.
  HeaderSection more;
  more.add("From", std::string(value) + ", evil@evil.example");
  require(!parse_author(more).mailbox);
  return 0;
}
