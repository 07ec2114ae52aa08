// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/acl.h"

#include <array>

#include "tokenstore/redis_connection.h"
#include "tokenstore/redis_keys.h"

namespace countersign {
namespace {

// Each is used somewhere in this folder (those of scripts too: they run with the user's rights);
// tests/contract runs with these users, and fails when one is missing.
constexpr std::array kNodeCommands = {"hmget",
                                      "hgetall",
                                      "hget",
                                      "hset",
                                      "hdel",
                                      "hlen",
                                      "hscan",
                                      "get",
                                      "set",
                                      "setrange",
                                      "del",
                                      "pttl",
                                      "pexpire",
                                      "exists",
                                      "incr",
                                      "hincrby",
                                      "eval",
                                      "zadd",
                                      "zcard",
                                      "zremrangebyscore",
                                      "zremrangebyrank",
                                      "zscore",
                                      "zmscore",
                                      "xadd",
                                      "xread",
                                      "xrange",
                                      "xlen",
                                      "xdel",
                                      "xtrim",
                                      "multi",
                                      "exec",
                                      "time",
                                      "select",
                                      "info",
                                      "config|get"};
// No scripts: one that never ends would stop the store for all.
constexpr std::array kWebCommands = {"hmget", "hgetall", "get",  "set",   "incr",
                                     "pttl",  "multi",   "exec", "select"};

std::string web_keys(const std::string& prefix) {
  return "%R~" + prefix + "site %R~" + prefix + "answer:* %R~" + prefix + "held:* ~" + prefix +
         "web:*";
}

/// A selector: its command has these keys and no others, and no other command has them. With the
/// right to write there by any command, SET would put a string where a node reads a stream.
std::string web_selector(const std::string& prefix) {
  return "(%W~" + prefix + "requests:* +xadd)";
}

/// A command that shows whether the user may do something. Allowed or not, it changes nothing: the
/// server looks at the rights before it finds the argument that is wrong.
struct Probe {
  std::string what;
  std::vector<std::string> words;
  bool must = false;  ///< the web host needs it; else it must be refused
};

std::vector<Probe> probes(const std::string& p) {
  std::vector<Probe> out;
  const auto may_not = [&](const std::string& what, std::vector<std::string> words) {
    out.push_back({what, std::move(words), false});
  };
  const auto must = [&](const std::string& what, std::vector<std::string> words) {
    out.push_back({what, std::move(words), true});
  };
  // HSET with a name that has no value, and SET with a life that is no number, are errors. Both are
  // tried: SET would overwrite a hash.
  const std::string tag = p + "{doctor@probe.invalid}:";
  for (const std::string& key :
       {tag + "contacts", tag + "policy", tag + "tokens", tag + "sent", tag + "held", tag + "asked",
        tag + "ways", p + "site:contacts", p + "site:policy", p + "site", p + "held:doctor",
        p + "answer:doctor", p + "outbox:doctor", p + "retry:doctor", p + "requests:doctor"}) {
    may_not("write " + key, {"SET", key, "x", "PX", "doctor"});
    may_not("write fields of " + key, {"HSET", key, "doctor", "x", "doctor"});
  }
  may_not("append to outbox", {"XADD", p + "outbox", "doctor", "x", "x"});
  may_not("append to " + p + "web:doctor", {"XADD", p + "web:doctor", "doctor", "x", "x"});
  for (const std::string& key : {tag + "contacts", tag + "policy", tag + "tokens", tag + "sent",
                                 tag + "held", p + "site:contacts", p + "site:policy"})
    may_not("read " + key, {"HGETALL", key});
  may_not("read " + p + "retry:doctor", {"GET", p + "retry:doctor"});
  may_not("read " + p + "requests:doctor", {"GET", p + "requests:doctor"});
  may_not("delete " + p + "held:doctor", {"DEL", p + "held:doctor"});
  may_not("use keys outside the prefix", {"SET", "countersign-doctor", "x", "PX", "doctor"});
  may_not("run scripts", {"EVAL", "return 1", "0"});
  may_not("list keys", {"SCAN", "0", "COUNT", "1"});
  may_not("read the server's configuration", {"CONFIG", "GET", "maxmemory"});
  may_not("see the server's users", {"ACL", "WHOAMI"});
  may_not("publish", {"PUBLISH", p + "doctor", "x"});
  must("read " + p + "site", {"HMGET", p + "site", "schema", "id"});
  must("read " + p + "held:*", {"HGETALL", p + "held:doctor"});
  must("read " + p + "answer:*", {"GET", p + "answer:doctor"});
  must("append to " + p + "requests:*", {"XADD", p + "requests:doctor", "doctor", "x", "x"});
  must("write " + p + "web:*", {"SET", p + "web:doctor", "x", "PX", "doctor"});
  must("read " + p + "web:*", {"GET", p + "web:doctor"});
  must("read lives of " + p + "web:*", {"PTTL", p + "web:doctor"});
  return out;
}

}  // namespace

std::string_view acl_user(StoreRole role) {
  return role == StoreRole::node ? "countersign-node" : "countersign-web";
}

std::string acl_line(StoreRole role, std::string_view prefix, std::string_view password) {
  const std::string p(prefix);
  std::string out = "user " + std::string(acl_user(role)) + " reset on >" + std::string(password);
  out += ' ';
  out += role == StoreRole::node ? "~" + p + "*" : web_keys(p);
  out += " resetchannels -@all";
  const auto allow = [&](const auto& commands) {
    for (const std::string_view command : commands) (out += " +") += command;
  };
  if (role == StoreRole::node) {
    allow(kNodeCommands);
  } else {
    allow(kWebCommands);
    out += ' ' + web_selector(p);
  }
  return out;
}

Result<std::vector<StoreFinding>> check_web_user(const RedisAddress& address,
                                                 const std::string& prefix, const RedisLogin& web,
                                                 Deadline deadline) {
  using Severity = StoreFinding::Severity;
  CS_TRY(RedisKeys::make(prefix));
  RedisAddress as_web = address;
  as_web.login = {};
  CS_ASSIGN(auto connection, RedisConnection::open(as_web, web, deadline));
  std::vector<StoreFinding> out;
  if (connection->logged_in() != RedisConnection::LoggedIn::by_role) {
    out.push_back(
        {Severity::failure, "Redis does not take the web host's user '" + web.user +
                                "': who breaks into the web host owns the store; add the user that "
                                "'countersign config init' prints"});
    return out;
  }
  const auto tried = probes(prefix);
  RedisPipeline ask;
  for (const Probe& probe : tried)
    ask.add(std::vector<std::string_view>(probe.words.begin(), probe.words.end()));
  CS_ASSIGN(const auto replies, connection->run(ask, deadline));
  for (std::size_t i = 0; i < tried.size(); ++i) {
    const bool refused = replies[i].is_error("NOPERM");
    if (!tried[i].must && !refused)
      out.push_back({Severity::failure, "the web host's Redis user may " + tried[i].what});
    if (tried[i].must && refused)
      out.push_back({Severity::failure, "the web host's Redis user may not " + tried[i].what});
  }
  return out;
}

}  // namespace countersign
