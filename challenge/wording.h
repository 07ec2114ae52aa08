// SPDX-License-Identifier: Apache-2.0
//
// Times and lists as people say them, in English and in the server's time zone (the page's script
// shows the reader's). Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "challenge/templates.h"

namespace countersign::challenge::wording {

/// "Monday 3 May, 14:02"
std::string moment(WallTime t);
/// "2 June"
std::string day(WallTime t);
/// Whether the name of the day alone says which one it was: less than six days ago.
bool is_recent(WallTime t, WallTime now);
/// "Monday at 14:09", or, unless it is recent, "Monday 3 May at 14:09".
std::string delivered(WallTime t, WallTime now);

/// Items of a list of addresses, each with `address` and what stands `before` it: "a, b and c".
/// More than three are told by number: "a, b and 7 others" (`address` is then "7 others").
std::vector<Texts> list(const std::vector<std::string>& addresses);

/// The postmaster (RFC 5321 §4.5.1) of the first address: "postmaster@example.org".
std::string postmaster(const std::vector<std::string>& addresses);

}  // namespace countersign::challenge::wording
