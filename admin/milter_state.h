// SPDX-License-Identifier: Apache-2.0
//
// What the running countersign-milter says of itself, at its metrics: this command has a connection
// of its own to the store, and may see another world than the daemon.
#pragma once

#include <optional>
#include <string_view>

#include "admin/tools.h"

namespace countersign::admin {

/// Returns whether the milter takes the store for well and this site's; nothing if it does not say
/// (no daemon, no metrics).
std::optional<bool> milter_has_store(const Config& config, const Tools& tools);

/// The same of the text of its metrics. Pure.
std::optional<bool> store_is_up(std::string_view metrics);

/// What such a daemon needs.
inline constexpr const char* kRestartHint =
    "if 'countersign config init' made cs:site anew, or Redis was emptied or put back from a copy: "
    "restart countersign-milter and countersign-challenge on every host; else see their logs";

}  // namespace countersign::admin
