// SPDX-License-Identifier: Apache-2.0
//
// The body of the answer's form, and the address in it as people type it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "answering/typed_address.h"
#include "challenge/form.h"

using namespace countersign;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto form = challenge::parse_form(body);
  if (!form) return 0;
  if (form->size() > 16) std::abort();
  for (const auto& [name, value] : *form) {
    if (name.size() + value.size() > size) std::abort();
    if (value.find('\0') != std::string::npos) std::abort();
    const auto mailbox = parse_typed_address(value);
    // What is compared must be one spelling: parsing it again changes nothing.
    if (mailbox && parse_typed_address(mailbox->address())->address() != mailbox->address())
      std::abort();
  }
  return 0;
}
