// SPDX-License-Identifier: Apache-2.0
//
// Where a request to let a message in is believed or not. The web host is not trusted (law 8): the
// token is computed anew, the address is compared with the spool, the recipient's list wins.
//
// The caller holds the message's claim (claims.h).
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/keyring.h"
#include "holding/author_standing.h"
#include "holding/claims.h"
#include "holding/held_table.h"
#include "tokenstore/budgets.h"
#include "tokenstore/contacts.h"
#include "tokenstore/directory.h"
#include "tokenstore/held_index.h"
#include "tokenstore/requests.h"

namespace countersign {

/// What became of a request, for log and metrics.
enum class DeskOutcome {
  accepted,    ///< the message may go
  repeated,    ///< it may go already: nothing was done
  forged,      ///< MAC, token or address is wrong, or no answer can free this message
  not_wanted,  ///< the recipient's list says no
  unknown      ///< no such message here
};
inline constexpr std::array<std::string_view, 5> kDeskOutcomeWords = {
    "accepted", "repeated", "forged", "not-wanted", "unknown"};

struct DeskParts {
  Spool& spool;
  HeldTable& table;
  HeldIndex& index;
  Directory& directory;
  Contacts& contacts;
  Requests& requests;
  Budgets& budgets;
  Claims& claims;
  const Keyring& keys;
  const Clock& clock;
  /// Called when a message waits for the release workers: it may go, or is over. Must not block.
  std::function<void(const HeldId&)> on_change;
};

class Desk {
 public:
  explicit Desk(DeskParts parts) : parts_(std::move(parts)) {}

  /// Judges one request. Steps are in the order of design section 5 (answered is logged, contact,
  /// release), and every one can be repeated.
  /// Errors: unavailable (store or disk: the request stays and is judged again later).
  Result<DeskOutcome> handle(const Request& request, Deadline deadline);

  /// Lets a message go on the word of recipient or operator `who`: words_of_approval(). Errors:
  /// not_found, unavailable.
  Status approve(const HeldId& id, const std::string& who, std::optional<std::uint32_t> recipient,
                 Deadline deadline);
  /// Marks a message as dropped, by `recipient` or by all; the release workers remove what nobody
  /// is left for. Errors: not_found, unavailable.
  Status drop(const HeldId& id, const std::string& who,
              std::optional<std::uint32_t> recipient = {});
  /// Undoes that a message was taken back: it waits again. Errors: not_found, unavailable.
  Status restore(const HeldId& id, const std::string& who);
  /// The author of refused mail answered, and is authenticated: makes him a contact of the view's
  /// owners, and frees what else he has waiting for them. Errors: unavailable.
  Status welcome(const HeldView& view, const std::string& proof);
  /// Does what is left to do of the answer to a message that goes out: its contact, what else its
  /// author has waiting. Nothing, mostly: after a crash, or a fault of the store.
  /// Errors: unavailable.
  Status finish_answer(const HeldId& id);

 private:
  Result<DeskOutcome> answer(const Request& request, const HeldMessage& message, Deadline deadline);
  Status note_unreached(const HeldEnvelope& envelope, const std::set<std::string>& unreached,
                        const std::set<std::string>& blocking);
  Result<DeskOutcome> take_back(const Request& request, const HeldMessage& message,
                                Deadline deadline);
  Result<AuthorStanding> standing_of(const HeldEnvelope& envelope, Deadline deadline);
  Status let_go(const HeldId& id, const std::vector<HeldEvent>& words);
  Result<bool> free_for(const HeldMessage& message, const std::set<std::string>& owners,
                        const std::string& proof);
  Status decline(const HeldMessage& message, const std::set<std::string>& blocking);
  Status write_contact(const HeldEnvelope& envelope, const std::set<std::string>& owners);
  Status free_others(const HeldEnvelope& envelope, const std::set<std::string>& owners,
                     const std::string& proof);
  Status free_elsewhere(const HeldEnvelope& envelope, const std::string& proof);
  Result<DeskOutcome> free_here(const HeldMessage& message, const Request& request,
                                Deadline deadline);

  DeskParts parts_;
};

}  // namespace countersign
