// SPDX-License-Identifier: Apache-2.0
//
// Times and lists as people say them. Immutable, thread-safe.
#pragma once

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "language/catalogue.h"

namespace countersign::language {

/// How a time is said.
enum class TimeForm {
  moment,   ///< "Monday 3 May, 14:02"
  weekday,  ///< "Monday at 14:02"
  date,     ///< "Monday 3 May at 14:02"
  day       ///< "3 May"
};

/// Only day, month, weekday, hour and minute of `time` are looked at. Not strftime, whose names
/// follow the locale of the process.
std::string spoken(TimeForm form, const std::tm& time, const Catalogue& in);

/// What spoken() puts together, for scripts: the text with holes {weekday}, {day}, {month},
/// {number} (of the month) and {time}; the days from Sunday on, and the months, separated by "|".
std::string_view form_of_time(TimeForm form, const Catalogue& in);
std::string_view day_names(const Catalogue& in);
std::string_view month_names(const Catalogue& in);

/// An item of a list that is said, and what stands before it: "", ", " or " and ".
struct Listed {
  std::string text;
  std::string before;
};
/// "a, b and c"; more than three are told by number: "a, b and 7 others".
std::vector<Listed> spoken_list(const std::vector<std::string>& items, const Catalogue& in);

}  // namespace countersign::language
