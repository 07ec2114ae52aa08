// SPDX-License-Identifier: Apache-2.0
//
// Times and lists as people say them, in English and in the server's time zone (the page's script
// shows the reader's). Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "challenge/templates.h"

namespace countersign::challenge::wording {

// The titles of the pages: each says how the message stands.
inline constexpr std::string_view kWaiting = "Your message is waiting";
inline constexpr std::string_view kAgain = "Your message is waiting: please try again";
inline constexpr std::string_view kDelivering = "Thank you";
inline constexpr std::string_view kDelivered = "Delivered";
inline constexpr std::string_view kFailed = "Not delivered";
inline constexpr std::string_view kWithdrawn = "Taken back";
inline constexpr std::string_view kExpired = "Not delivered in time";
inline constexpr std::string_view kWithdraw = "Take your message back?";
inline constexpr std::string_view kNotMe = "Did you not send this?";
inline constexpr std::string_view kWhy = "Why you are asked";
inline constexpr std::string_view kNotFound = "Nothing is waiting here";
inline constexpr std::string_view kLimited = "Please try again later";
inline constexpr std::string_view kUnavailable = "Please try again in a minute";
inline constexpr std::string_view kRefused = "That did not work";
/// Whom to ask, where the site names nobody.
inline constexpr std::string_view kAskPostmaster =
    "The postmaster of the address that you wrote to: postmaster@, and then what stands behind "
    "the @ of that address.";

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
