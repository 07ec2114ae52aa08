// SPDX-License-Identifier: Apache-2.0
#include "challenge/templates.h"

#include <algorithm>
#include <kainjow/mustache.hpp>

namespace countersign::challenge {
namespace {

namespace mustache = kainjow::mustache;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Goes through the tags of a template before the library sees it.
class Check {
 public:
  Check(const std::string& text, const std::string& file,
        const std::set<std::string, std::less<>>& names)
      : text_(text), file_(file), names_(names) {}

  Status run() {
    for (std::size_t at = text_.find("{{"); at != std::string::npos; at = text_.find("{{", at)) {
      tag_at_ = at;
      if (text_.compare(at, 3, "{{{") == 0)
        return fail("'{{{' puts text in unescaped; use {{name}}");
      const auto end = text_.find("}}", at + 2);
      if (end == std::string::npos) return fail("'{{' without '}}'");
      CS_TRY(tag(trimmed(std::string_view(text_).substr(at + 2, end - at - 2))));
      at = end + 2;
    }
    if (open_.empty()) return {};
    tag_at_ = open_.back().second;
    return fail("section '" + open_.back().first + "' is not closed");
  }

 private:
  Status tag(std::string_view content) {
    if (content.empty()) return fail("empty tag");
    const char kind = content.front();
    if (kind == '!') return {};
    if (kind == '&') return fail("'{{&' puts text in unescaped; use {{name}}");
    if (kind == '>') return fail("'{{>' puts another template in; that is not allowed");
    if (kind == '=') return fail("'{{=' changes the delimiters; that is not allowed");
    const bool section = kind == '#' || kind == '^' || kind == '/';
    const std::string name(section ? trimmed(content.substr(1)) : content);
    if (!names_.contains(name)) return fail("unknown name '" + name + "'");
    if (kind == '#' || kind == '^') open_.emplace_back(name, tag_at_);
    if (kind == '/') {
      if (open_.empty() || open_.back().first != name)
        return fail("'{{/" + name + "}}' closes no section");
      open_.pop_back();
    }
    return {};
  }

  Error fail(const std::string& why) const {
    const auto line =
        1 + std::count(text_.begin(), text_.begin() + static_cast<long>(tag_at_), '\n');
    return {Errc::invalid, file_ + ":" + std::to_string(line) + ": " + why};
  }

  const std::string& text_;
  const std::string& file_;
  const std::set<std::string, std::less<>>& names_;
  std::size_t tag_at_ = 0;
  std::vector<std::pair<std::string, std::size_t>> open_;  ///< sections, and where they begin
};

mustache::data to_data(const std::vector<Texts>& list) {
  mustache::data out{mustache::data::type::list};
  for (const Texts& texts : list) {
    mustache::data item;
    for (const auto& [name, text] : texts) item.set(name, text);
    out << item;
  }
  return out;
}

mustache::data to_data(const Values& values) {
  mustache::data out;
  for (const auto& [name, value] : values)
    std::visit(
        [&, &key = name](const auto& v) {
          if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::vector<Texts>>)
            out.set(key, to_data(v));
          else
            out.set(key, mustache::data(v));
        },
        value);
  return out;
}

}  // namespace

Result<Template> Template::parse(const std::string& text, const std::string& file,
                                 const std::set<std::string, std::less<>>& names) {
  CS_TRY(Check(text, file, names).run());
  const mustache::mustache parsed(text);
  if (!parsed.is_valid()) return Error{Errc::invalid, file + ":1: " + parsed.error_message()};
  return Template(std::make_shared<const std::string>(text));
}

std::string Template::render(const Values& values) const {
  // Parsed each time, since rendering changes the library's object: a page takes 0.1 ms.
  return mustache::mustache(*text_).render(to_data(values));
}

}  // namespace countersign::challenge
