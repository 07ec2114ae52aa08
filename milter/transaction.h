// SPDX-License-Identifier: Apache-2.0
//
// One mail transaction (RFC 5321 §3.3): gathers what the MTA tells, asks the store once, decides at
// the end of the header section, and acts at the end of the message.
//
//   recipient, field ... end_of_header -> accept, refuse, defer     the MTA tells no more
//                                      -> deliver   body skipped; field added at the end
//                                      -> keep      body into the spool; durable before the answer
//
// Where the decision needs the body, the body is kept aside as it comes, and what stands above
// happens at the end of the message (source `builtin`, a message with a signature), or once enough
// of it is there (a bounce, by the header section that it returns).
//
// Not thread-safe; steps may come from different threads, one after the other. A transaction that
// is destroyed before its end leaves nothing behind.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holding/intake.h"
#include "mail/envelope.h"
#include "mail/header_section.h"
#include "milter/body_buffer.h"
#include "milter/byte_check.h"
#include "milter/client.h"
#include "milter/consultation.h"
#include "milter/correspondence.h"
#include "milter/marking.h"
#include "milter/permit_use.h"
#include "milter/reply_use.h"
#include "milter/returned_report.h"
#include "milter/services.h"
#include "milter/verdict.h"
#include "milter/verification.h"
#include "screening/plan.h"

namespace countersign {

class Transaction {
 public:
  /// `services` must outlive the transaction. `authenticated`: SMTP AUTH succeeded (RFC 4954).
  Transaction(Services& services, Client client, ReversePath reverse_path, bool authenticated);

  /// RCPT. `answered`: the MTA waits for the verdict, and a mailbox in mode defer may say 450. Then
  /// returns within 5 s, else at once.
  Verdict recipient(ForwardPath path, bool answered = false);
  /// `value` as in HeaderField::value.
  void field(std::string_view name, std::string_view value);
  /// Decides, unless the body is needed for it. Returns within 8 s.
  Verdict end_of_header(std::string_view queue_id);
  Verdict body(std::string_view bytes);
  /// Decides if that is still to be done, and acts. Returns within 8 s.
  Verdict end_of_message(MessageEditor& editor);

  /// Whether destroying it means I/O: a message is half in the spool, or in a file of its own.
  bool has_draft() const { return intake_ != nullptr || waiting_; }

 private:
  void gather();
  bool is_screened() const;
  bool is_only_watched() const;
  void learn_from_outgoing();
  void begin_verification();
  void finish_verification();
  /// What we found ourselves of its authentication, so far.
  const std::vector<AuthResult>& results() const {
    static const std::vector<AuthResult> kNone;
    return verification_ ? verification_->results() : kNone;
  }
  bool needs_body() const {
    return (verification_ && verification_->wants_body()) || (report_ && report_->wants_body());
  }
  Verdict decide();
  Verdict decide_behind_body();
  const Author& author();
  void ask_early();
  void ask_store();
  void store_failed();
  void judge();
  void judge_returned();
  std::optional<Verdict> take_returned(MessageEditor& editor);
  void store_does_not_answer(const Error& error) const;
  SmtpReply refusal() const;
  std::optional<Verdict> spend_permits(MessageEditor& editor);
  std::optional<Verdict> join_again(MessageEditor& editor);
  Verdict put_off(const std::string& held_id, const Error& error);
  std::optional<Verdict> tell_answered();
  void tell_despite_block();
  bool may_wait(const Correspondence::Wait& wait);
  void find_waiting();
  bool any_gets_it() const;
  void keep_only_asked(Question& question) const;
  Verdict ask(const Question& question);
  Verdict no_room(const Error& error);
  bool passes_by_answer(std::size_t i) const;
  bool any_passes_by_answer() const;
  std::optional<Verdict> spend_answers();
  void settle_deferred();
  Verdict spent_on_another(std::size_t i);
  Verdict begin_hold();
  Verdict spool(std::string_view bytes);
  Verdict not_held(const SmtpReply& reply, std::string_view why);
  const ReplyTexts& reply_texts() const;
  Verdict keep(const HeldReceipt& receipt);
  Status report_refused();
  void learn();
  void record(const std::string& held_id, std::string_view error = {});
  Verdict finish(Verdict verdict);
  void begin_step() { step_ends_ = services_.clock.steady() + kStep; }
  Deadline within(milliseconds time) const {
    return std::min(services_.clock.steady() + time, step_ends_);
  }

  static constexpr milliseconds kStep{8000};  ///< Sendmail waits 10 s for an answer
  static constexpr milliseconds kLookUp{2000};
  static constexpr milliseconds kLookUpWhileWatching{300};

  Services& services_;
  const std::shared_ptr<const MilterSettings> settings_;
  const Client client_;
  const bool internal_;
  const WallTime began_;
  Envelope envelope_;
  HeaderSection header_;
  /// What mode defer said to each recipient at RCPT.
  struct Heard {
    bool settled = false;                        ///< he is to come, whoever the author is
    std::optional<Correspondence::Wait> wait{};  ///< unless the author is known he waits
  };
  std::vector<Heard> heard_;
  Correspondence correspondence_;
  Consultation consultation_;
  const Marking marking_;
  Question deferral_;  ///< to those whom mode defer makes wait at the end of the header section
  bool header_too_large_ = false;
  std::optional<Author> author_;  ///< by the From fields so far, once asked for
  std::string queue_id_;

  Facts facts_;
  std::vector<RecipientFacts> recipients_;
  std::vector<Decision> decisions_;
  Plan plan_;

  PermitUse permits_;
  ReplyUse replies_;
  bool body_counts_ = false;  ///< for permits_

  Deadline step_ends_{};  ///< of the step that runs
  std::optional<Verification> verification_;
  std::optional<ReturnedReport> report_;
  std::map<Mailbox, ReturnedNote> returned_;  ///< what it returns, by owner
  std::optional<BodyBuffer> waiting_;         ///< the body so far, while it is not decided

  std::vector<std::size_t> reported_;  ///< recipients of whose refusal a report is owed
  std::unique_ptr<Intake> intake_;
  ByteCheck check_;
  std::uint64_t body_bytes_ = 0;
  std::optional<Verdict> final_;  ///< what the MTA was told for good
};

}  // namespace countersign
