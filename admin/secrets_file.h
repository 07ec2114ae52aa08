// SPDX-License-Identifier: Apache-2.0
//
// Secrets files (format: base/keyring.h): what each role needs, completed without changing a key
// that exists. Pure but for random keys; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace countersign::admin {

/// The texts of both files, and which purposes were added to each.
struct Secrets {
  std::string milter;
  std::string challenge;
  std::vector<std::string> added_to_milter;
  std::vector<std::string> added_to_challenge;
};

/// Returns the files with what is missing in them behind what stands there; `milter` and
/// `challenge` are their texts, "" for a new one. The keys of purpose "web" are shared: what the
/// web host makes, the milter can check. `key_id` names new keys (no blank). Errors: invalid (a
/// file does not parse; names file and line).
Result<Secrets> complete_secrets(std::string_view milter, const std::string& milter_path,
                                 std::string_view challenge, const std::string& challenge_path,
                                 const std::string& key_id);

}  // namespace countersign::admin
