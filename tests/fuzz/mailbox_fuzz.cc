// SPDX-License-Identifier: Apache-2.0
//
// Mailboxes and paths: one spelling, keys without braces.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "mail/domain.h"
#include "mail/envelope.h"
#include "mail/network.h"

using namespace countersign;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const Mailbox& mailbox) {
  const auto again = Mailbox::parse(mailbox.address());
  require(again && *again == mailbox);
  require(*to_a_labels(mailbox.domain()) == mailbox.domain());
  require(mailbox.key().find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.@_-%ABCDEF") ==
          std::string::npos);
  require(aligned(mailbox.domain(), organizational_domain(mailbox.domain())));
  const Mailbox bare = mailbox.without_detail("+-");
  require(bare.domain() == mailbox.domain() && mailbox.local().starts_with(bare.local()));
  require(*Mailbox::parse(bare.address()) == bare);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto mailbox = Mailbox::parse(text)) check(*mailbox);
  const ForwardPath path = parse_forward_path({text}, "");
  if (path.mailbox) {
    check(*path.mailbox);
    const std::string plain = path.without_route();
    require(parse_forward_path({plain}, "").mailbox == path.mailbox);
    require(parse_forward_path({plain}, "").without_route() == plain);
  }
  require(parse_reverse_path({text}).mailbox == path.mailbox);
  if (const auto network = network_of(text)) {
    const auto list = NetworkList::parse({*network});
    require(list && list->contains(text));
  }
  return 0;
}
