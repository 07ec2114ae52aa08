// SPDX-License-Identifier: Apache-2.0
//
// What the sender of one transaction was asked before, when nothing of his was held, and what he is
// asked now: the modes refuse and defer, and mail over a share of the spool. Not thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "holding/asking.h"
#include "mail/envelope.h"
#include "mail/header_section.h"
#include "milter/client.h"
#include "milter/services.h"
#include "screening/facts.h"

namespace countersign {

class Correspondence {
 public:
  /// All that is referred to must outlive it.
  Correspondence(Services& services, std::shared_ptr<const MilterSettings> settings,
                 const Client& client, const ReversePath& path, bool internal,
                 const HeaderSection& header);

  /// Mode defer: returns the question with which a recipient answers 450, or nothing where the
  /// message is to come. By the envelope alone; asks the store once, unless it is clear without. A
  /// store that does not answer says nothing here: the end of the header section will tell.
  struct Wait {
    Question question;
    PageState page = PageState::up;
    /// Mail of somebody who is known came by the same way before: whether this is, the end of the
    /// header section will tell, and whoever else it is waits from then on.
    bool way_known = false;
  };
  std::optional<Wait> wait_for(const ForwardPath& path, Deadline deadline);

  /// The header section is complete, and who its author is.
  void set_author(const Facts& facts);
  /// Whether there may well be records of what `owner` asked: then their ids are part of the first
  /// question to the store.
  bool may_have_asked(const Mailbox& owner) const;
  /// Returns the ids to ask the store for with Inquiry::asked: of what was refused to this author
  /// while nobody vouched for him, and of what was deferred. Authenticated authors answer to become
  /// contacts. Not before anything of the header section is known but the author.
  const std::vector<std::string>& ids_for(const std::optional<Mailbox>& author,
                                          const Mailbox& owner);
  /// Sets RecipientFacts::answered by what the store said of these ids.
  void judge(RecipientFacts& recipient);

  /// Returns the question to these of the recipients of refused mail.
  Question question_to(const std::vector<std::size_t>& asked, const Facts& facts,
                       const Envelope& envelope,
                       const std::vector<RecipientFacts>& recipients) const;

  /// Takes a piece of the body of a message that passes by an answer.
  void body(std::string_view bytes) { hash_.update(bytes); }
  /// Spends the recipient's answer on this message, whose body is complete. Returns whether it may
  /// pass. Errors: unavailable.
  Result<bool> spend(const RecipientFacts& recipient, Deadline deadline);
  /// Tells the page of a challenge that deferred this message, where there is one, that the message
  /// was taken, or is held. A page that cannot be told goes on saying that it waits.
  void settle(const RecipientFacts& recipient, bool held, Deadline deadline);
  /// Remembers by which way this message came, which the recipient let in for whose it is, where he
  /// might have waited for that; writes at most once a day for each way. What cannot be remembered
  /// makes the next one wait.
  void remember_way(const RecipientFacts& recipient, Deadline deadline);

 private:
  /// The record, and its place in ids_for(), by which this message may pass.
  std::optional<std::size_t> answered_by(const RecipientKnowledge& knowledge);
  const AskedUse& use();
  /// What this message is deferred as, without owners.
  const AskedTuple& deferred();
  bool is_over(const AskedRecord& record, WallTime now) const;

  Services& services_;
  const std::shared_ptr<const MilterSettings> settings_;
  const Client& client_;
  const ReversePath& path_;
  const bool internal_;
  std::optional<AskedTuple> deferred_;  ///< once deferred() was needed, which is for few messages
  std::vector<std::string> came_by_;    ///< ways_of(), once wait_for() needs it
  /// By owner: who would wait by the envelope alone, and until when a way of it is known.
  std::map<std::string, WallTime> ways_;
  const HeaderSection& header_;
  std::optional<Mailbox> author_;
  std::string fingerprint_;
  WallTime arrived_{};
  std::string ids_author_;                               ///< whom ids_ are of
  std::map<std::string, std::vector<std::string>> ids_;  ///< by owner: asked for early, and again
  AskedUse use_;
  Sha256 hash_;
};

}  // namespace countersign
