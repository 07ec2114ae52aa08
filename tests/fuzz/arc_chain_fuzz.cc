// SPDX-License-Identifier: Apache-2.0
//
// A header section with ARC fields: a chain is whole or it is none.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "mail/arc_chain.h"

using namespace countersign;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const HeaderSection header = HeaderSection::parse({reinterpret_cast<const char*>(data), size});
  const auto chain = read_arc_chain(header);
  if (chain.empty()) return 0;
  if (chain.size() > 50 || chain.size() != header.all("ARC-Seal").size() ||
      chain.size() != header.all("ARC-Authentication-Results").size())
    std::abort();
  return 0;
}
