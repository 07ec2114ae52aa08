// SPDX-License-Identifier: Apache-2.0
//
// How those whom a message is for stand to its author by now, whatever was so when it came: a
// recipient's list wins over any answer, and over a word for all (law 3). Immutable, thread-safe.
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "tokenstore/directory.h"

namespace countersign {

class AuthorStanding {
 public:
  using Owners = std::set<std::string>;  ///< Mailbox::key()

  /// Asks for all of `owners` at once; `author`: his address. Errors: unavailable, corrupt.
  static Result<AuthorStanding> of(const std::string& author, const Owners& owners,
                                   Directory& directory, Deadline deadline);

  /// Returns the owners whose lists block him.
  Owners blocking() const;
  /// Returns those of them who would have him know: the others have the policy `blocked=hold`.
  Owners declining() const;
  /// Returns the owners whom no answer of his reaches: they block him, or know him by something
  /// else than what the message has (rule 10): a fingerprint, or "", and that of its network, or
  /// "".
  Owners unreached(const std::string& fingerprint, const std::string& network) const;
  /// Returns the owners who know him by this fingerprint.
  Owners knowing(const std::string& fingerprint) const;

 private:
  template <class Wanted>
  Owners where(const Wanted& wanted) const;

  std::map<std::string, RecipientKnowledge> known_;
};

}  // namespace countersign
