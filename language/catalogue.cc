// SPDX-License-Identifier: Apache-2.0
#include "language/catalogue.h"

#include <algorithm>
#include <vector>

namespace countersign::language {
namespace {

constexpr Table kEnglish = {
    "en", "English", "ltr", {}, [](unsigned long n) -> unsigned long { return n == 1 ? 0 : 1; }};

}  // namespace

const Message* Catalogue::find(std::string_view id) const {
  const auto at = std::lower_bound(
      table_->messages.begin(), table_->messages.end(), id,
      [](const Message& message, std::string_view text) { return message.id < text; });
  return at != table_->messages.end() && at->id == id ? &*at : nullptr;
}

std::string_view Catalogue::say(std::string_view english) const {
  const Message* message = find(english);
  return message ? message->forms[0] : english;
}

std::string Catalogue::say(std::string_view english, Filling filling) const {
  return filled(say(english), filling);
}

std::string_view Catalogue::say_in(std::string_view context, std::string_view english) const {
  const Message* message = find(std::string(context) + "\4" + std::string(english));
  return message ? message->forms[0] : english;
}

std::string Catalogue::count(std::string_view one, std::string_view many,
                             unsigned long number) const {
  const unsigned long form = table_->form_of(number);
  const Message* message = find(one);
  const std::string_view text = message ? message->forms.at(form) : form == 0 ? one : many;
  return filled(text, {{"n", std::to_string(number)}});
}

std::span<const Catalogue> catalogues() {
  static const std::vector<Catalogue> all = [] {
    std::vector<Catalogue> out = {Catalogue(kEnglish)};
    for (const Table& table : tables()) out.emplace_back(table);
    return out;
  }();
  return all;
}

const Catalogue* find_catalogue(std::string_view tag) {
  const auto all = catalogues();
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const Catalogue& c) { return c.tag() == tag; });
  return at == all.end() ? nullptr : &*at;
}

const Catalogue& english() { return catalogues().front(); }

std::string filled(std::string_view text, Filling filling) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    text.remove_prefix(open);
    const auto close = text.find('}');
    const auto* hole = std::find_if(filling.begin(), filling.end(), [&](const auto& pair) {
      return close != std::string_view::npos && pair.first == text.substr(1, close - 1);
    });
    if (hole == filling.end()) {
      out += '{';
      text.remove_prefix(1);
    } else {
      out += hole->second;
      text.remove_prefix(close + 1);
    }
  }
  return out;
}

}  // namespace countersign::language
