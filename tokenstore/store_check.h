// SPDX-License-Identifier: Apache-2.0
//
// What in a Redis could lose contacts: eviction and persistence. For start-up and doctor.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace countersign {

/// One thing that somebody should know.
struct StoreFinding {
  enum class Severity {
    note,     ///< fine, but good to know
    warning,  ///< works, and can lose state one day
    failure   ///< does not work as it must
  };
  Severity severity = Severity::note;
  std::string text;  ///< a sentence, with the setting to change
};

/// What the server says of itself: fields of INFO ("redis_version", "maxmemory_policy", ...) and,
/// as "config.NAME", values of CONFIG GET; what it does not tell is absent.
using ServerFacts = std::map<std::string, std::string>;

/// Adds the `name:value` lines of an INFO reply.
void add_info(ServerFacts& facts, const std::string& info);

/// Judges eviction (maxmemory-policy), persistence (AOF, RDB, appendfsync), role and version. Pure.
std::vector<StoreFinding> judge(const ServerFacts& facts);

}  // namespace countersign
