// SPDX-License-Identifier: Apache-2.0
//
// Which addresses only this host can reach.
#pragma once

#include <string_view>

namespace countersign::admin {

/// Whether "127.0.0.1:10026", "localhost:10026", "[::1]:10026" is of the loopback interface.
constexpr bool is_on_loopback(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("localhost:") ||
         address.starts_with("[::1]:");
}

}  // namespace countersign::admin
