// SPDX-License-Identifier: Apache-2.0
#include "config/values.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>
#include <sstream>
#include <utility>

#include "base/encoding.h"
#include "base/log.h"
#include "language/catalogue.h"

namespace countersign {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t value;
};
constexpr Unit kSizes[] = {{"B", 1},
                           {"KiB", 1ULL << 10},
                           {"MiB", 1ULL << 20},
                           {"GiB", 1ULL << 30},
                           {"TiB", 1ULL << 40},
                           {"KB", 1'000},
                           {"MB", 1'000'000},
                           {"GB", 1'000'000'000},
                           {"TB", 1'000'000'000'000}};
constexpr Unit kTimes[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

constexpr std::string_view kDigits = "0123456789";

Error is_no(std::string_view text, std::string_view noun) {
  return {Errc::invalid, in_quotes(text) + " is no " + std::string(noun)};
}

template <class Number>
std::optional<Number> whole_number(std::string_view text, int base = 10) {
  Number n{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return n;
}

bool has_control_or_blank(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return true;
  return false;
}

/// An integer and a unit of `units`; the product must fit.
template <std::size_t N>
std::optional<std::uint64_t> scaled(std::string_view text, const Unit (&units)[N], bool blank) {
  const auto digits = text.find_first_not_of(kDigits);
  if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
  const auto n = whole_number<std::uint64_t>(text.substr(0, digits));
  std::string_view unit = text.substr(digits);
  if (blank && unit.starts_with(' ')) unit.remove_prefix(1);
  for (const Unit& u : units)
    if (n && u.name == unit && *n <= std::numeric_limits<std::int64_t>::max() / u.value)
      return *n * u.value;
  return std::nullopt;
}

template <std::size_t N>
std::string unscaled(std::uint64_t value, const Unit (&units)[N], std::string_view blank) {
  const Unit* best = &units[0];
  for (const Unit& u : units)
    if (value != 0 && value % u.value == 0 && u.value > best->value) best = &u;
  return std::to_string(value / best->value) + std::string(blank) + std::string(best->name);
}

/// A host of letters, digits, dots and hyphens, an IPv4 address, or with `bracketed` "[v6]".
bool is_host(std::string_view host, bool bracketed) {
  if (bracketed && host.starts_with('[') && host.ends_with(']')) {
    std::array<unsigned char, 16> address{};
    return inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(),
                     address.data()) == 1;
  }
  return !host.empty() && host.size() <= 255 &&
         host.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_") ==
             std::string_view::npos;
}

bool is_port(std::string_view text) {
  const auto port = whole_number<unsigned>(text);
  return port && *port >= 1 && *port <= 65535;
}

bool is_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  return colon != std::string_view::npos && is_host(text.substr(0, colon), true) &&
         is_port(text.substr(colon + 1));
}

/// "a=1&b=2" with these names only; "" too.
bool is_query(std::string_view query, std::initializer_list<std::string_view> names) {
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    const auto name = pair.substr(0, pair.find('='));
    if (name.size() == pair.size() || std::find(names.begin(), names.end(), name) == names.end())
      return false;
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  return true;
}

bool is_socket_path(std::string_view path) {
  return path.starts_with('/') && !has_control_or_blank(path) &&
         path.size() < sizeof(sockaddr_un{}.sun_path);
}

}  // namespace

std::string in_quotes(std::string_view text) {
  const std::string quoted = log::quoted(text);
  return quoted.starts_with('"') ? quoted : '"' + quoted + '"';
}

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  const auto n = scaled(text, kTimes, false);
  if (!n) return is_no(text, "duration");
  return std::chrono::seconds(*n);
}

std::string show_duration(std::chrono::seconds value) {
  return unscaled(static_cast<std::uint64_t>(value.count()), kTimes, "");
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const auto n = scaled(text, kSizes, true);
  if (!n) return is_no(text, "size");
  return *n;
}

std::string show_size(std::uint64_t bytes) { return unscaled(bytes, kSizes, " "); }

Result<std::chrono::minutes> parse_time_of_day(std::string_view text) {
  if (text.size() == 5 && text[2] == ':') {
    const auto hours = whole_number<unsigned>(text.substr(0, 2));
    const auto minutes = whole_number<unsigned>(text.substr(3));
    if (hours && minutes && *hours < 24 && *minutes < 60)
      return std::chrono::minutes(*hours * 60 + *minutes);
  }
  return is_no(text, "time of day");
}

