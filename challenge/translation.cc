// SPDX-License-Identifier: Apache-2.0
#include "challenge/translation.h"

#include <algorithm>
#include <array>

namespace countersign::challenge {
namespace {

constexpr std::string_view kOpen = "{{#_}}";
constexpr std::string_view kClose = "{{/_}}";

struct Piece {
  std::string_view hole;
  std::string_view markup;
};

// What strangers wrote is fenced by <bdi>, so that its direction ends with it.
constexpr std::array<Piece, 10> kPieces = {{
    {"changed",
     R"(<time datetime="{{changed_iso}}" data-form="{{changed_form}}">{{changed_at}}</time>)"},
    {"declined_by", "{{#declined_by}}{{before}}<bdi>{{address}}</bdi>{{/declined_by}}"},
    {"hint", "<bdi>{{hint}}</bdi>"},
    {"kept", R"(<time datetime="{{kept_iso}}" data-form="day">{{kept}}</time>)"},
    {"postmaster", "<bdi>{{postmaster}}</bdi>"},
    {"reached", "{{#reached}}{{before}}<bdi>{{address}}</bdi>{{/reached}}"},
    {"refused_by", "{{#refused_by}}{{before}}<bdi>{{address}}</bdi>{{/refused_by}}"},
    {"sent", R"(<time datetime="{{sent_iso}}" data-form="moment">{{sent}}</time>)"},
    {"subject", "<bdi>{{subject}}</bdi>"},
    {"to", "{{#to}}{{before}}<bdi>{{address}}</bdi>{{/to}}"},
}};

std::string escaped(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return std::string(1, c);
  }
}

/// Puts pieces of the page into the holes of a text, and escapes the rest.
Result<std::string> markup_of(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '{') {
      out += escaped(text[at]);
      continue;
    }
    const auto end = text.find('}', at);
    const std::string_view hole = text.substr(at + 1, end - std::min(end, at + 1));
    const auto* piece = std::find_if(kPieces.begin(), kPieces.end(),
                                     [&](const Piece& p) { return p.hole == hole; });
    if (end == std::string_view::npos || piece == kPieces.end())
      return Error{Errc::invalid, "unknown hole in a text that is to be translated: '" +
                                      std::string(text.substr(at, 20)) + "'"};
    out += piece->markup;
    at = end;
  }
  return out;
}

}  // namespace

Result<std::string> translated(const std::string& page, const std::string& file,
                               const language::Catalogue& catalogue) {
  std::string out;
  std::size_t done = 0;
  for (auto at = page.find(kOpen); at != std::string::npos; at = page.find(kOpen, done)) {
    const auto line = 1 + std::count(page.begin(), page.begin() + static_cast<long>(at), '\n');
    const auto fail = [&](const std::string& why) {
      return Error{Errc::invalid, file + ":" + std::to_string(line) + ": " + why};
    };
    const auto from = at + kOpen.size();
    const auto end = page.find(kClose, from);
    if (end == std::string::npos || page.find('\n', from) < end)
      return fail("'{{#_}}' is not closed in its line");
    const std::string english = page.substr(from, end - from);
    if (english.find("{{") != std::string::npos)
      return fail("a tag inside of a text that is to be translated");
    auto text = markup_of(catalogue.say(english));
    if (!text) return fail(text.error().detail);
    out.append(page, done, at - done).append(*text);
    done = end + kClose.size();
  }
  return out.append(page, done);
}

}  // namespace countersign::challenge
