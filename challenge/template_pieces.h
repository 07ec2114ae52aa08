// SPDX-License-Identifier: Apache-2.0
//
// The pieces that a template is made of, for those who make them, put constants in, and render.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "challenge/templates.h"

namespace countersign::challenge {

/// A piece of a template: what stands between two tags, or a tag. Sections know where they end.
struct TemplatePiece {
  enum class Kind {
    text,
    constant,  ///< a value that was put in for good, escaped
    lines,     ///< whole lines, from the begin of one to the end of one
    line_end,
    value,
    section,
    contrary,
    end,
    comment
  };
  Kind kind;
  std::string text;      ///< what stands there, or a name
  std::size_t end = 0;   ///< of a section: the piece that ends it
  std::size_t name = 0;  ///< which of Body::names, where `text` is one
};

struct TemplateBody {
  std::vector<TemplatePiece> pieces;
  std::vector<std::string> names;  ///< all that the pieces have; sorted
  std::size_t size = 0;            ///< of all that is there, in bytes
};

/// As Template::parse().
Result<std::vector<TemplatePiece>> parse_pieces(
    const std::string& text, const std::string& file,
    const std::function<bool(std::string_view)>& is_name);

/// As Template::with().
std::vector<TemplatePiece> fold_pieces(const std::vector<TemplatePiece>& pieces,
                                       const Values& constants);

/// Whether a section of this value is there. A text is true, also an empty one; a list, if it has
/// an item.
bool holds(const Values::Value* value);

void append_escaped(std::string& out, std::string_view text);

std::string_view trimmed(std::string_view text);

/// A page as it grows.
class Page {
 public:
  explicit Page(std::size_t size) { out_.reserve(size); }

  void put(std::string_view text) { out_ += text; }

  void put_value(std::string_view text) {
    valued_ = true;
    append_escaped(out_, text);
  }
  void put_constant(std::string_view text) {
    valued_ = true;
    out_ += text;
  }

  /// A section begins or ends in this line: if nothing else comes, there will be no line.
  void mark() { marked_ = true; }

  void end_line() {
    if (is_nothing())
      out_.resize(line_);
    else
      out_ += '\n';
    begin_line();
  }
  /// Only at the begin of a line.
  void put_lines(std::string_view text) {
    out_ += text;
    begin_line();
  }

  std::string take() {
    if (is_nothing()) out_.resize(line_);
    return std::move(out_);
  }

 private:
  void begin_line() {
    line_ = out_.size();
    marked_ = valued_ = false;
  }
  bool is_nothing() const {
    return marked_ && !valued_ && trimmed(std::string_view(out_).substr(line_)).empty();
  }

  std::string out_;
  std::size_t line_ = 0;  ///< where the line began
  bool marked_ = false;   ///< it has a section's tag
  bool valued_ = false;   ///< it has a value, maybe empty
};

}  // namespace countersign::challenge
