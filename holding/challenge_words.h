// SPDX-License-Identifier: Apache-2.0
//
// The sentences of a challenge by mail (design section 6), in the language of its site. Pure,
// thread-safe.
#pragma once

#include <string>

#include "language/catalogue.h"
#include "spool/spool.h"

namespace countersign {

/// They stand around the one link. Text, not markup; not yet broken into lines.
struct ChallengeWords {
  std::string greeting;
  std::string before;  ///< ends where the link begins
  std::string after;
  std::string last;
};

/// `recipients`: as they are said, "joe@example.org and ann@example.org". `by_reply`: a reply is an
/// answer, too.
ChallengeWords challenge_words(const HeldEnvelope& envelope, const std::string& recipients,
                               bool by_reply, const language::Catalogue& in);

}  // namespace countersign
