// SPDX-License-Identifier: Apache-2.0
//
// The keys of a policy, their words, and where a value comes from. Pure, thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/output.h"
#include "admin/whom.h"
#include "base/result.h"
#include "config/config.h"
#include "screening/facts.h"
#include "screening/knowledge.h"
#include "tokenstore/store.h"

namespace countersign::admin {

struct PolicyKey {
  std::string_view name;
  std::vector<std::string_view> words;
  bool number = false;  ///< takes a number in place of words
};

/// "mode", "machines", "blocked", "unauthentic", "challenge_from".
std::span<const PolicyKey> policy_keys();

/// Reads "mode=hold"; "mode=" removes it. Errors: invalid (says what is allowed). `config`: the
/// modes hold, refuse and defer need an authentication source.
Result<PolicyValues> parse_policy(const std::vector<std::string>& assignments,
                                  const Config& config);

/// Whether a mode asks its senders, so that it needs an authentication source: hold, refuse, defer.
bool asks(Mode mode);
/// What such a mode comes to without a source: "mode hold acts as aside, as authentication.source
/// is \"none\""; "" where a mode is what it says.
std::string mode_remark(const Config& config, Mode mode);

/// The policy where the store sets nothing, as the milter has it.
Policy default_policy(const Config& config);
/// The same as words by key.
PolicyValues default_values(const Config& config);

/// Prints the windows that are open for a mailbox. Errors: unavailable, corrupt.
Status show_windows(const Whom& whom, Store& store, WallTime now, Output& output);

}  // namespace countersign::admin
