// SPDX-License-Identifier: Apache-2.0
//
// Whether what a configuration names is on this host: groups, folders, files. load_config() does
// not ask: a daemon finds out by itself what it needs. Thread-safe if the HostLook is.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/check.h"

namespace countersign {

/// How a host is looked at.
struct HostLook {
  enum class Found {
    nothing,
    file,  ///< or anything else that is no folder
    folder,
    unknown,  ///< permissions hide it
  };
  std::function<Found(const std::string& path)> find;
  std::function<bool(const std::string& name)> has_group;
};
/// The host on which we run.
HostLook this_host();

struct Places {
  std::vector<Problem> problems;  ///< what can only be a slip
  std::vector<Problem> missing;   ///< folders that are still to be made
};

/// Checks what `checked` names, whose own problems are told apart; `file` as in check_config().
/// Of two programs on two hosts each has only its own: where just one of the secrets files
/// exists, only what its program needs is looked at.
Places check_places(const CheckedConfig& checked, const std::string& file, const HostLook& host);

}  // namespace countersign