std::string show_time_of_day(std::chrono::minutes value) {
  const auto two = [](long n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return two(value.count() / 60) + ":" + two(value.count() % 60);
}

Result<unsigned> parse_file_mode(std::string_view text) {
  const auto mode = whole_number<unsigned>(text, 8);
  if (!mode || *mode > 0777 || text.size() > 4) return is_no(text, "file mode");
  return *mode;
}

std::string show_file_mode(unsigned mode) {
  std::string text = "0";
  for (const unsigned shift : {6U, 3U, 0U}) text += kDigits[(mode >> shift) & 7U];
  return text;
}

Result<std::string> parse_work(std::string_view text) {
  std::istringstream words{std::string(text)};
  std::string who, rest;
  long answers = 0;
  long tries = 0;
  words >> who >> answers >> tries;
  if (!words || words >> rest || (who != "authenticated" && who != "unauthenticated") ||
      answers < 0 || answers > 100'000 || tries < 1 || tries > 1'000'000)
    return Error{Errc::invalid, in_quotes(text) + " is no row"};
  return who + ' ' + std::to_string(answers) + ' ' + std::to_string(tries);
}

Result<std::string> parse_words(std::string_view text) {
  constexpr std::size_t kMost = 300;
  if (text.size() > kMost) return Error{Errc::invalid, "too long"};
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control))
    return Error{Errc::invalid, in_quotes(text) + " is not one line of text"};
  return std::string(text);
}

Result<std::string> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  const int family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
  const unsigned bits = family == AF_INET ? 32 : 128;
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(family, address.c_str(), bytes.data()) != 1)
    return is_no(text, "IP address or network");
  unsigned prefix = bits;
  if (slash != std::string_view::npos) {
    const auto n = whole_number<unsigned>(text.substr(slash + 1));
    if (!n || *n > bits) return is_no(text, "IP address or network");
    prefix = *n;
  }
  for (unsigned bit = prefix; bit < bits; ++bit)
    if (bytes[bit / 8] & (0x80U >> (bit % 8)))
      return Error{Errc::invalid, in_quotes(text) + " has bits set behind its prefix"};
  std::array<char, INET6_ADDRSTRLEN> spelled{};
  inet_ntop(family, bytes.data(), spelled.data(), spelled.size());
  std::string out = spelled.data();
  if (slash != std::string_view::npos) out += "/" + std::to_string(prefix);
  return out;
}

Result<std::string> parse_host_port(std::string_view text) {
  if (!is_host_port(text)) return is_no(text, "host and port");
  return std::string(text);
}

Result<std::string> parse_peer(std::string_view text) {
  if (text.starts_with("unix:") ? !is_socket_path(text.substr(5)) : !is_host_port(text))
    return is_no(text, "host and port, and no path of a Unix socket");
  return std::string(text);
}

Result<std::string> parse_milter_socket(std::string_view text) {
  bool good = false;
  if (text.starts_with("unix:")) {
    good = is_socket_path(text.substr(5));
  } else if (text.starts_with("inet:") || text.starts_with("inet6:")) {
    const std::string_view rest = text.substr(text.find(':') + 1);
    const auto at = rest.find('@');
    // Without a host libmilter listens everywhere, which nobody means who leaves it out.
    if (at != std::string_view::npos) {
      std::string host(rest.substr(at + 1));
      if (text.starts_with("inet6:")) host = "[" + host + "]";
      good = is_port(rest.substr(0, at)) && is_host(host, text.starts_with("inet6:"));
    }
  }
  if (!good) return is_no(text, "socket");
  return std::string(text);
}

Result<std::string> parse_path(std::string_view text) {
  if (!text.starts_with('/') || text.size() > 1000) return is_no(text, "absolute path");
  for (const char c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) return is_no(text, "absolute path");
  return std::string(text);
}

