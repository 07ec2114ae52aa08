// SPDX-License-Identifier: Apache-2.0
//
// Times and addresses as the pages say them, in the reader's language and in the server's time zone
// (the page's script shows the reader's). Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "challenge/templates.h"
#include "language/catalogue.h"
#include "mail/date_time.h"

namespace countersign::challenge::wording {

using language::Catalogue;

/// "Monday 3 May, 14:02"
std::string moment(WallTime t, const Catalogue& in);
/// The same as the clock in its author's zone showed.
std::string moment(const DateTime& t, const Catalogue& in);
/// "2 June"
std::string day(WallTime t, const Catalogue& in);
/// Whether the name of the day alone says which one it was: less than six days ago.
bool is_recent(WallTime t, WallTime now);
/// "Monday at 14:09", or, unless it is recent, "Monday 3 May at 14:09".
std::string delivered(WallTime t, WallTime now, const Catalogue& in);

/// "This takes about 5 more seconds." for 5, 10, ... 60 seconds, separated by "|".
std::string about_texts(const Catalogue& in);

/// Items of a list of addresses, each with `address`, as shown_address() has it, and what stands
/// `before` it: "a, b and c". More than three are told by number: "a, b and 7 others" (`address` is
/// then "7 others").
std::vector<Texts> list(const std::vector<std::string>& addresses, const Catalogue& in);

/// The postmaster (RFC 5321 §4.5.1) of the first address: "postmaster@example.org".
std::string postmaster(const std::vector<std::string>& addresses);

}  // namespace countersign::challenge::wording
