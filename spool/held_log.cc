// SPDX-License-Identifier: Apache-2.0
#include "spool/held_log.h"

#include <optional>

#include "base/crypto.h"
#include "spool/fields.h"

namespace countersign {
namespace {

// magic 4, format 1, kind 1, length of text 2, place 4, recipient 4, time 8, text 200, SHA-256 32
constexpr std::string_view kMagic = "CSLG";
constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kTextAt = 24;
constexpr std::size_t kDigestAt = kTextAt + kMostEventText;
static_assert(kDigestAt + 32 == kSlotBytes);

std::string digest_of(const HeldId& id, std::string_view slot) {
  Sha256 digest;
  digest.update(id.text());
  digest.update(slot.substr(0, kDigestAt));
  return digest.finish();
}

bool known(std::uint64_t kind) {
  return kind >= static_cast<std::uint64_t>(HeldEvent::Kind::answered) &&
         kind <= static_cast<std::uint64_t>(HeldEvent::Kind::unreached);
}

/// Returns the event of a whole slot at its place, or nothing.
std::optional<HeldEvent> decode_slot(const HeldId& id, std::uint64_t place, std::string_view slot) {
  if (slot.substr(0, kMagic.size()) != kMagic || get_number(slot.substr(4, 1)) != kFormat ||
      get_number(slot.substr(8, 4)) != place || digest_of(id, slot) != slot.substr(kDigestAt))
    return std::nullopt;
  const std::uint64_t kind = get_number(slot.substr(5, 1));
  const std::uint64_t length = get_number(slot.substr(6, 2));
  if (!known(kind) || length > kMostEventText) return std::nullopt;
  return HeldEvent{static_cast<HeldEvent::Kind>(kind),
                   from_epoch_ms(static_cast<long long>(get_number(slot.substr(16, 8)))),
                   static_cast<std::uint32_t>(get_number(slot.substr(12, 4))),
                   std::string(slot.substr(kTextAt, length))};
}

}  // namespace

std::string encode_event(const HeldId& id, std::uint64_t log_bytes, const HeldEvent& event) {
  const std::uint64_t place = (log_bytes + kSlotBytes - 1) / kSlotBytes;
  const std::string_view text = std::string_view(event.text).substr(0, kMostEventText);
  std::string slot(kMagic);
  put_number(slot, kFormat, 1);
  put_number(slot, static_cast<std::uint64_t>(event.kind), 1);
  put_number(slot, text.size(), 2);
  put_number(slot, place, 4);
  put_number(slot, event.recipient, 4);
  put_number(slot, static_cast<std::uint64_t>(to_epoch_ms(event.when)), 8);
  slot += text;
  slot.resize(kDigestAt, '\0');
  slot += digest_of(id, slot);
  const auto gap = static_cast<std::size_t>(place * kSlotBytes - log_bytes);
  return std::string(gap, '\0') + slot;
}

HeldLog decode_log(const HeldId& id, std::string_view bytes) {
  HeldLog log;
  for (std::uint64_t place = 0; !bytes.empty(); ++place) {
    auto event = bytes.size() < kSlotBytes ? std::nullopt
                                           : decode_slot(id, place, bytes.substr(0, kSlotBytes));
    if (event)
      log.events.push_back(*std::move(event));
    else
      ++log.skipped;
    bytes.remove_prefix(std::min(kSlotBytes, bytes.size()));
  }
  return log;
}

}  // namespace countersign
