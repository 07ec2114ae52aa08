// SPDX-License-Identifier: Apache-2.0
#include "holding/reply_desk.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"
#include "mail/reply_address.h"

namespace countersign {

Result<std::optional<HeldView>> StoreReplyDesk::find(const std::string& owner,
                                                     const std::string& place, Deadline deadline) {
  // No key of the store names a place: that of each message which waits follows from its id.
  CS_ASSIGN(const auto ids, index_.held_for(owner, deadline));
  const auto id = std::ranges::find_if(
      ids, [&](const HeldId& held) { return is_reply_place(keys_.all("answer"), held, place); });
  if (id == ids.end()) return std::optional<HeldView>();
  auto view = index_.get(*id, deadline);
  if (!view && view.error().code == Errc::unavailable) return view.error();
  // A record that does not decode, or is gone, answers nothing: its mail waits for its recipient.
  if (!view || view->state != HeldState::held || view->copy != Copy::kept || !view->challenged ||
      !view->by_mail)
    return std::optional<HeldView>();
  return std::optional<HeldView>(*std::move(view));
}

Status StoreReplyDesk::answer(const HeldView& held, const std::string& place, Deadline deadline) {
  CS_ASSIGN(const Secret key, keys_.current("operator"));
  Request request{.kind = "reply",
                  .id = held.id.text(),
                  .token = place,
                  .address = held.author,
                  .proof = std::string(kProofReply),
                  .nonce = hex_encode(random_bytes(16)),
                  .mac = {}};
  request.mac = hex_encode(hmac_sha256(key.bytes, request.mac_input(held.node)));
  return requests_.append(held.node, request, deadline);
}

std::optional<Mailbox> reply_address_of(const Keyring& keys, const HeldId& id,
                                        const std::optional<Mailbox>& recipient,
                                        std::string_view delimiters) {
  const auto key = keys.current("answer");
  if (!key || !recipient || delimiters.empty()) return std::nullopt;
  const auto plain = [](const std::string& text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
  };
  if (!plain(recipient->address())) return std::nullopt;
  for (const Mailbox& mailbox : {*recipient, recipient->without_detail(delimiters)})
    if (auto address = reply_address(mailbox, id, delimiters.front(), *key))
      return *std::move(address);
  return std::nullopt;
}

}  // namespace countersign