Result<std::string> parse_base_url(std::string_view text) {
  const std::string_view whole = text;
  if (text.starts_with("https://"))
    text.remove_prefix(8);
  else if (text.starts_with("http://"))
    text.remove_prefix(7);
  else
    return is_no(whole, "http or https URL");
  if (text.find_first_of("?#") != std::string_view::npos)
    return Error{Errc::invalid, in_quotes(whole) + " has a query or fragment"};
  for (const char c : text)
    if (c <= ' ' || c >= 0x7f ||
        std::string_view("%@\"<>\\^`{|}").find(c) != std::string_view::npos)
      return Error{Errc::invalid, in_quotes(whole) + " has a character that cannot stand in it"};
  if (whole.size() > kBaseUrlMost)
    return Error{Errc::invalid, "the URL has " + std::to_string(whole.size()) + " octets"};
  const std::string_view authority = text.substr(0, text.find('/'));
  if (!is_host_port(authority) && !is_host(authority, true)) return is_no(whole, "URL with a host");
  std::string url(whole);
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Result<std::string> parse_language(std::string_view text) {
  if (!language::find_catalogue(text)) return is_no(text, "language that we speak");
  return std::string(text);
}

Result<std::string> parse_accent(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  const auto bytes = hex_decode(out.substr(std::min<std::size_t>(1, out.size())));
  if (out.size() != 7 || out[0] != '#' || !bytes) return is_no(text, "colour");
  // Relative luminance (WCAG 2.2): white on it, and it on white, must be readable.
  constexpr double kWeights[] = {0.2126, 0.7152, 0.0722};
  double luminance = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const double v = static_cast<unsigned char>((*bytes)[i]) / 255.0;
    luminance += kWeights[i] * (v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
  }
  if (1.05 / (luminance + 0.05) < 4.5)
    return Error{Errc::invalid, in_quotes(text) + " is too light to be read on white"};
  return out;
}

Result<std::string> parse_reply_line(std::string_view text) {
  constexpr std::size_t kMost = 160;
  const auto bad = [&](const char* why) { return Error{Errc::invalid, in_quotes(text) + why}; };
  if (text.empty() || text.size() > kMost) return bad(" is empty or over 160 octets");
  for (const char c : text) {
    if (c < ' ' || c > '~') return bad(" is not all ASCII");
    if (c == '%') return bad(" has a '%', which MTAs take for an escape");
  }
  for (auto open = text.find('{'); open != text.npos; open = text.find('{', open + 1)) {
    const std::string_view hole = text.substr(open, text.find('}', open) - open + 1);
    if (hole != "{url}" && hole != "{date}") return bad(" has a hole other than {url} and {date}");
  }
  const auto url = text.find("{url}");
  if (url != text.npos && (!text.ends_with(" {url}") || text.rfind("{url}") != url))
    return bad(" has {url} elsewhere than once, at its end, behind a blank");
  return std::string(text);
}

Result<std::string> parse_store_url(std::string_view text) {
  if (text.starts_with("sentinel://") || text.starts_with("cluster://"))
    return Error{Errc::invalid, "this kind of URL is not available in this version"};
  // The URL may hold a password: it is not repeated.
  const Error bad{Errc::invalid, "this is no store URL"};
  if (has_control_or_blank(text)) return bad;
  const auto question = text.find('?');
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : text.substr(question + 1);
  std::string_view rest = text.substr(0, question);
  if (rest.starts_with("unix:")) {
    rest.remove_prefix(rest.starts_with("unix://") ? 7 : 5);
    if (!is_socket_path(rest) || !is_query(query, {"db", "user", "password"})) return bad;
    return std::string(text);
  }
  const bool tls = rest.starts_with("rediss://");
  if (!tls && !rest.starts_with("redis://")) return bad;
  if (tls ? !is_query(query, {"ca_file"}) : question != std::string_view::npos) return bad;
  rest.remove_prefix(tls ? 9 : 8);
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
  const auto slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  const std::string_view db = slash == std::string_view::npos ? "0" : rest.substr(slash + 1);
  if ((!is_host_port(authority) && !is_host(authority, true)) || !whole_number<unsigned>(db))
    return bad;
  return std::string(text);
}

std::string without_password(std::string_view url) {
  std::string out(url);
  if (const auto key = out.find("password="); key != std::string::npos) {
    const auto from = key + 9;
    const auto end = out.find('&', from);
    out.replace(from, end == std::string::npos ? end : end - from, "***");
  }
  const auto slashes = out.find("://");
  const auto at = out.rfind('@', out.find('?'));
  if (slashes == std::string::npos || at == std::string::npos || at < slashes) return out;
  if (const auto colon = out.find(':', slashes + 3); colon < at)
    out.replace(colon + 1, at - colon - 1, "***");
  return out;
}

}  // namespace countersign
