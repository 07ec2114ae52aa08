// SPDX-License-Identifier: Apache-2.0
//
// What one message asks of the store, once, for all its recipients: begun while its header section
// still comes in, where what is known by then is the question. Belongs to one transaction. Not
// thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "mail/header_section.h"
#include "milter/correspondence.h"
#include "milter/services.h"
#include "screening/facts.h"
#include "tokenstore/directory.h"

namespace countersign {

class Consultation {
 public:
  /// All must outlive it. `began`: the transaction.
  Consultation(Services& services, const HeaderSection& header, Correspondence& correspondence,
               WallTime began)
      : services_(services), header_(header), correspondence_(correspondence), began_(began) {}

  /// What a message of this author asks: every owner once, those whom no rule screens not at all.
  /// The ids of what was asked cost more than all the rest, and most owners never asked anybody.
  Inquiry question(const std::optional<Mailbox>& author,
                   std::span<const RecipientFacts> recipients);
  /// Asks by what is known so far, without waiting. If more comes that changes the question, it is
  /// asked again. Nothing if it was asked already, or if there is nobody to ask for.
  void begin(const std::optional<Mailbox>& author, std::span<const RecipientFacts> recipients);
  bool has_begun() const { return early_ != nullptr; }
  /// Forgets what was begun: it may be old by the time it is of use.
  void forget() { early_.reset(); }
  /// Returns what the store says to the question, in one round trip. Where there turn out to be
  /// records of what an owner asked, it takes a second: at his first such message.
  /// Errors: those of Directory::look_up().
  Result<Knowledge> answer(const Inquiry& question, Deadline deadline);

 private:
  Status add_asked(const Inquiry& question, Knowledge& known, Deadline deadline);

  Services& services_;
  const HeaderSection& header_;
  Correspondence& correspondence_;
  const WallTime began_;
  /// The store's answer on its way, and to what: of use if that is still the question at the end.
  std::unique_ptr<LookUp> early_;
  Inquiry asked_;
};

}  // namespace countersign
