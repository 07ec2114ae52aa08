// SPDX-License-Identifier: Apache-2.0
//
// One HTTP GET, to ask our own page whether it is well. The only file that knows libcurl.
// Thread-safe.
#pragma once

#include <string>

#include "base/clock.h"

namespace countersign {

struct HttpGot {
  long status = 0;        ///< 0: there was no answer
  std::string body{};     ///< at most 64 KiB of it
  std::string failure{};  ///< of no answer: why, in libcurl's words
  /// Of no answer: the name has no address here, which says nothing of who was asked: it may be
  /// known outside alone, or our own name server is down.
  bool no_address = false;
};

/// Asks for an http or https URL; certificates must be good. At most `redirects` are followed, to
/// such URLs only.
HttpGot http_get(const std::string& url, int redirects, Deadline deadline);

}  // namespace countersign
