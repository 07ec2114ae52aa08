// SPDX-License-Identifier: Apache-2.0
//
// A page with holes (mustache), of ours or of the site. Everything that is put in is escaped: what
// senders wrote cannot become markup, whatever the template says. Immutable, thread-safe.
//
// Mustache, but for what is refused below. Ours, since the library (kainjow) parses a template anew
// for each page, which took most of a page's time.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace countersign::challenge {

/// What is put in, by name: a text, a condition, or a list whose items have texts.
using Texts = std::map<std::string, std::string>;
using Values = std::map<std::string, std::variant<std::string, bool, std::vector<Texts>>>;

class Template {
 public:
  /// Parses `text`; `file` is for messages; `names` are those that a template may use.
  ///
  /// Errors: invalid ("FILE:LINE: ..."): a tag that puts in unescaped text ({{{x}}}, {{&x}}), one
  /// that puts in another template ({{>x}}) or changes the delimiters ({{=<% %>=}}), an unknown
  /// name, an unclosed tag or section.
  static Result<Template> parse(const std::string& text, const std::string& file,
                                const std::set<std::string, std::less<>>& names);

  /// Returns the page as HTML. What is not in `values` is empty, or false; a text is true. Lines
  /// with nothing but sections' tags and comments leave no line.
  std::string render(const Values& values) const;

  struct Piece;

 private:
  explicit Template(std::vector<Piece> pieces);
  std::shared_ptr<const std::vector<Piece>> pieces_;
};

}  // namespace countersign::challenge
