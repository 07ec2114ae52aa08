// SPDX-License-Identifier: Apache-2.0
//
// How pages look for one site: its name, logo, colour and language. Pure but for load_logo();
// thread-safe.
#pragma once

#include <string>

#include "base/result.h"

namespace countersign::challenge {

struct Brand {
  std::string language = "en";  ///< a tag of language::catalogues()
  std::string base_url = "";    ///< without final slash; "": that of the server
  std::string name = "";        ///< "": none
  std::string logo = "";        ///< path of an SVG or PNG file; "": none
  std::string accent = "";      ///< "#17594a", readable on white; "": ours
};

/// Returns a style sheet that sets the colour of buttons and links; dark pages get one that is
/// mixed with white until it can be read on them (4.5:1, WCAG 2.2). `accent` is "#RRGGBB".
std::string accent_css(const std::string& accent);

struct Logo {
  std::string file;  ///< "logo.svg", "logo.png"
  std::string bytes;
};

/// Reads a logo. A picture in a page runs no scripts, whatever an SVG file holds.
/// Errors: unavailable (cannot be read), invalid (over 100 kB, neither SVG nor PNG).
Result<Logo> load_logo(const std::string& path);

}  // namespace countersign::challenge
