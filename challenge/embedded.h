// SPDX-License-Identifier: Apache-2.0
//
// The files of assets/, compiled in by embed.sh.
#pragma once

#include <span>
#include <string_view>

namespace countersign::challenge {

struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};

std::span<const EmbeddedFile> embedded_files();

}  // namespace countersign::challenge
