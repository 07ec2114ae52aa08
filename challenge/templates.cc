// SPDX-License-Identifier: Apache-2.0
#include "challenge/templates.h"

#include <algorithm>
#include <array>

#include "challenge/template_pieces.h"

namespace countersign::challenge {
namespace {

/// Puts values into pieces.
class Rendering {
 public:
  using Piece = TemplatePiece;

  /// `values`: what counts for each name; null: nothing.
  Rendering(const std::vector<Piece>& pieces, std::size_t size,
            const std::vector<const Values::Value*>& values)
      : pieces_(pieces), values_(values), page_(size) {}

  std::string run() {
    range(0, pieces_.size(), nullptr);
    return page_.take();
  }

 private:
  /// `item` of the list that is gone through; null outside of lists.
  void range(std::size_t from, std::size_t to, const Texts* item) {
    for (std::size_t i = from; i < to; ++i) {
      const Piece& piece = pieces_[i];
      switch (piece.kind) {
        case Piece::Kind::text:
          page_.put(piece.text);
          break;
        case Piece::Kind::constant:
          page_.put_constant(piece.text);
          break;
        case Piece::Kind::lines:
          page_.put_lines(piece.text);
          break;
        case Piece::Kind::line_end:
          page_.end_line();
          break;
        case Piece::Kind::value:
          value(piece, item);
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

  void value(const Piece& piece, const Texts* item) {
    if (item) {
      const auto own = item->find(piece.text);
      if (own != item->end()) return page_.put_value(own->second);
    }
    if (const Values::Value* value = values_[piece.name])
      if (const auto* text = std::get_if<std::string>(value)) page_.put_value(*text);
  }

  void section(std::size_t begin, const Texts* item) {
    const Piece& piece = pieces_[begin];
    const bool wanted = piece.kind == Piece::Kind::section;
    const Values::Value* value = values_[piece.name];
    const auto* list = value ? std::get_if<std::vector<Texts>>(value) : nullptr;
    page_.mark();
    if (list && wanted)
      for (const Texts& each : *list) {
        range(begin + 1, piece.end, &each);
        page_.mark();
      }
    else if (((item && item->contains(piece.text)) || holds(value)) == wanted)
      range(begin + 1, piece.end, item);
    page_.mark();
  }

  const std::vector<Piece>& pieces_;
  const std::vector<const Values::Value*>& values_;
  Page page_;
};

bool has_name(const TemplatePiece& piece) {
  using Kind = TemplatePiece::Kind;
  return piece.kind == Kind::value || piece.kind == Kind::section || piece.kind == Kind::contrary;
}

}  // namespace

const Values::Value* Values::find(std::string_view name) const {
  const auto at = std::find_if(entries_.rbegin(), entries_.rend(),
                               [&](const Entry& entry) { return entry.name == name; });
  return at == entries_.rend() ? nullptr : &at->value;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

namespace {

/// What stands for each byte in HTML; "": the byte itself.
constexpr auto kEscapes = [] {
  std::array<std::string_view, 256> out{};
  out['&'] = "&amp;";
  out['<'] = "&lt;";
  out['>'] = "&gt;";
  out['"'] = "&quot;";
  out['\''] = "&apos;";
  return out;
}();

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view escape = kEscapes[static_cast<unsigned char>(text[i])];
    if (escape.empty()) continue;
    out.append(text, plain, i - plain) += escape;
    plain = i + 1;
  }
  out.append(text, plain);
}

bool holds(const Values::Value* value) {
  if (!value) return false;
  if (const auto* condition = std::get_if<bool>(value)) return *condition;
  const auto* list = std::get_if<std::vector<Texts>>(value);
  return !list || !list->empty();
}

Template::Template(std::vector<TemplatePiece> pieces) {
  TemplateBody body;
  for (const TemplatePiece& piece : pieces) {
    if (has_name(piece)) body.names.push_back(piece.text);
    body.size += piece.text.size();
  }
  std::sort(body.names.begin(), body.names.end());
  body.names.erase(std::unique(body.names.begin(), body.names.end()), body.names.end());
  const auto number = [&](const std::string& name) {
    return std::lower_bound(body.names.begin(), body.names.end(), name) - body.names.begin();
  };
  for (TemplatePiece& piece : pieces)
    if (has_name(piece)) piece.name = static_cast<std::size_t>(number(piece.text));
  body.pieces = std::move(pieces);
  body_ = std::make_shared<const TemplateBody>(std::move(body));
}

Result<Template> Template::parse(const std::string& text, const std::string& file,
                                 const std::function<bool(std::string_view)>& is_name) {
  CS_ASSIGN(std::vector<TemplatePiece> pieces, parse_pieces(text, file, is_name));
  return Template(std::move(pieces));
}

Template Template::with(const Values& constants) const {
  return Template(fold_pieces(body_->pieces, constants));
}

std::string Template::render(const Values& values, const Values& others) const {
  std::vector<const Values::Value*> at(body_->names.size());
  for (const Values* some : {&others, &values})
    for (const Values::Entry& entry : some->entries()) {
      const auto name = std::lower_bound(body_->names.begin(), body_->names.end(), entry.name);
      if (name != body_->names.end() && *name == entry.name)
        at[static_cast<std::size_t>(name - body_->names.begin())] = &entry.value;
    }
  // About half of it is for other states than this one.
  return Rendering(body_->pieces, body_->size / 2, at).run();
}

}  // namespace countersign::challenge
