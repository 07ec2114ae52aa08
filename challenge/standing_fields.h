// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "challenge/http.h"

namespace countersign::challenge {

/// Returns the header fields that every response has, unless it brings one of that name itself:
/// nothing from other hosts, in no frame, in no cache, no referrer, no index.
inline const std::array<HeaderField, 6>& standing_fields() {
  static const std::array<HeaderField, 6> fields = {{
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; "
       "connect-src 'self'; img-src 'self'; media-src 'self'; form-action 'self'; "
       "frame-ancestors 'none'; base-uri 'none'"},
      {"Cache-Control", "no-store"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Robots-Tag", "noindex"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
  }};
  return fields;
}

}  // namespace countersign::challenge
