// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace countersign {
namespace {

// Not strftime: its names follow the locale, and these are protocol text.
constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::tm utc(WallTime t) {
  const std::time_t secs = std::chrono::floor<seconds>(t).time_since_epoch().count();
  std::tm out{};
  gmtime_r(&secs, &out);
  return out;
}

template <class... Args>
std::string print(const char* format, Args... args) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, args...);
  return text.data();
}

}  // namespace

std::string rfc5322_date(WallTime t) {
  const std::tm d = utc(t);
  return print("%s, %02d %s %04d %02d:%02d:%02d +0000", kDays[static_cast<size_t>(d.tm_wday)],
               d.tm_mday, kMonths[static_cast<size_t>(d.tm_mon)], d.tm_year + 1900, d.tm_hour,
               d.tm_min, d.tm_sec);
}

std::string rfc3339(WallTime t) {
  const std::tm d = utc(t);
  if (d.tm_year < -1900 || d.tm_year > 8099)
    return print("%04d-%02d-%02dT%02d:%02d:%02dZ", d.tm_year + 1900, d.tm_mon + 1, d.tm_mday,
                 d.tm_hour, d.tm_min, d.tm_sec);
  // Without printf, which costs five times as much: pages say several times each.
  std::string out = "0000-00-00T00:00:00Z";
  const auto put = [&](std::size_t end, int number) {
    for (; number > 0; number /= 10) out[--end] = static_cast<char>('0' + number % 10);
  };
  put(4, d.tm_year + 1900);
  put(7, d.tm_mon + 1);
  put(10, d.tm_mday);
  put(13, d.tm_hour);
  put(16, d.tm_min);
  put(19, d.tm_sec);
  return out;
}

}  // namespace countersign
