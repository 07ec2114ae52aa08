// SPDX-License-Identifier: Apache-2.0
//
// Who a web server says its client is. First octet: which field; the rest is its value.
#include <cstdlib>
#include <string_view>

#include "challenge/forwarded.h"

using namespace countersign;
using namespace countersign::challenge;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view value(reinterpret_cast<const char*>(data) + 1, size - 1);
  const ClientField field = data[0] == 'F' ? ClientField::forwarded : ClientField::x_forwarded_for;
  static const NetworkList proxies = *NetworkList::parse({"192.0.2.0/24"});
  for (const std::string& address : forwarding_addresses(field, value))
    if (!address.empty() && !network_of(address)) std::abort();
  const std::string client = client_address("192.0.2.1", field, value, proxies);
  if (!client.empty() && !network_of(client)) std::abort();
  // What the client writes before what our proxy adds changes nothing.
  const std::string added =
      std::string(value) +
      (field == ClientField::forwarded ? ", for=203.0.113.9" : ", 203.0.113.9");
  const std::string told = client_address("192.0.2.1", field, added, proxies);
  if (!told.empty() && told != "203.0.113.9") std::abort();
  return 0;
}
