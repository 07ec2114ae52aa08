// SPDX-License-Identifier: Apache-2.0
//
// Permits and what is left of them: address tokens (rules 6 and 7) and the windows of `policy
// expect` (rule 14). Thread-safe.
//
// Spending is exact: whatever number of nodes spend at once, a permit for N messages lets N in.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "screening/permit.h"

namespace countersign {

/// Names a permit.
struct PermitName {
  enum class Kind { token, window };
  Kind kind = Kind::token;
  std::string owner{};  ///< Mailbox::key()
  std::string name{};   ///< AddressToken::id; of a window the organizational domain
};

/// One use by one message.
struct Spending {
  PermitName permit;
  std::string fingerprint{};  ///< organizational domain that authenticates the author, or ""
  /// The message, for permits with a number of uses: header_digest(), and hex digits over the body.
  /// A message that took its use within a day takes none again.
  std::string header_digest{};
  std::string body_digest{};
  WallTime when{};
};

/// What became of it.
struct Spent {
  TokenUse use = TokenUse::none;  ///< `valid`: spent, or spent before; `none`: no such permit
  bool before = false;            ///< by the same message: nothing was taken now
  Permit permit{};                ///< as it stands after it
};

class AddressTokens {
 public:
  virtual ~AddressTokens() = default;

  /// Makes a permit. Errors: already_exists, unavailable.
  virtual Status add(const PermitName& name, const Permit& permit, Deadline deadline) = 0;
  /// Makes a permit, or puts it in the place of what stands there. Errors: unavailable.
  virtual Status put(const PermitName& name, const Permit& permit, Deadline deadline) = 0;
  /// Errors: not_found, unavailable, corrupt.
  virtual Result<Permit> get(const PermitName& name, Deadline deadline) = 0;
  /// Returns all of an owner's, by name. Errors: unavailable, corrupt.
  virtual Result<std::vector<std::pair<std::string, Permit>>> list(PermitName::Kind kind,
                                                                   const std::string& owner,
                                                                   Deadline deadline) = 0;
  /// Errors: not_found, unavailable.
  virtual Status remove(const PermitName& name, Deadline deadline) = 0;
  /// Ends a permit for good, if it is not revoked yet; returns it. Errors: not_found, unavailable,
  /// corrupt.
  virtual Result<Permit> revoke(const PermitName& name, WallTime when, Deadline deadline) = 0;

  /// Takes one use for each, in one round trip, each by itself and atomically: judges as use_of()
  /// does, lowers the number, and binds a permit of Binding::first to an authenticated author.
  /// Returns what became of each, in order. Errors: unavailable: each may or may not be spent (a
  /// second try of the same message then takes none again); corrupt.
  virtual Result<std::vector<Spent>> spend(const std::vector<Spending>& all, Deadline deadline) = 0;

  /// Whether a message with this header section took a use within a day: then what use_of() has
  /// against it may not count. Errors: unavailable.
  virtual Result<bool> spent_before(const PermitName& name, const std::string& header_digest,
                                    Deadline deadline) = 0;

  /// Notes that a stranger used a token; `fingerprint` as in Spending. Returns it. Errors:
  /// not_found, unavailable, corrupt.
  virtual Result<Permit> note_leak(const PermitName& name, const std::string& fingerprint,
                                   WallTime when, Deadline deadline) = 0;
};

}  // namespace countersign
