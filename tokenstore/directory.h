// SPDX-License-Identifier: Apache-2.0
//
// The question that every message asks of the store.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/mailbox.h"
#include "screening/knowledge.h"

namespace countersign {

/// An address token that a recipient's address carries.
struct TokenQuestion {
  std::string owner;  ///< Mailbox::key()
  std::string id;     ///< AddressToken::id
  bool operator==(const TokenQuestion&) const = default;
};

struct Inquiry {
  std::vector<Mailbox> recipients{};   ///< owners (design section 5: `m`), no two alike
  std::optional<Mailbox> author{};     ///< none: no entry of an author is asked for
  WallTime now{};                      ///< what has ended by then counts no more
  std::string list_id{};               ///< as Facts::list_id; "": no entry of a list is asked for
  std::optional<Mailbox> list_post{};  ///< as Facts::list_post
  /// What the message answers, as SentDigests::of_answer(): RecipientKnowledge::replied.
  std::vector<std::string> answers{};
  std::vector<TokenQuestion> tokens{};
  /// Ids of records in {m}:asked, for each recipient; empty: none are asked for.
  std::vector<std::vector<std::string>> asked{};
  /// Whether those of whom no ids are asked for have any such record:
  /// RecipientKnowledge::has_asked.
  bool any_asked = false;
  /// Ways by which the message comes (Asked::remember_ways): RecipientKnowledge::way_until; empty:
  /// none are asked for.
  std::vector<std::string> ways{};
  bool operator==(const Inquiry&) const = default;
};

/// An inquiry that is under way. Destroyed without answer(), it costs the store a connection. For
/// one thread at a time.
class LookUp {
 public:
  virtual ~LookUp() = default;
  /// As Directory::look_up(). To be called once.
  virtual Result<Knowledge> answer(Deadline deadline) = 0;
};

/// Thread-safe.
class Directory {
 public:
  virtual ~Directory() = default;

  /// Returns all that is known, in one round trip whatever the number of recipients.
  /// Errors: unavailable (any failure of the store, an error reply, an absent or foreign
  /// `cs:site`): the answer is then "unknown", never "not listed"; corrupt (a record does not
  /// decode).
  virtual Result<Knowledge> look_up(const Inquiry& inquiry, Deadline deadline) = 0;

  /// Asks without waiting: none where that cannot be done now; then look_up() may still do it.
  virtual std::unique_ptr<LookUp> ask(const Inquiry& /*inquiry*/) { return nullptr; }

  /// False while the store is known to be down: callers then need not wait for a deadline. It comes
  /// back by itself, within two seconds of the store.
  virtual bool healthy() const = 0;
};

}  // namespace countersign
