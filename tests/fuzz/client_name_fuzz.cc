// SPDX-License-Identifier: Apache-2.0
//
// The host name that a client gave itself in the DNS: the address, a blank, and the name.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mail/domain.h"
#include "milter/asked_tuple.h"

using namespace countersign;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto blank = std::min(text.find(' '), text.size());
  Client client;
  client.address = text.substr(0, blank);
  client.name = text.substr(std::min(blank + 1, text.size()));
  const std::string found = network_fingerprint(client);
  if (found.empty()) return 0;
  // It goes into lists of the store, of CSV and of the command line as it is.
  if (!is_network(found) ||
      found.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.:/-_") != std::string::npos)
    std::abort();
  const std::string domain = found.substr(4);
  if (found.starts_with("ptr:") &&
      (is_public_suffix(domain) || organizational_domain(domain) != domain))
    std::abort();
  return 0;
}
