// SPDX-License-Identifier: Apache-2.0
#include "challenge/wording.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace countersign::challenge::wording {
namespace {

// Not strftime: its names follow the locale, and the pages are English.
constexpr std::array kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                              "Thursday", "Friday", "Saturday"};
constexpr std::array kMonths = {"January",   "February", "March",    "April",
                                "May",       "June",     "July",     "August",
                                "September", "October",  "November", "December"};

std::tm local(WallTime t) {
  const std::time_t secs = std::chrono::floor<seconds>(t).time_since_epoch().count();
  std::tm out{};
  localtime_r(&secs, &out);
  return out;
}

std::string weekday(const std::tm& d) { return kDays[static_cast<std::size_t>(d.tm_wday)]; }
std::string date(const std::tm& d) {
  return std::to_string(d.tm_mday) + " " + kMonths[static_cast<std::size_t>(d.tm_mon)];
}
std::string time_of_day(const std::tm& d) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%02d:%02d", d.tm_hour, d.tm_min);
  return text.data();
}

}  // namespace

std::string moment(WallTime t) {
  const std::tm d = local(t);
  return weekday(d) + " " + date(d) + ", " + time_of_day(d);
}

std::string day(WallTime t) { return date(local(t)); }

bool is_recent(WallTime t, WallTime now) { return now - t < std::chrono::hours(6 * 24); }

std::string delivered(WallTime t, WallTime now) {
  const std::tm d = local(t);
  const std::string which = is_recent(t, now) ? weekday(d) : weekday(d) + " " + date(d);
  return which + " at " + time_of_day(d);
}

std::vector<Texts> list(const std::vector<std::string>& addresses) {
  constexpr std::size_t kMost = 3;
  std::vector<std::string> shown = addresses;
  if (shown.size() > kMost) {
    const std::size_t others = shown.size() - (kMost - 1);
    shown.resize(kMost - 1);
    shown.push_back(std::to_string(others) + " others");
  }
  std::vector<Texts> out;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const char* before = i == 0 ? "" : i + 1 == shown.size() ? " and " : ", ";
    out.push_back({{"address", shown[i]}, {"before", before}});
  }
  return out;
}

std::string postmaster(const std::vector<std::string>& addresses) {
  if (addresses.empty()) return "postmaster";
  return "postmaster" +
         addresses.front().substr(std::min(addresses.front().rfind('@'), addresses.front().size()));
}

}  // namespace countersign::challenge::wording
