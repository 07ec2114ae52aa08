// SPDX-License-Identifier: Apache-2.0
//
// The texts for people in one language. They are written in English where they are said, and
// translated in po/LANGUAGE.po (GNU gettext), which language/catalogue_maker turns into tables when
// the program is built: nothing is read at run time, and no locale of the process or thread is
// involved, so that each request has its own language. Immutable, thread-safe.
//
// Texts have holes, "{name}"; a translation has the same ones (the build fails otherwise).
#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace countersign::language {

/// A text and its translations by plural form; made by catalogue_maker.
struct Message {
  std::string_view id;  ///< in English; with a context: CONTEXT "\4" ENGLISH
  std::array<std::string_view, 6> forms;
};

/// A catalogue as catalogue_maker writes it.
struct Table {
  std::string_view tag;                            ///< language tag (RFC 5646): "pt"
  std::string_view name;                           ///< in the language itself: "Português"
  std::string_view direction;                      ///< "ltr", "rtl"
  std::span<const Message> messages;               ///< sorted by id
  unsigned long (*form_of)(unsigned long number);  ///< which form goes with a number
};

/// All catalogues but English, in the order of po/LINGUAS. Made when building.
std::span<const Table> tables();

/// What is put into the holes of a text: {{"to", "joe@example.org"}}.
using Filling = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class Catalogue {
 public:
  constexpr explicit Catalogue(const Table& table) : table_(&table) {}

  std::string_view tag() const { return table_->tag; }
  std::string_view name() const { return table_->name; }
  std::string_view direction() const { return table_->direction; }

  /// Returns the text in this language; as it is if it is not translated.
  std::string_view say(std::string_view english) const;
  std::string say(std::string_view english, Filling filling) const;
  /// The same of a short text whose meaning `context` tells.
  std::string_view say_in(std::string_view context, std::string_view english) const;
  /// Returns the form that goes with `number`; its hole {n} is filled. `many` is the text for all
  /// numbers but 1 in English.
  std::string count(std::string_view one, std::string_view many, unsigned long number) const;

 private:
  const Message* find(std::string_view id) const;
  const Table* table_;
};

/// All languages that we speak; the first is English.
std::span<const Catalogue> catalogues();

/// Returns the catalogue of exactly this tag; null if there is none.
const Catalogue* find_catalogue(std::string_view tag);

const Catalogue& english();

/// Fills holes; of a name that is not given, and of a brace without name, all stays as it is.
std::string filled(std::string_view text, Filling filling);

}  // namespace countersign::language
