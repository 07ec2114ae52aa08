// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "challenge/template_pieces.h"

namespace countersign::challenge {
namespace {

/// Goes through a template once, and makes its pieces.
class Parser {
 public:
  using Piece = TemplatePiece;
  using Kind = Piece::Kind;

  Parser(const std::string& text, const std::string& file,
         const std::function<bool(std::string_view)>& is_name)
      : text_(text), file_(file), is_name_(is_name) {}

  Result<std::vector<Piece>> run() {
    std::size_t after = 0;
    for (std::size_t at = text_.find("{{"); at != std::string::npos; at = text_.find("{{", after)) {
      plain(std::string_view(text_).substr(after, at - after));
      tag_at_ = at;
      if (text_.compare(at, 3, "{{{") == 0)
        return fail("'{{{' puts text in unescaped; use {{name}}");
      const auto end = text_.find("}}", at + 2);
      if (end == std::string::npos) return fail("'{{' without '}}'");
      CS_TRY(tag(trimmed(std::string_view(text_).substr(at + 2, end - at - 2))));
      after = end + 2;
    }
    plain(std::string_view(text_).substr(after));
    if (open_.empty()) return std::move(pieces_);
    tag_at_ = open_.back().at;
    return fail("section '" + pieces_[open_.back().piece].text + "' is not closed");
  }

 private:
  struct Open {
    std::size_t piece;  ///< of its begin
    std::size_t at;     ///< where that stands in the text
  };

  /// What stands between tags, cut at the ends of lines.
  void plain(std::string_view text) {
    while (!text.empty()) {
      const auto end = text.find('\n');
      if (end != 0) pieces_.push_back({Kind::text, std::string(text.substr(0, end))});
      if (end == std::string_view::npos) return;
      pieces_.push_back({Kind::line_end, ""});
      text.remove_prefix(end + 1);
    }
  }

  Status tag(std::string_view content) {
    if (content.empty()) return fail("empty tag");
    const char kind = content.front();
    if (kind == '&') return fail("'{{&' puts text in unescaped; use {{name}}");
    if (kind == '>') return fail("'{{>' puts another template in; that is not allowed");
    if (kind == '=') return fail("'{{=' changes the delimiters; that is not allowed");
    if (kind == '!') {
      pieces_.push_back({Kind::comment, ""});
      return {};
    }
    const bool section = kind == '#' || kind == '^' || kind == '/';
    const std::string name(section ? trimmed(content.substr(1)) : content);
    if (!is_name_(name)) return fail("unknown name '" + name + "'");
    if (kind == '/') return close(name);
    if (section) open_.push_back({pieces_.size(), tag_at_});
    pieces_.push_back({kind == '#'   ? Kind::section
                       : kind == '^' ? Kind::contrary
                                     : Kind::value,
                       name});
    return {};
  }

  Status close(const std::string& name) {
    if (open_.empty() || pieces_[open_.back().piece].text != name)
      return fail("'{{/" + name + "}}' closes no section");
    pieces_[open_.back().piece].end = pieces_.size();
    pieces_.push_back({Kind::end, ""});
    open_.pop_back();
    return {};
  }

  Error fail(const std::string& why) const {
    const auto line =
        1 + std::count(text_.begin(), text_.begin() + static_cast<long>(tag_at_), '\n');
    return {Errc::invalid, file_ + ":" + std::to_string(line) + ": " + why};
  }

  const std::string& text_;
  const std::string& file_;
  const std::function<bool(std::string_view)>& is_name_;
  std::vector<Piece> pieces_;
  std::size_t tag_at_ = 0;
  std::vector<Open> open_;
};

}  // namespace

Result<std::vector<TemplatePiece>> parse_pieces(
    const std::string& text, const std::string& file,
    const std::function<bool(std::string_view)>& is_name) {
  return Parser(text, file, is_name).run();
}

}  // namespace countersign::challenge
