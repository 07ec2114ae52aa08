// SPDX-License-Identifier: Apache-2.0
#include "answering/effort.h"

#include <algorithm>
#include <sstream>

namespace countersign {
namespace {

constexpr int kUsual = 3000;
constexpr int kMostTries = 1'000'000;

}  // namespace

Result<Effort> Effort::parse(const std::vector<std::string>& rows) {
  Effort out;
  for (const std::string& text : rows) {
    std::istringstream words(text);
    std::string who, rest;
    Row row;
    words >> who >> row.answers >> row.tries;
    row.authenticated = who == "authenticated";
    if (!words || words >> rest || (!row.authenticated && who != "unauthenticated") ||
        row.answers < 0 || row.tries < 1 || row.tries > kMostTries)
      return Error{Errc::invalid, "challenge.work: '" + text + "'"};
    out.rows_.push_back(row);
  }
  return out;
}

int Effort::tries(bool authenticated, int answers) const {
  const Row* best = nullptr;
  for (const Row& row : rows_)
    if (row.authenticated == authenticated && row.answers <= answers &&
        (!best || row.answers >= best->answers))
      best = &row;
  return best ? best->tries : kUsual;
}

std::vector<int> Effort::levels() const {
  std::vector<int> out = {kUsual};
  for (const Row& row : rows_) out.push_back(row.tries);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace countersign
