// SPDX-License-Identifier: Apache-2.0
#include "challenge/wording.h"

#include <algorithm>

#include "language/spoken.h"
#include "mail/shown_address.h"

namespace countersign::challenge::wording {
namespace {

using language::TimeForm;

std::string in_form(TimeForm form, WallTime t, const Catalogue& in) {
  const std::time_t secs = std::chrono::floor<seconds>(t).time_since_epoch().count();
  std::tm local{};
  localtime_r(&secs, &local);
  return language::spoken(form, local, in);
}

}  // namespace

std::string moment(WallTime t, const Catalogue& in) { return in_form(TimeForm::moment, t, in); }

std::string moment(const DateTime& t, const Catalogue& in) {
  const std::time_t secs = std::chrono::floor<seconds>(t.local()).time_since_epoch().count();
  std::tm shown{};
  gmtime_r(&secs, &shown);
  return language::spoken(TimeForm::moment, shown, in);
}

std::string day(WallTime t, const Catalogue& in) { return in_form(TimeForm::day, t, in); }

bool is_recent(WallTime t, WallTime now) { return now - t < std::chrono::hours(6 * 24); }

std::string delivered(WallTime t, WallTime now, const Catalogue& in) {
  return in_form(is_recent(t, now) ? TimeForm::weekday : TimeForm::date, t, in);
}

std::string about_texts(const Catalogue& in) {
  std::string out;
  for (unsigned long n = 5; n <= 60; n += 5) {
    if (!out.empty()) out += '|';
    out += in.count("This takes about {n} more second.", "This takes about {n} more seconds.", n);
  }
  return out;
}

std::vector<Texts> list(const std::vector<std::string>& addresses, const Catalogue& in) {
  std::vector<std::string> shown;
  for (const std::string& address : addresses) shown.push_back(shown_address(address));
  std::vector<Texts> out;
  for (const language::Listed& item : language::spoken_list(shown, in))
    out.push_back({{"address", item.text}, {"before", item.before}});
  return out;
}

std::string postmaster(const std::vector<std::string>& addresses) {
  if (addresses.empty()) return "postmaster";
  return "postmaster" +
         addresses.front().substr(std::min(addresses.front().rfind('@'), addresses.front().size()));
}

}  // namespace countersign::challenge::wording
