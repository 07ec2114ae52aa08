// SPDX-License-Identifier: Apache-2.0
#include "mail/folded_path.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace countersign {
namespace {

constexpr std::size_t kShortestId = 8;
constexpr std::string_view kSeparators = "-_.+=";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }

/// Returns `local` at the domain of `path`, or `path` if that is no mailbox.
Mailbox with_local(const Mailbox& path, const std::string& local) {
  std::string quoted = "\"";
  for (const char c : local) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  auto made = Mailbox::parse(quoted + "\"@" + path.domain());
  return made && !local.empty() ? *std::move(made) : path;
}

/// Takes the text before the next `separator` off the front of `text`; none if there is none, or
/// nothing before it.
std::optional<std::string_view> take_word(std::string_view& text, std::string_view separators) {
  const auto end = text.find_first_of(separators);
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  const auto word = text.substr(0, end);
  text.remove_prefix(end + 1);
  return word;
}

std::optional<std::string> without_tag(std::string_view local) {
  // prvs=KDDDSSSSSS=joe: a key number, a day, three octets in hex. Some put other digits there.
  for (const std::string_view tag : {"prvs=", "msprvs1=", "btv1=="}) {
    if (!local.starts_with(tag)) continue;
    std::string_view rest = local.substr(tag.size());
    const auto value = take_word(rest, "=");
    if (!value || !std::all_of(value->begin(), value->end(), is_alnum)) return std::nullopt;
    if (tag.ends_with("==") && rest.starts_with('=')) rest.remove_prefix(1);
    if (rest.empty()) return std::nullopt;
    return std::string(rest);
  }
  return std::nullopt;
}

/// "example.com=alice" of "HHHH=TT=example.com=alice", the inside of SRS0.
std::optional<std::string> without_stamp(std::string_view inside) {
  if (!take_word(inside, "=") || !take_word(inside, "=")) return std::nullopt;
  const auto equals = inside.find('=');
  if (equals == 0 || equals == std::string_view::npos || equals + 1 == inside.size())
    return std::nullopt;
  return std::string(inside);
}

/// The Sender Rewriting Scheme: SRS0=HHHH=TT=DOMAIN=LOCAL, and for a second forwarder
/// SRS1=HHHH=FIRST==HHHH=TT=DOMAIN=LOCAL, where the sign behind FIRST= may be + or - too.
std::optional<std::string> without_srs_stamp(std::string_view local) {
  const bool first = local.starts_with("srs0");
  if ((!first && !local.starts_with("srs1")) || local.size() < 6 ||
      std::string_view("=+-").find(local[4]) == std::string_view::npos)
    return std::nullopt;
  std::string_view rest = local.substr(5);
  if (first) {
    auto inside = without_stamp(rest);
    if (inside) *inside = "srs0=" + *inside;
    return inside;
  }
  if (!take_word(rest, "=")) return std::nullopt;
  const auto forwarder = take_word(rest, "=");
  if (!forwarder || rest.empty()) return std::nullopt;
  auto inside = without_stamp(rest.substr(1));
  if (inside) *inside = "srs1=" + std::string(*forwarder) + "=" + *inside;
  return inside;
}

/// Whether the address takes bounces and nothing else, by its words.
bool is_for_bounces(const Mailbox& path) {
  static constexpr std::array<std::string_view, 5> kWords = {"bounce", "return", "bnc", "verp",
                                                             "envelope"};
  const auto has_word = [](std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find_first_of(kSeparators, at), text.size());
      const auto part = text.substr(at, end - at);
      if (std::any_of(kWords.begin(), kWords.end(),
                      [&](std::string_view word) { return part.starts_with(word); }))
        return true;
      at = end + 1;
    }
    return false;
  };
  return has_word(path.local()) || has_word(path.domain()) ||
         path.domain().ends_with(".amazonses.com");
}

/// A number, or letters and digits as no word has them.
bool is_id(std::string_view part) {
  if (part.empty() || !std::all_of(part.begin(), part.end(), is_alnum)) return false;
  const auto digits = std::count_if(part.begin(), part.end(), is_digit);
  return digits == static_cast<std::ptrdiff_t>(part.size()) ||
         (digits > 0 && part.size() >= kShortestId);
}

std::string with_ids_folded(std::string_view local) {
  std::string out;
  for (std::size_t at = 0; at <= local.size();) {
    const auto end = std::min(local.find_first_of(kSeparators, at), local.size());
    const auto part = local.substr(at, end - at);
    out += is_id(part) ? "#" : std::string(part);
    if (end < local.size()) out += local[end];
    at = end + 1;
  }
  return out;
}

/// Drops a recipient as VERP writes it behind '+' or '-': "joe=example.org".
std::string_view without_recipient(std::string_view local) {
  const auto equals = local.rfind('=');
  if (equals == std::string_view::npos ||
      local.find('.', equals) == std::string_view::npos)  // no domain
    return local;
  // A detail begins at the first '+'; behind '-' only the last part is surely the recipient's.
  auto cut = local.find('+');
  if (cut == std::string_view::npos || cut > equals) cut = local.rfind('-', equals);
  return cut == std::string_view::npos || cut == 0 ? local : local.substr(0, cut);
}

}  // namespace

Mailbox without_batv(const Mailbox& path) {
  const auto local = without_tag(path.local());
  return local ? with_local(path, *local) : path;
}

bool is_srs(const Mailbox& path) { return without_srs_stamp(path.local()).has_value(); }

Mailbox folded_reverse_path(const Mailbox& path) {
  const Mailbox bare = without_batv(path);
  if (const auto srs = without_srs_stamp(bare.local())) return with_local(bare, *srs);
  std::string_view local = without_recipient(bare.local());
  if (!is_for_bounces(bare))
    return local == bare.local() ? bare : with_local(bare, std::string(local));
  if (const auto plus = local.find('+'); plus != std::string_view::npos && plus > 0)
    local = local.substr(0, plus);
  return with_local(bare, with_ids_folded(local));
}

}  // namespace countersign
