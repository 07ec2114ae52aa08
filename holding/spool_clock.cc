// SPDX-License-Identifier: Apache-2.0
#include "holding/spool_clock.h"

#include <charconv>
#include <string>

#include "base/log.h"

namespace countersign {
namespace {

constexpr const char* kName = "clock";
constexpr const char* kNext = "clock.next";
constexpr std::size_t kMostBytes = 32;

}  // namespace

Result<std::unique_ptr<SpoolClock>> SpoolClock::open(SpoolFs& fs, const Clock& clock) {
  long long before = 0;
  auto file = fs.open(kName);
  if (file) {
    CS_ASSIGN(const std::string text, (*file)->read_at(0, kMostBytes));
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), before);
    if (parsed.ec != std::errc() || before < 0) {
      log::warning("the spool's clock does not decode; it begins again at 0");
      before = 0;
    }
  } else if (file.error().code != Errc::not_found) {
    return file.error();
  }
  return std::unique_ptr<SpoolClock>(new SpoolClock(fs, clock, milliseconds(before)));
}

milliseconds SpoolClock::now() const {
  return before_ + std::chrono::floor<milliseconds>(clock_.steady() - started_);
}

Status SpoolClock::save() {
  (void)fs_.unlink(kNext);
  CS_ASSIGN(auto file, fs_.create(kNext));
  CS_TRY(file->write_all(std::to_string(now().count()) + "\n"));
  CS_TRY(file->fsync());
  CS_TRY(file->close());
  CS_TRY(fs_.rename(kNext, kName));
  return fs_.fsync_dir("");
}

}  // namespace countersign
