// SPDX-License-Identifier: Apache-2.0
//
// Which of our languages a reader gets. Pure, thread-safe.
#pragma once

#include <string_view>

#include "language/catalogue.h"

namespace countersign::language {

/// Returns the catalogue that a language range asks for by lookup (RFC 4647 §3.4): "pt-BR" and "pt"
/// get "pt", whatever their case; null if there is none.
const Catalogue* look_up(std::string_view range);

/// Returns what suits a field Accept-Language best (RFC 9110 §12.5.4; several joined by commas):
/// the language asked for with the highest weight, of equals the first. `otherwise` where none is
/// ours, where "*" comes before those that are, and where the field is empty or malformed.
const Catalogue& choose(std::string_view accept_language, const Catalogue& otherwise);

}  // namespace countersign::language
