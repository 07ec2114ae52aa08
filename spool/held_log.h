// SPDX-License-Identifier: Apache-2.0
//
// The bytes of held/<2 of id>/<id>.log: slots of 256 octets, one an event, each with its place and
// a digest over itself and the message's id; docs/spool-format.md has the layout. A slot that is
// torn, is garbage, or belongs to another place or message is skipped; the later ones are still
// read. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mail/held_id.h"
#include "spool/spool.h"

namespace countersign {

constexpr std::size_t kSlotBytes = 256;
constexpr std::size_t kMostEventText = 200;

/// Returns the octets to append to a log of `log_bytes`: zeros up to the next slot's place (after a
/// torn slot), then the slot. Text over kMostEventText is cut.
std::string encode_event(const HeldId& id, std::uint64_t log_bytes, const HeldEvent& event);

struct HeldLog {
  std::vector<HeldEvent> events;  ///< in the order of their places
  std::size_t skipped = 0;        ///< slots that were not sound, or of a kind not known here
};
/// Cannot fail: what is not sound is skipped.
HeldLog decode_log(const HeldId& id, std::string_view bytes);

}  // namespace countersign
