// SPDX-License-Identifier: Apache-2.0
//
// Address tokens: recipients come from anybody, and only what we made is ours.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address_token.h"

using namespace countersign;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

Mailbox owner_of(const Mailbox& mailbox) { return mailbox; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<Secret> keys = {{"new", std::string(32, 'n')},
                                           {"old", std::string(32, 'k')}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto label = parse_token_label(text)) require(*parse_token_label(*label) == *label);
  if (const auto id = parse_token_id(text)) require(*parse_token_id(*id) == *id);

  const auto address = Mailbox::parse(text);
  if (!address) return 0;
  const auto token = find_address_token(*address, "+-", keys, owner_of);
  if (token) {
    require(*parse_token_id(token->id) == token->id &&
            *parse_token_label(token->label) == token->label);
    require(address->local().starts_with(token->mailbox.local()));
    require(address->domain() == token->mailbox.domain());
    require(!find_address_token(*address, "", keys, owner_of));
    require(!find_address_token(*address, "+-", {}, owner_of));
  }
  // Whatever the mailbox, what we make of it is found again.
  for (const Secret& key : keys) {
    const AddressToken made{*address, *address, "shop", "k7q2mxf4"};
    const auto carrying = address_with_token(made, '+', key);
    if (carrying) require(find_address_token(*carrying, "+", keys, owner_of) == made);
  }
  return 0;
}
