// SPDX-License-Identifier: Apache-2.0
//
// A page with holes (mustache), of ours or of the site. Everything that is put in is escaped: what
// senders wrote cannot become markup, whatever the template says. Immutable, thread-safe.
//
// Mustache, but for what is refused below. Ours, since the library (kainjow) parses a template anew
// for each page, which took most of a page's time.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace countersign::challenge {

/// What is put in: a text, a condition, or a list whose items have texts, by name. Names are
/// literals, or outlive the values.
using Texts = std::map<std::string, std::string>;
class Values {
 public:
  using Value = std::variant<std::string, bool, std::vector<Texts>>;
  struct Entry {
    std::string_view name;
    Value value;
  };

  Values() = default;
  Values(std::initializer_list<Entry> entries) : entries_(entries) {}
  /// Makes room for so many.
  void reserve(std::size_t names) { entries_.reserve(names); }
  /// Takes the place of what the name had before.
  void set(std::string_view name, Value value) { entries_.push_back({name, std::move(value)}); }
  /// As they were set: of several of a name the last one counts.
  const std::vector<Entry>& entries() const { return entries_; }
  /// Returns what counts for a name; null if it has nothing.
  const Value* find(std::string_view name) const;

 private:
  std::vector<Entry> entries_;
};

struct TemplatePiece;
struct TemplateBody;

class Template {
 public:
  /// Parses `text`; `file` is for messages; `is_name` tells what a template may use.
  ///
  /// Errors: invalid ("FILE:LINE: ..."): a tag that puts in unescaped text ({{{x}}}, {{&x}}), one
  /// that puts in another template ({{>x}}) or changes the delimiters ({{=<% %>=}}), an unknown
  /// name, an unclosed tag or section.
  static Result<Template> parse(const std::string& text, const std::string& file,
                                const std::function<bool(std::string_view)>& is_name);

  /// Returns the template with these values put in for good. No item of a list that is put in later
  /// has a text of one of their names.
  Template with(const Values& constants) const;

  /// Returns the page as HTML. What is not in `values` is taken of `others`; what is in neither is
  /// empty, or false; a text is true. Lines with nothing but sections' tags and comments leave no
  /// line.
  std::string render(const Values& values, const Values& others = {}) const;

 private:
  explicit Template(std::vector<TemplatePiece> pieces);
  std::shared_ptr<const TemplateBody> body_;
};

}  // namespace countersign::challenge
