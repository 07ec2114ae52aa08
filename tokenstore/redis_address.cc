// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_address.h"

#include <charconv>
#include <optional>

#include "base/encoding.h"

namespace countersign {
namespace {

constexpr int kMostDatabase = 65535;

/// Never shows the URL itself: it may hold a password.
Error refuse(std::string_view why) {
  return {Errc::invalid,
          std::string(why) +
              "; allowed are redis://[USER:PASSWORD@]HOST[:PORT][/DB], rediss://... (TLS, with "
              "?ca_file=PATH for a CA of one's own) and unix:/PATH[?db=DB&user=..&password=..]"};
}

Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = hex_decode(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) return refuse("'%' needs two hex digits");
    if ((*byte)[0] == '\0') return refuse("%00 is not allowed");
    out += *byte;
    i += 2;
  }
  return out;
}

std::optional<int> number(std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (bad != std::errc() || end != text.data() + text.size() || value < least || value > most)
    return std::nullopt;
  return value;
}

/// Cuts `text` at the first `sign` and returns what stood behind it, or nothing.
std::optional<std::string_view> cut_behind(std::string_view& text, char sign) {
  const auto at = text.find(sign);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

Status set_database(RedisAddress& out, std::string_view text) {
  const auto database = number(text, 0, kMostDatabase);
  if (!database) return refuse("the database must be a number from 0 to 65535");
  out.database = *database;
  return {};
}

Status set_parameter(RedisAddress& out, std::string_view name, const std::string& value) {
  if (name == "db" && out.is_unix()) return set_database(out, value);
  if (name == "user" && out.is_unix()) {
    out.login.user = value;
  } else if (name == "password" && out.is_unix()) {
    out.login.password = value;
  } else if (name == "ca_file" && out.tls) {
    if (value.empty() || value.front() != '/') return refuse("ca_file must be an absolute path");
    out.ca_file = value;
  } else {
    return refuse("unknown parameter '" + std::string(name.substr(0, 40)) + "'");
  }
  return {};
}

Status set_parameters(RedisAddress& out, std::string_view query) {
  while (true) {
    const auto rest = cut_behind(query, '&');
    std::string_view name = query;
    const auto raw = cut_behind(name, '=');
    if (!raw) return refuse("a parameter needs '='");
    CS_ASSIGN(const std::string value, percent_decode(*raw));
    CS_TRY(set_parameter(out, name, value));
    if (!rest) return {};
    query = *rest;
  }
}

Status set_login(RedisAddress& out, std::string_view userinfo) {
  const auto password = cut_behind(userinfo, ':');
  if (!password) return refuse("a login must be USER:PASSWORD or :PASSWORD");
  CS_ASSIGN(out.login.user, percent_decode(userinfo));
  CS_ASSIGN(out.login.password, percent_decode(*password));
  if (out.login.password.empty()) return refuse("the password is empty");
  return {};
}

Status set_host(RedisAddress& out, std::string_view authority) {
  std::optional<std::string_view> port;
  if (!authority.empty() && authority.front() == '[') {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return refuse("'[' without ']'");
    const std::string_view behind = authority.substr(end + 1);
    if (!behind.empty() && behind.front() != ':') return refuse("expected ':PORT' after ']'");
    if (!behind.empty()) port = behind.substr(1);
    out.host = authority.substr(1, end - 1);
  } else {
    port = cut_behind(authority, ':');
    CS_ASSIGN(out.host, percent_decode(authority));
  }
  if (out.host.empty()) return refuse("the host is missing");
  if (out.host.find_first_of(" \t\r\n/") != std::string::npos)
    return refuse("the host has a character that no host has");
  if (!port) return {};
  const auto parsed = number(*port, 1, 65535);
  if (!parsed) return refuse("the port must be a number from 1 to 65535");
  out.port = *parsed;
  return {};
}

Result<RedisAddress> parse_unix(std::string_view rest) {
  RedisAddress out;
  if (rest.starts_with("//")) rest.remove_prefix(2);
  const auto query = cut_behind(rest, '?');
  CS_ASSIGN(out.path, percent_decode(rest));
  if (out.path.empty() || out.path.front() != '/')
    return refuse("the path of the socket must be absolute");
  // sockaddr_un has room for 108 bytes with the final NUL.
  if (out.path.size() > 107) return refuse("the path of the socket is over 107 bytes");
  if (query) CS_TRY(set_parameters(out, *query));
  if (!out.login.user.empty() && out.login.password.empty())
    return refuse("a user needs a password");
  return out;
}

Result<RedisAddress> parse_tcp(std::string_view rest, bool tls) {
  RedisAddress out;
  out.tls = tls;
  const auto query = cut_behind(rest, '?');
  const auto database = cut_behind(rest, '/');
  // The last '@': an unencoded one in a password is then still read as meant.
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    CS_TRY(set_login(out, rest.substr(0, at)));
    rest.remove_prefix(at + 1);
  }
  CS_TRY(set_host(out, rest));
  if (database && !database->empty()) CS_TRY(set_database(out, *database));
  if (query) CS_TRY(set_parameters(out, *query));
  return out;
}

}  // namespace

Result<RedisAddress> RedisAddress::parse(std::string_view url) {
  for (const char c : url)
    if (static_cast<unsigned char>(c) <= ' ' || c == 127)
      return refuse("white space or a control in the URL");
  if (url.starts_with("unix:")) return parse_unix(url.substr(5));
  if (url.starts_with("redis://")) return parse_tcp(url.substr(8), false);
  if (url.starts_with("rediss://")) return parse_tcp(url.substr(9), true);
  return refuse("not a URL of a store");
}

std::string RedisAddress::text() const {
  const std::string at_database = "/" + std::to_string(database);
  if (is_unix()) return "unix:" + path + (database == 0 ? "" : "?db=" + std::to_string(database));
  const bool v6 = host.find(':') != std::string::npos;
  return (tls ? "rediss://" : "redis://") + (v6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port) + at_database;
}

}  // namespace countersign
