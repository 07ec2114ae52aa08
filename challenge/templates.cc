// SPDX-License-Identifier: Apache-2.0
#include "challenge/templates.h"

#include <algorithm>

namespace countersign::challenge {

/// A piece of a template: what stands between two tags, or a tag. Sections know where they end.
struct Template::Piece {
  enum class Kind { text, line_end, value, section, contrary, end, comment };
  Kind kind;
  std::string text;     ///< of a text, or a name
  std::size_t end = 0;  ///< of a section: the piece that ends it
};

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Goes through a template once, and makes its pieces.
class Parser {
 public:
  using Piece = Template::Piece;
  using Kind = Piece::Kind;

  Parser(const std::string& text, const std::string& file,
         const std::set<std::string, std::less<>>& names)
      : text_(text), file_(file), names_(names) {}

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
    if (!names_.contains(name)) return fail("unknown name '" + name + "'");
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
  const std::set<std::string, std::less<>>& names_;
  std::vector<Piece> pieces_;
  std::size_t tag_at_ = 0;
  std::vector<Open> open_;
};

/// The page as it grows.
class Page {
 public:
  void put(std::string_view text) { out_ += text; }

  void put_escaped(std::string_view text) {
    valued_ = true;
    for (const char c : text) {
      switch (c) {
        case '&':
          out_ += "&amp;";
          break;
        case '<':
          out_ += "&lt;";
          break;
        case '>':
          out_ += "&gt;";
          break;
        case '"':
          out_ += "&quot;";
          break;
        case '\'':
          out_ += "&apos;";
          break;
        default:
          out_ += c;
      }
    }
  }

  /// A section begins or ends in this line: if nothing else comes, there will be no line.
  void mark() { marked_ = true; }

  void end_line() {
    if (is_nothing())
      out_.resize(line_);
    else
      out_ += '\n';
    line_ = out_.size();
    marked_ = valued_ = false;
  }

  std::string take() {
    if (is_nothing()) out_.resize(line_);
    return std::move(out_);
  }

 private:
  bool is_nothing() const {
    return marked_ && !valued_ && trimmed(std::string_view(out_).substr(line_)).empty();
  }

  std::string out_;
  std::size_t line_ = 0;  ///< where the line began
  bool marked_ = false;   ///< it has a section's tag
  bool valued_ = false;   ///< it has a value, maybe empty
};

/// Puts values into pieces.
class Rendering {
 public:
  using Piece = Template::Piece;

  Rendering(const std::vector<Piece>& pieces, const Values& values)
      : pieces_(pieces), values_(values) {}

  std::string run() {
    range(0, pieces_.size(), nullptr);
    return page_.take();
  }

 private:
  /// `item` of the list that is gone through; nullptr outside of lists.
  void range(std::size_t from, std::size_t to, const Texts* item) {
    for (std::size_t i = from; i < to; ++i) {
      const Piece& piece = pieces_[i];
      switch (piece.kind) {
        case Piece::Kind::text:
          page_.put(piece.text);
          break;
        case Piece::Kind::line_end:
          page_.end_line();
          break;
        case Piece::Kind::value:
          value(piece.text, item);
          break;
        case Piece::Kind::section:
        case Piece::Kind::contrary:
          section(i, item);
          i = piece.end;
          break;
        case Piece::Kind::comment:
        case Piece::Kind::end:
          page_.mark();
          break;
      }
    }
  }

  void value(const std::string& name, const Texts* item) {
    if (item) {
      const auto own = item->find(name);
      if (own != item->end()) return page_.put_escaped(own->second);
    }
    const auto at = values_.find(name);
    if (at == values_.end()) return;
    if (const auto* text = std::get_if<std::string>(&at->second)) page_.put_escaped(*text);
  }

  void section(std::size_t begin, const Texts* item) {
    const Piece& piece = pieces_[begin];
    const bool wanted = piece.kind == Piece::Kind::section;
    const auto at = values_.find(piece.text);
    const auto* list = at == values_.end() ? nullptr : std::get_if<std::vector<Texts>>(&at->second);
    page_.mark();
    if (list && wanted)
      for (const Texts& each : *list) range(begin + 1, piece.end, &each);
    else if (holds(piece.text, item) == wanted)
      range(begin + 1, piece.end, item);
    page_.mark();
  }

  /// A text is true, also an empty one; a list, if it has an item.
  bool holds(const std::string& name, const Texts* item) const {
    if (item && item->contains(name)) return true;
    const auto at = values_.find(name);
    if (at == values_.end()) return false;
    if (const auto* condition = std::get_if<bool>(&at->second)) return *condition;
    const auto* list = std::get_if<std::vector<Texts>>(&at->second);
    return !list || !list->empty();
  }

  const std::vector<Piece>& pieces_;
  const Values& values_;
  Page page_;
};

}  // namespace

Template::Template(std::vector<Piece> pieces)
    : pieces_(std::make_shared<const std::vector<Piece>>(std::move(pieces))) {}

Result<Template> Template::parse(const std::string& text, const std::string& file,
                                 const std::set<std::string, std::less<>>& names) {
  CS_ASSIGN(std::vector<Piece> pieces, Parser(text, file, names).run());
  return Template(std::move(pieces));
}

std::string Template::render(const Values& values) const {
  return Rendering(*pieces_, values).run();
}

}  // namespace countersign::challenge
