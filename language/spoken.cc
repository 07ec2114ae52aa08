// SPDX-License-Identifier: Apache-2.0
#include "language/spoken.h"

#include <algorithm>

namespace countersign::language {
namespace {

/// The item of a list that is separated by "|".
std::string_view item(std::string_view list, int index) {
  for (; index > 0; --index) list.remove_prefix(std::min(list.find('|'), list.size() - 1) + 1);
  return list.substr(0, list.find('|'));
}

std::string two_digits(int number) {
  return {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
}

}  // namespace

std::string_view day_names(const Catalogue& in) {
  return in.say("Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday");
}

std::string_view month_names(const Catalogue& in) {
  return in.say(
      "January|February|March|April|May|June|July|August|September|October|November|December");
}

std::string_view form_of_time(TimeForm form, const Catalogue& in) {
  // A translation may have {number}, that of the month, in place of {month}.
  switch (form) {
    case TimeForm::moment:
      return in.say("{weekday} {day} {month}, {time}");
    case TimeForm::weekday:
      return in.say("{weekday} at {time}");
    case TimeForm::date:
      return in.say("{weekday} {day} {month} at {time}");
    case TimeForm::day:
      break;
  }
  return in.say("{day} {month}");
}

std::string spoken(TimeForm form, const std::tm& time, const Catalogue& in) {
  const std::string clock = two_digits(time.tm_hour) + ":" + two_digits(time.tm_min);
  return filled(form_of_time(form, in), {{"weekday", item(day_names(in), time.tm_wday)},
                                         {"day", std::to_string(time.tm_mday)},
                                         {"month", item(month_names(in), time.tm_mon)},
                                         {"number", std::to_string(time.tm_mon + 1)},
                                         {"time", clock}});
}

std::vector<Listed> spoken_list(const std::vector<std::string>& items, const Catalogue& in) {
  constexpr std::size_t kMost = 3;
  std::vector<std::string> shown = items;
  if (shown.size() > kMost) {
    const std::size_t others = shown.size() - (kMost - 1);
    shown.resize(kMost - 1);
    shown.push_back(in.count("{n} other", "{n} others", others));
  }
  const std::string_view comma = in.say_in("between addresses", ", ");
  const std::string_view last = in.say_in("before the last address", " and ");
  std::vector<Listed> out;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const std::string_view before = i == 0 ? "" : i + 1 == shown.size() ? last : comma;
    out.push_back({shown[i], std::string(before)});
  }
  return out;
}

}  // namespace countersign::language
