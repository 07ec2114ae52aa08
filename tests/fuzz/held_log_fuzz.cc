// SPDX-License-Identifier: Apache-2.0
//
// A log from anywhere: every slot is an event or is skipped. The input is taken as it is, and once
// more with its slots' places and digests made sound, which a fuzzer cannot guess.
#include <cstdlib>
#include <string>

#include "base/crypto.h"
#include "spool/fields.h"
#include "spool/held_log.h"

namespace countersign {
namespace {

const HeldId& id() {
  static const HeldId kId = *HeldId::parse("7q2mxf4pk9td3hwa7q2mxf4pk9");
  return kId;
}

void require(bool good) {
  if (!good) std::abort();
}

/// Returns the number of events.
std::size_t check(std::string_view bytes) {
  const HeldLog log = decode_log(id(), bytes);
  require(log.events.size() + log.skipped == (bytes.size() + kSlotBytes - 1) / kSlotBytes);
  std::string again;
  for (const HeldEvent& event : log.events) {
    require(event.text.size() <= kMostEventText);
    again += encode_event(id(), again.size(), event);
  }
  const HeldLog twice = decode_log(id(), again);
  require(twice.events.size() == log.events.size() && twice.skipped == 0);
  for (std::size_t i = 0; i < log.events.size(); ++i)
    require(twice.events[i].text == log.events[i].text &&
            twice.events[i].when == log.events[i].when &&
            twice.events[i].recipient == log.events[i].recipient);
  // A log goes on whatever stands in it.
  std::string longer(bytes);
  longer += encode_event(id(), longer.size(), {HeldEvent::Kind::dropped, {}, 0, "joe"});
  require(decode_log(id(), longer).events.size() == log.events.size() + 1);
  return log.events.size();
}

std::string made_sound(std::string bytes) {
  for (std::size_t at = 0; at + kSlotBytes <= bytes.size(); at += kSlotBytes) {
    std::string place;
    put_number(place, at / kSlotBytes, 4);
    bytes.replace(at, 5, "CSLG\x01", 5);
    bytes.replace(at + 8, 4, place);
    Sha256 digest;
    digest.update(id().text());
    digest.update(std::string_view(bytes).substr(at, kSlotBytes - 32));
    bytes.replace(at + kSlotBytes - 32, 32, digest.finish());
  }
  return bytes;
}

}  // namespace
}  // namespace countersign

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const std::size_t events = countersign::check(input);
  countersign::require(countersign::check(countersign::made_sound(input)) >= events);
  return 0;
}
