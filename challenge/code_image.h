// SPDX-License-Identifier: Apache-2.0
//
// Six digits as an image: drawn by strokes of our own, so that no font is needed, each a little
// turned and moved, none distorted. Programs read such images as well as people do; it keeps out
// those that only follow links and press buttons. The only file that knows libgd. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign::challenge {

constexpr int kCodeImageWidth = 640;  ///< pixels: twice as many as it is shown with
constexpr int kCodeImageHeight = 200;

/// Returns a PNG of `digits` (0 to 9); `seed` says how each is turned, so that the same code looks
/// the same each time. `dark`: light digits on a dark ground. Errors: unavailable (no memory).
Result<std::string> code_png(std::string_view digits, std::string_view seed, bool dark);

}  // namespace countersign::challenge
