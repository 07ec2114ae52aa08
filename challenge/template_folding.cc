// SPDX-License-Identifier: Apache-2.0
#include "challenge/template_pieces.h"

namespace countersign::challenge {
namespace {

/// Puts constants into pieces, and makes one of all lines that nothing can change any more.
class Folding {
 public:
  using Piece = TemplatePiece;
  using Kind = Piece::Kind;

  Folding(const std::vector<Piece>& pieces, const Values& constants)
      : pieces_(pieces), constants_(constants) {}

  std::vector<Piece> run() {
    range(0, pieces_.size(), nullptr);
    return std::move(out_);
  }

 private:
  /// `item` of the list of constants that is gone through; null outside of them.
  void range(std::size_t from, std::size_t to, const Texts* item) {
    for (std::size_t i = from; i < to; ++i) {
      const Piece& piece = pieces_[i];
      if (piece.kind == Kind::value) {
        value(piece, item);
      } else if (piece.kind == Kind::section || piece.kind == Kind::contrary) {
        section(i, item);
        i = piece.end;
      } else {
        out_.push_back(piece);
        if (piece.kind == Kind::line_end) end_line();
      }
    }
  }

  void value(const Piece& piece, const Texts* item) {
    const std::string* text = nullptr;
    if (item)
      if (const auto own = item->find(piece.text); own != item->end()) text = &own->second;
    const Values::Value* constant = constants_.find(piece.text);
    if (!text && constant) text = std::get_if<std::string>(constant);
    if (text || constant) {
      out_.push_back({Kind::constant, ""});
      if (text) append_escaped(out_.back().text, *text);
    } else {
      out_.push_back(piece);
      fixed_ = false;
    }
  }

  void section(std::size_t begin, const Texts* item) {
    const Piece& piece = pieces_[begin];
    const bool wanted = piece.kind == Kind::section;
    const Values::Value* constant = constants_.find(piece.text);
    const auto* list = constant ? std::get_if<std::vector<Texts>>(constant) : nullptr;
    const bool of_item = item && item->contains(piece.text);
    if (!constant && !of_item) return open_section(begin, item);
    out_.push_back({Kind::comment, ""});
    if (list && wanted)
      for (const Texts& each : *list) {
        range(begin + 1, piece.end, &each);
        out_.push_back({Kind::comment, ""});
      }
    else if ((of_item || holds(constant)) == wanted)
      range(begin + 1, piece.end, item);
    out_.push_back({Kind::comment, ""});
  }

  /// Of which later values decide.
  void open_section(std::size_t begin, const Texts* item) {
    const std::size_t at = out_.size();
    out_.push_back(pieces_[begin]);
    fixed_ = false;
    range(begin + 1, pieces_[begin].end, item);
    out_[at].end = out_.size();
    out_.push_back({Kind::end, ""});
    fixed_ = false;
  }

  /// The last piece ends a line.
  void end_line() {
    if (fixed_) {
      Page page(0);
      for (std::size_t i = line_; i < out_.size(); ++i) put(page, out_[i]);
      out_.resize(line_);
      const std::string text = page.take();
      if (!out_.empty() && out_.back().kind == Kind::lines)
        out_.back().text += text;
      else if (!text.empty())
        out_.push_back({Kind::lines, text});
    }
    line_ = out_.size();
    fixed_ = true;
  }

  static void put(Page& page, const Piece& piece) {
    if (piece.kind == Kind::text) page.put(piece.text);
    if (piece.kind == Kind::constant) page.put_constant(piece.text);
    if (piece.kind == Kind::comment) page.mark();
    if (piece.kind == Kind::line_end) page.end_line();
  }

  const std::vector<Piece>& pieces_;
  const Values& constants_;
  std::vector<Piece> out_;
  std::size_t line_ = 0;  ///< where in it the line began
  bool fixed_ = true;     ///< nothing in the line can change any more
};

}  // namespace

std::vector<TemplatePiece> fold_pieces(const std::vector<TemplatePiece>& pieces,
                                       const Values& constants) {
  return Folding(pieces, constants).run();
}

}  // namespace countersign::challenge
