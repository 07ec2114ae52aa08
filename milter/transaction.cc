// SPDX-License-Identifier: Apache-2.0
#include "milter/transaction.h"

#include <algorithm>
#include <map>

#include "base/log.h"
#include "milter/destination.h"
#include "milter/gather.h"
#include "screening/replies.h"

namespace countersign {
namespace {

constexpr std::size_t kMostHeaderBytes = 4 * 1024 * 1024;

constexpr milliseconds kAskDns{4000};
constexpr milliseconds kAskDnsWhileWatching{2000};
constexpr milliseconds kAuthenticate{1000};  ///< once DNS is no longer asked
constexpr milliseconds kCommit{7000};
constexpr milliseconds kLearn{500};

/// A field that most mail has, and after what the store's question depends on: then the store
/// thinks while the rest of the header section comes in.
constexpr std::string_view kAskedAt = "Content-Type";
constexpr std::string_view kFrom = "From";

}  // namespace

Transaction::Transaction(Services& services, Client client, ReversePath reverse_path,
                         bool authenticated)
    : services_(services),
      settings_(services.settings()),
      client_(std::move(client)),
      internal_(authenticated || settings_->submit_networks.contains(client_.address)),
      began_(services.clock.wall()),
      envelope_{.reverse_path = std::move(reverse_path), .recipients = {}},
      correspondence_(services, settings_, client_, envelope_.reverse_path, internal_, header_),
      consultation_(services, header_, correspondence_, began_),
      marking_(*settings_, envelope_, header_, internal_),
      permits_(services),
      replies_(services) {}

void Transaction::field(std::string_view name, std::string_view value) {
  if (header_.size_bytes() + name.size() + value.size() > kMostHeaderBytes)
    header_too_large_ = true;
  if (!header_too_large_) header_.add(name, value);
  if (same_name(name, kFrom)) author_.reset();
  if (same_name(name, kAskedAt)) ask_early();
}

const Author& Transaction::author() {
  if (!author_) author_ = parse_author(header_);
  return *author_;
}

Verdict Transaction::end_of_header(std::string_view queue_id) {
  begin_step();
  queue_id_ = queue_id;
  gather();
  if (internal_) learn_from_outgoing();
  begin_verification();
  if (is_screened() && facts_.null_reverse_path && !header_too_large_) report_.emplace(header_);
  if (needs_body()) {
    // Nobody can say when the body will be here: an answer may be old then.
    consultation_.forget();
    waiting_.emplace(settings_->buffer_folder, settings_->max_message_bytes);
    return {};
  }
  return decide();
}

Verdict Transaction::decide() {
  finish_verification();
  if (is_screened()) {
    if (may_be_replay(facts_, envelope_, header_)) distrust_signature(facts_);
    correspondence_.set_author(facts_);
    ask_store();
    find_waiting();
  }
  consultation_.forget();
  judge();
  if (report_) judge_returned();
  tell_despite_block();
  switch (plan_.answer) {
    case Handling::deliver:
    case Handling::keep:
      if (!plan_.held.empty()) return begin_hold();
      return {};
    case Handling::accept:
      if (marking_.must_be_cleaned(recipients_)) return {};
      record("");
      return finish({Verdict::Kind::accept});
    case Handling::refuse:
      record("");
      return finish(Verdict::say(refusal()));
    case Handling::ask:
      return ask(correspondence_.question_to(plan_.asked, facts_, envelope_, recipients_));
    case Handling::wait:
      keep_only_asked(deferral_);
      return ask(deferral_);
    case Handling::defer:
      break;
  }
  record("");
  return finish(Verdict::say(header_too_large_ ? too_large_reply() : try_later_reply()));
}

void Transaction::gather() {
  // What no rule will ask is not waited for (law 7).
  if (internal_)
    recipients_ = gather_recipients(*settings_, envelope_, milliseconds(0));
  else if (recipients_.empty() || std::ranges::any_of(recipients_, &RecipientFacts::unknown))
    recipients_ = gather_recipients(*settings_, envelope_);
  for (RecipientFacts& recipient : recipients_)
    if (recipient.is_protected && !recipient.owner)
      recipient.policy.mode = services_.modes.recall_site(settings_->defaults.mode);
  const bool incoming = !internal_ && std::any_of(recipients_.begin(), recipients_.end(),
                                                  [](const auto& r) { return r.is_protected; });
  if (incoming) facts_ = gather_facts(*settings_, client_, envelope_, header_, author());
  if (incoming && facts_.mail_channel) find_named(header_, envelope_, recipients_);
  facts_.arrived = services_.clock.wall();
  facts_.internal = internal_;
  facts_.paused = services_.paused.load(std::memory_order_relaxed);
}

bool Transaction::is_screened() const {
  return !internal_ && !facts_.paused &&
         std::any_of(recipients_.begin(), recipients_.end(), to_be_screened);
}

/// Whether all recipients who are screened observe, as far as is known.
bool Transaction::is_only_watched() const {
  return std::all_of(recipients_.begin(), recipients_.end(), [&](const RecipientFacts& recipient) {
    if (!to_be_screened(recipient) || !recipient.owner) return true;
    const Mode mode = services_.modes.recall(*recipient.owner, settings_->defaults.mode);
    return mode == Mode::observe;
  });
}

void Transaction::learn_from_outgoing() {
  if (services_.outgoing == nullptr || header_too_large_) return;
  if (auto note = gather_sent(*settings_, services_.sent_digests, envelope_, header_, began_))
    services_.outgoing->note(*std::move(note));
}

void Transaction::begin_verification() {
  if (settings_->authentication.source != AuthenticationSource::builtin || !is_screened() ||
      header_too_large_)
    return;
  verification_.emplace(services_.authenticator, client_, envelope_.reverse_path, facts_.author,
                        header_, within(is_only_watched() ? kAskDnsWhileWatching : kAskDns));
}

void Transaction::finish_verification() {
  if (!verification_) return;
  const SteadyTime asked = services_.clock.steady();
  facts_.authentication = verification_->finish(asked, kAuthenticate);
  services_.metrics.authentication_latency.observe(services_.clock.steady() - asked);
  if (verification_->error().empty()) return;
  services_.metrics.unauthenticated.increment();
  log::warning("author not checked", {{"queue_id", queue_id_}, {"error", verification_->error()}});
}

void Transaction::ask_early() {
  const bool builtin = settings_->authentication.source == AuthenticationSource::builtin;
  if (builtin && header_.first("DKIM-Signature") != nullptr) return;
  if (consultation_.has_begun() || internal_ || services_.paused.load(std::memory_order_relaxed))
    return;
  if (!author().mailbox || !services_.directory.healthy()) return;
  recipients_ = gather_recipients(*settings_, envelope_);
  consultation_.begin(author().mailbox, recipients_);
}

void Transaction::ask_store() {
  const Inquiry question = consultation_.question(facts_.author.mailbox, recipients_);
  std::map<Mailbox, std::size_t> places;
  for (const Mailbox& owner : question.recipients) places.emplace(owner, places.size());
  // What was cut away may have named another author.
  if (header_too_large_) return store_failed();
  if (question.recipients.empty()) return;
  if (!services_.directory.healthy()) return store_failed();

  const Deadline deadline = within(is_only_watched() ? kLookUpWhileWatching : kLookUp);
  const auto known = consultation_.answer(question, deadline);
  if (!known) {
    store_does_not_answer(known.error());
    return store_failed();
  }
  facts_.page = page_state(services_.page.age(known->page_age, services_.clock.steady()));
  for (RecipientFacts& recipient : recipients_) {
    if (!to_be_screened(recipient) || !recipient.owner) continue;
    recipient.knowledge = known->recipients.at(places.at(*recipient.owner));
    recipient.exempt = recipient.shared && !recipient.knowledge.own_mode;
    recipient.policy = resolve_policy(settings_->defaults, recipient.knowledge.policy);
    services_.modes.note(*recipient.owner, recipient.policy.mode, settings_->defaults.mode);
    correspondence_.judge(recipient);
  }
  Status judged =
      permits_.judge(facts_, header_, question.tokens, known->tokens, recipients_, deadline);
  if (judged) judged = replies_.judge(facts_, recipients_, deadline);
  if (judged) return;
  store_does_not_answer(judged.error());
  store_failed();
}

void Transaction::store_failed() {
  for (RecipientFacts& recipient : recipients_) {
    if (!to_be_screened(recipient)) continue;
    recipient.unknown = true;
    if (recipient.owner)
      recipient.policy.mode = services_.modes.recall(*recipient.owner, settings_->defaults.mode);
  }
}

void Transaction::judge() {
  decisions_.clear();
  for (const RecipientFacts& recipient : recipients_)
    decisions_.push_back(screen(facts_, recipient));
  plan_ = plan(facts_, recipients_, decisions_);
  body_counts_ = permits_.wants_body(decisions_) || any_passes_by_answer();
}

SmtpReply Transaction::refusal() const {
  const bool by_token = std::ranges::all_of(decisions_, [](const Decision& decision) {
    return decision.reason == Reason::token_refused;
  });
  return by_token ? token_refused_reply() : blocked_reply();
}

/// Asks whether this is a bounce of mail that a recipient sent, where that decides (rule 13).
void Transaction::judge_returned() {
  const ReturnedMail& found = report_->finish();
  if (found.message_ids.empty() || services_.sent == nullptr) return;
  std::map<Mailbox, Result<bool>> answers;
  for (std::size_t i = 0; i < recipients_.size(); ++i) {
    RecipientFacts& recipient = recipients_[i];
    if (!recipient.owner || !ReturnedReport::matters(decisions_[i])) continue;
    auto known = answers.find(*recipient.owner);
    if (known == answers.end()) {
      ReturnedNote note{.owner = recipient.owner->key(), .now = began_};
      services_.sent_digests.mark_returned(found, note);
      const auto time = is_only_watched() ? kLookUpWhileWatching : kLookUp;
      known =
          answers.emplace(*recipient.owner, services_.sent->may_return(note, within(time))).first;
      if (!known->second) store_does_not_answer(known->second.error());
      returned_.emplace(*recipient.owner, std::move(note));
    }
    recipient.unknown = !known->second;
    recipient.knowledge.returned = known->second && *known->second;
  }
  judge();
}

void Transaction::store_does_not_answer(const Error& error) const {
  log::warning("store does not answer", {{"queue_id", queue_id_}, {"error", error.detail}});
}

Verdict Transaction::end_of_message(MessageEditor& editor) {
  if (final_) return *final_;
  begin_step();
  if (waiting_) decide_behind_body();
  if (final_) return *final_;
  std::string held_id;
  std::optional<HeldReceipt> receipt;
  if (intake_) {
    if (!check_.finish()) return not_held(bad_bytes_reply(), "bare CR at the end of the body");
    const SteadyTime asked = services_.clock.steady();
    auto committed = intake_->commit(within(kCommit));
    services_.metrics.spool_latency.observe(services_.clock.steady() - asked);
    if (!committed) return not_held(try_later_reply(), committed.error().detail);
    intake_.reset();
    receipt = *std::move(committed);
    held_id = receipt->id.text();
    services_.metrics.holds.increment();
    if (receipt->joined) services_.metrics.joined.increment();
  }
  if (plan_.answer == Handling::keep) {
    record(held_id);
    settle_deferred();
    return keep(*receipt);
  }
  for (const std::size_t i : plan_.deleted) {
    const Status deleted = marking_.delete_recipient(editor, i);
    if (!deleted) return put_off(held_id, deleted.error());
  }
  // All that can fail is done: what is spent is spent for mail that is accepted.
  if (const auto other = tell_answered()) return *other;
  if (const auto other = spend_answers()) return *other;
  if (!report_refused()) {
    record(held_id);
    return finish(Verdict::say(try_later_reply()));
  }
  if (const auto other = spend_permits(editor)) {
    record(held_id);
    return finish(*other);
  }
  if (const auto other = take_returned(editor)) {
    record(held_id);
    return finish(*other);
  }
  record(held_id);
  marking_.edit(editor, plan_, recipients_, results(), queue_id_);
  settle_deferred();
  learn();
  return finish({});
}

/// 451, after the hold of other recipients perhaps: a second try joins it.
Verdict Transaction::put_off(const std::string& held_id, const Error& error) {
  record(held_id);
  log::error("message not edited", {{"queue_id", queue_id_}, {"error", error.detail}});
  return finish(Verdict::say(try_later_reply()));
}

void Transaction::learn() {
  if (plan_.lessons.empty()) return;
  const Deadline deadline = within(kLearn);
  for (const Lesson& lesson : plan_.lessons) {
    const auto learnt =
        services_.contacts.learn(lesson.scope, lesson.subject, lesson.entry, deadline);
    if (learnt) continue;
    // The next mail teaches the same.
    log::warning("contact not learnt", {{"queue_id", queue_id_}, {"error", learnt.error().detail}});
    return;
  }
}

/// Counts and logs the decisions, once for each message.
void Transaction::record(const std::string& held_id, std::string_view error) {
  bool unscreened = false;
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    const Decision& decision = decisions_[i];
    services_.metrics.count(decision);
    unscreened = unscreened || (decision.reason == Reason::unscreened &&
                                decision.disposition == Disposition::pass);
    const bool ours = recipients_[i].is_protected && !internal_;
    const log::Level level = !error.empty() ? log::Level::warning
                             : ours         ? log::Level::info
                                            : log::Level::debug;
    if (!log::is_heard(level)) continue;
    const bool is_held = std::binary_search(plan_.held.begin(), plan_.held.end(), i);
    std::vector<log::Field> fields{{"queue_id", queue_id_}};
    if (is_held && !held_id.empty()) fields.emplace_back("held_id", held_id);
    fields.emplace_back("disposition", word(decision.disposition));
    if (decision.would) fields.emplace_back("would", word(*decision.would));
    fields.emplace_back("reason", word(decision.reason));
    if (decision.reason == Reason::machine) fields.emplace_back("mark", facts_.machine_mark);
    if (decision.reason == Reason::forwarded) fields.emplace_back("mark", facts_.forward_mark);
    fields.emplace_back("author", facts_.author.mailbox ? facts_.author.mailbox->address() : "");
    if (facts_.replayed) fields.emplace_back("replayed", "perhaps");
    fields.emplace_back("fingerprint", facts_.authentication.fingerprint);
    fields.emplace_back("recipient", envelope_.recipients[i].raw);
    if (!error.empty()) fields.emplace_back("error", error);
    log::event(level, "decided", fields);
  }
  if (unscreened) services_.metrics.unscreened.increment();
  permits_.report_refused(facts_, decisions_, recipients_, queue_id_, within(kLearn));
}

Verdict Transaction::finish(Verdict verdict) {
  final_ = std::move(verdict);
  return *final_;
}

}  // namespace countersign
