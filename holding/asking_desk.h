// SPDX-License-Identifier: Apache-2.0
//
// The one implementation of AskingDesk, and the judge of answers to what it asked. The web host is
// not trusted (law 8): MAC, token and tuple are computed anew, and views and records are written by
// nodes only.
//
// Answers come by the stream kAnyNode, from which every node takes: whichever is up serves them,
// and what one did the next finds done. Thread-safe.
#pragma once

#include <string>

#include "base/guarded.h"
#include "base/keyring.h"
#include "holding/asking.h"
#include "holding/desk.h"
#include "tokenstore/asked.h"

namespace countersign {

/// Returns the canonical token of a page of which nothing is held: by the key whose token has the
/// token_digest() `before`, that of an earlier try, else by the current one. Errors: not_found (no
/// key).
Result<std::string> asked_token(const Keyring& keys, const HeldId& id, int generation,
                                const std::string& before = {});

struct AskingSettings {
  std::string base_url;
  seconds lifetime = std::chrono::hours(24 * 30);      ///< of a question, and of an answer
  seconds deferred_lifetime = std::chrono::hours(48);  ///< the same, of deferred mail
  std::map<std::string, std::string, std::less<>> domain_urls = {};  ///< as PageUrls::of
};

struct AskingParts {
  Asked& asked;
  HeldIndex& index;
  Directory& directory;
  /// For contacts, and for what the same author has waiting.
  Desk& desk;
  const Keyring& keys;
  const Clock& clock;
};

class StoreAskingDesk final : public AskingDesk {
 public:
  /// All parts must outlive it.
  StoreAskingDesk(AskingParts parts, AskingSettings settings);

  Result<std::string> ask(const Question& question, Deadline deadline) override;
  Result<bool> has_room(const std::string& owner, Deadline deadline) override;
  Status settle(const std::string& owner, const std::string& id, const AskedRecord& record,
                bool held, Deadline deadline) override;
  Status remember_way(const std::string& owner, const std::string& way, WallTime now,
                      Deadline deadline) override;
  Result<bool> spend(const std::string& owner, const std::string& id, const AskedRecord& record,
                     const AskedUse& use, Deadline deadline) override;
  /// Judges one request of the stream kAnyNode. Every step can be repeated.
  /// Errors: unavailable (the request stays and is judged again later).
  Result<DeskOutcome> handle(const Request& request, Deadline deadline);

  /// Replaces the settings for what is asked later.
  void set(AskingSettings settings);

 private:
  bool is_genuine(const Request& request, const HeldView& view) const;
  Result<bool> let_in(const HeldView& view, const Request& request, Deadline deadline);
  Result<bool> let_next_pass(const HeldView& view, Deadline deadline);

  AskingParts parts_;
  Guarded<AskingSettings> settings_;
};

}  // namespace countersign
