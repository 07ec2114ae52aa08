// SPDX-License-Identifier: Apache-2.0
#include "mail/date_time.h"

#include <algorithm>
#include <array>
#include <string>

#include "mail/structured_field.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

using std::chrono::minutes;

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

struct ZoneName {
  std::string_view name;
  int hours;
};
constexpr std::array kZones = {ZoneName{"edt", -4}, ZoneName{"est", -5}, ZoneName{"cdt", -5},
                               ZoneName{"cst", -6}, ZoneName{"mdt", -6}, ZoneName{"mst", -7},
                               ZoneName{"pdt", -7}, ZoneName{"pst", -8}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Reads from left to right; a part that is not there makes the whole none.
class DateReader {
 public:
  explicit DateReader(std::string_view value) : in_(value) { in_.skip_cfws(); }

  std::optional<DateTime> read() {
    if (is_letter(in_.peek())) {
      if (std::ranges::find(kDays, word()) == kDays.end()) return std::nullopt;
      separator(',');
    }
    const int day = number(1, 2);
    const std::string month_name = word();
    const auto* month = std::ranges::find(kMonths, month_name);
    if (month == kMonths.end()) return std::nullopt;
    const int year = read_year();
    const int hour = number(1, 2);
    separator(':');
    const int minute = number(1, 2);
    const int second = in_.peek() == ':' ? (separator(':'), number(1, 2)) : 0;
    const minutes offset = zone();
    const std::chrono::year_month_day date(
        std::chrono::year(year),
        std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
        std::chrono::day(static_cast<unsigned>(day)));
    // A leap second is the one before, to us.
    if (!good_ || !in_.consumed() || !date.ok() || year < 1970 || hour > 23 || minute > 59 ||
        second > 60)
      return std::nullopt;
    const WallTime local = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                           minutes(minute) + seconds(std::min(second, 59));
    return DateTime{local - offset, offset};
  }

 private:
  std::string_view digits(std::size_t least, std::size_t most) {
    const std::string_view found = in_.take_while(is_digit);
    good_ = good_ && found.size() >= least && found.size() <= most;
    in_.skip_cfws();
    return good_ ? found : "0";
  }
  int number(std::size_t least, std::size_t most) {
    int value = 0;
    for (const char c : digits(least, most)) value = 10 * value + (c - '0');
    return value;
  }
  std::string word() {
    const std::string found = ascii_lower(in_.take_while(is_letter));
    in_.skip_cfws();
    return found;
  }
  void separator(char c) {
    good_ = in_.take(c) && good_;
    in_.skip_cfws();
  }

  int read_year() {
    const std::string_view text = digits(2, 4);
    const int year = std::stoi(std::string(text));
    if (text.size() == 2) return year + (year < 50 ? 2000 : 1900);
    return text.size() == 3 ? year + 1900 : year;
  }

  /// Without one, UTC: some old programs leave it out.
  minutes zone() {
    const bool west = in_.take('-');
    if (west || in_.take('+')) {
      const int clock = number(4, 4);
      good_ = good_ && clock % 100 < 60 && clock <= 2359;
      const minutes size(clock / 100 * 60 + clock % 100);
      return west ? -size : size;
    }
    const std::string name = word();
    const auto* known = std::ranges::find(kZones, name, &ZoneName::name);
    return std::chrono::hours(known == kZones.end() ? 0 : known->hours);
  }

  FieldReader in_;
  bool good_ = true;
};

}  // namespace

std::optional<DateTime> parse_date_time(std::string_view value) { return DateReader(value).read(); }

}  // namespace countersign
