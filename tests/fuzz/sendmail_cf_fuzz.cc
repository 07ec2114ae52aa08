// SPDX-License-Identifier: Apache-2.0
//
// sendmail.cf and sendmail.mc: whatever stands in them is read, judged, and planned for; our block
// goes in once, and comes out again.
#include <cstdint>
#include <cstdlib>

#include "admin/doctor_sendmail.h"
#include "admin/sendmail_plan.h"

using namespace countersign;
using namespace countersign::admin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const SendmailSettings settings = parse_sendmail(text);
  const Config config;
  for (const Finding& finding : judge_sendmail(settings, config))
    if (finding.what.empty()) std::abort();
  const std::string bare = without_block(text);
  const std::string once = with_block(text, {"line"});
  if (once != with_block(once, {"line"})) std::abort();
  const std::string back = without_block(once);
  if (back != bare && back != bare + "\n") std::abort();
  if (const auto lines = sendmail_lines({std::string(text), settings}, config))
    for (const std::string& line : *lines)
      if (line.find('\n') != std::string::npos) std::abort();
  return 0;
}
