// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/store_check.h"

#include <charconv>
#include <sstream>

namespace countersign {
namespace {

using Severity = StoreFinding::Severity;
using Findings = std::vector<StoreFinding>;

std::string value(const ServerFacts& facts, const std::string& name) {
  const auto at = facts.find(name);
  return at == facts.end() ? "" : at->second;
}

/// INFO's word, or else CONFIG's: one of the two may be forbidden.
std::string either(const ServerFacts& facts, const std::string& info, const std::string& config) {
  const std::string told = value(facts, info);
  return told.empty() ? value(facts, "config." + config) : told;
}

long long number(const std::string& text) {
  long long out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

void judge_version(const ServerFacts& facts, Findings& out) {
  const std::string version = value(facts, "redis_version");
  if (version.empty() || number(version) >= 7) return;
  out.push_back({Severity::warning,
                 "Redis " + version +
                     ": before version 7 it cannot keep the web host's user to reading answer:* "
                     "and appending to requests:*, and takes its line only as countersign(8) says "
                     "under config init; upgrade to Redis 7 or later"});
}

void judge_role(const ServerFacts& facts, Findings& out) {
  if (value(facts, "role") == "slave")
    out.push_back({Severity::failure,
                   "this Redis is a replica and takes no writes: give the primary in store.url"});
  if (value(facts, "redis_mode") == "cluster")
    out.push_back({Severity::note,
                   "this Redis is a cluster: only a cluster of one server can be used so far"});
}

void judge_eviction(const ServerFacts& facts, Findings& out) {
  const std::string policy = either(facts, "maxmemory_policy", "maxmemory-policy");
  const std::string limit = either(facts, "maxmemory", "maxmemory");
  if (policy.starts_with("volatile-")) {
    out.push_back({Severity::note,
                   "maxmemory-policy " + policy +
                       ": when memory is short, views of held messages may vanish until the nodes "
                       "have written them again; contacts stay. Better: noeviction"});
  } else if (!policy.empty() && policy != "noeviction") {
    out.push_back({Severity::warning,
                   "maxmemory-policy " + policy + ": Redis may drop contacts when memory is short" +
                       (limit == "0" ? " (maxmemory is not set, so not yet)" : "") +
                       "; set maxmemory-policy noeviction"});
  }
  const long long most = number(limit);
  if (most > 0 && number(value(facts, "used_memory")) > most / 10 * 9)
    out.push_back({Severity::warning,
                   "over 90 % of maxmemory is used: when it is full, mail is deferred; raise "
                   "maxmemory"});
}

void judge_persistence(const ServerFacts& facts, Findings& out) {
  const std::string aof = either(facts, "aof_enabled", "appendonly");
  const auto save = facts.find("config.save");
  if (aof == "0" || aof == "no") {
    if (save != facts.end() && save->second.empty())
      out.push_back({Severity::warning,
                     "Redis writes nothing to disk: a restart loses all contacts; set appendonly "
                     "yes"});
    else
      out.push_back({Severity::warning,
                     "Redis writes snapshots only: a crash loses the contacts of the last minutes; "
                     "set appendonly yes"});
  } else if (!aof.empty()) {
    const std::string fsync = value(facts, "config.appendfsync");
    if (fsync == "everysec")
      out.push_back({Severity::note,
                     "appendfsync everysec: a power cut loses the last second of contacts; "
                     "appendfsync always loses none"});
    if (fsync == "no")
      out.push_back({Severity::warning,
                     "appendfsync no: a power cut loses about the last half minute of contacts; "
                     "set appendfsync everysec or always"});
  }
  if (value(facts, "aof_last_write_status") == "err")
    out.push_back({Severity::failure,
                   "Redis cannot write its append-only file, and refuses writes: see its log"});
  if (value(facts, "rdb_last_bgsave_status") == "err")
    out.push_back({Severity::warning,
                   "the last snapshot of Redis failed; with stop-writes-on-bgsave-error it refuses "
                   "writes: see its log"});
}

}  // namespace

void add_info(ServerFacts& facts, const std::string& info) {
  std::istringstream in(info);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const auto colon = line.find(':');
    if (line.empty() || line.front() == '#' || colon == std::string::npos) continue;
    facts[line.substr(0, colon)] = line.substr(colon + 1);
  }
}

std::vector<StoreFinding> judge(const ServerFacts& facts) {
  Findings out;
  judge_version(facts, out);
  judge_role(facts, out);
  judge_eviction(facts, out);
  judge_persistence(facts, out);
  const bool knows_eviction = !either(facts, "maxmemory_policy", "maxmemory-policy").empty();
  const bool knows_persistence = !either(facts, "aof_enabled", "appendonly").empty();
  if (!knows_eviction || !knows_persistence)
    out.push_back({Severity::note,
                   "Redis does not tell its eviction or persistence (INFO and CONFIG GET are not "
                   "allowed): see to it that maxmemory-policy is noeviction and appendonly yes"});
  return out;
}

}  // namespace countersign
