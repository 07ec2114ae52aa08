// SPDX-License-Identifier: Apache-2.0
//
// What most verbs begin with.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>

#include "admin/output.h"
#include "admin/tools.h"
#include "admin/verbs.h"
#include "config/config.h"

namespace countersign::admin {

/// How long a verb waits for the store.
inline constexpr seconds kStoreTime{10};
Deadline store_deadline();

/// The configuration; or nothing, after all problems were said: then the status is EX_CONFIG.
std::optional<Config> load(const Invocation& invocation, Output& output);

/// The spool's folder; or null, after it was said why not: then the status is no_spool().
std::unique_ptr<SpoolFs> open_spool(const Config& config, Tools& tools, Output& output);
/// EX_NOPERM where it may not be read, else EX_UNAVAILABLE.
int no_spool(const Config& config);

/// The store; or null, after it was said why not: then the status is no_store().
std::unique_ptr<Store> open_store(const Config& config, Tools& tools, Output& output);
/// EX_NOPERM where the milter's secrets may not be read, else EX_CONFIG.
int no_store(const Config& config);

/// Returns EX_NOUSER, after it was said, if one of `options` names nobody of this host; else EX_OK.
int check_users(const Invocation& invocation, std::initializer_list<std::string_view> options,
                Output& output);

/// Says an error; returns its exit status.
int fail(const Error& error, Output& output);

}  // namespace countersign::admin
