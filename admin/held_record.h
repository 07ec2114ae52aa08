// SPDX-License-Identifier: Apache-2.0
//
// Held messages as the command prints them. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "admin/output.h"
#include "holding/history.h"
#include "spool/spool.h"

namespace countersign::admin {

/// "answered", "approved", "released", ...
std::string_view event_word(HeldEvent::Kind kind);

/// The fields of `held list`: id, state, reason, author, fingerprint, recipients, subject, arrived,
/// expires, bytes, challenged.
Record list_record(const HeldMessage& message, const History& history);
std::string list_line(const HeldMessage& message, const History& history);

/// The fields of `held show`: those of list_record(), then node, queue_id, message_id,
/// reverse_path, owners, share, channel, changed, deliveries, events.
Record show_record(const HeldMessage& message, const History& history);
/// The same for people: "name: value" lines, with line ends.
std::string show_text(const HeldMessage& message, const History& history);

}  // namespace countersign::admin
