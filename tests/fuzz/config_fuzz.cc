// SPDX-License-Identifier: Apache-2.0
//
// countersign.toml with any bytes: never a crash; a problem for every refusal; and what is accepted
// comes to the same when it is shown and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/check.h"
#include "config/print.h"
#include "config/values.h"

using namespace countersign;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Files that it names are the text itself: no input may reach the file system.
  const auto itself = [&](const std::string&) { return Result<std::string>(std::string(text)); };
  const CheckedConfig checked = check_config(text, "fuzz", itself);
  for (const Problem& problem : checked.problems)
    if (problem.what.empty() || problem.text().find('\n') != std::string::npos) std::abort();
  if (checked.problems.empty() &&
      checked.config.store.url == without_password(checked.config.store.url)) {
    const std::string shown = show_config(checked.config);
    const CheckedConfig again = check_config(shown, "again", itself);
    if (!again.problems.empty() || show_config(again.config) != shown) std::abort();
  }
  return 0;
}
