// SPDX-License-Identifier: Apache-2.0
//
// An SPF record of anybody's: there is a result, and few questions are asked for it. (libspf2 may
// end the process: that is found here too, and survived by countersign-milter.)
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "authentication/spf.h"
#include "tests/support/scripted_dns.h"

using namespace countersign;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 4000));
  test::ScriptedDns dns;
  dns.txt("example.com", text).txt("b.example", text);
  dns.a("b.example", "198.51.100.1").mx("b.example", "b.example");
  dns.ptr("1.2.0.192.in-addr.arpa", "b.example");
  DnsBudget budget(dns, SteadyTime::max(), kSpfQuestions);
  const auto got =
      check_spf(budget, {"192.0.2.1", "mail.example.com", "alice@example.com", "example.com"});
  if (got.result.empty() || dns.asked.size() > kSpfQuestions) std::abort();
  return 0;
}
