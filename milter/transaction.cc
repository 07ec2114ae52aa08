// SPDX-License-Identifier: Apache-2.0
#include "milter/transaction.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/log.h"
#include "mail/authserv_id.h"
#include "mail/list_fields.h"
#include "mail/message_id.h"
#include "mail/network.h"
#include "milter/destination.h"
#include "milter/gather.h"
#include "screening/replies.h"
#include "tokenstore/directory.h"

namespace countersign {
namespace {

constexpr std::size_t kMostHeaderBytes = 4 * 1024 * 1024;

/// Postfix cuts a header field that does not end within 60 000 bytes, before any milter sees it,
/// and leaves 54 000 of them at least: a longer one is perhaps not whole.
constexpr std::size_t kMostFieldBytes = 53'000;

constexpr milliseconds kAskDns{4000};
constexpr milliseconds kAskDnsWhileWatching{2000};
constexpr milliseconds kAuthenticate{1000};  ///< once DNS is no longer asked
constexpr milliseconds kLookUp{2000};
constexpr milliseconds kLookUpWhileWatching{300};
constexpr milliseconds kBegin{3000};
constexpr milliseconds kCommit{7000};
constexpr milliseconds kSpend{2000};
constexpr milliseconds kLearn{500};

/// A field that most mail has, and after what the store's question depends on: then the store
/// thinks while the rest of the header section comes in.
constexpr std::string_view kAskedAt = "Content-Type";

/// Whether the lines of a field's value but the first start with white space: others would be
/// fields of their own once the section is written again.
bool is_folded_well(std::string_view value) {
  for (std::size_t at = 0; (at = value.find('\n', at)) != std::string_view::npos; ++at)
    if (at + 1 == value.size() || (value[at + 1] != ' ' && value[at + 1] != '\t')) return false;
  return true;
}

bool may_be_cut(const HeaderSection& header) {
  return std::any_of(header.fields().begin(), header.fields().end(), [](const HeaderField& field) {
    return field.name.size() + field.value.size() > kMostFieldBytes;
  });
}

bool is_clean(const HeaderSection& header) {
  ByteCheck check;
  return check.take(header.bytes()) && check.finish() &&
         std::all_of(header.fields().begin(), header.fields().end(),
                     [](const HeaderField& field) { return is_folded_well(field.value); });
}

}  // namespace

Transaction::Transaction(Services& services, Client client, ReversePath reverse_path,
                         bool authenticated)
    : services_(services),
      settings_(services.settings()),
      client_(std::move(client)),
      internal_(authenticated || settings_->submit_networks.contains(client_.address)),
      began_(services.clock.wall()),
      correspondence_(services, settings_, client_, reverse_path, internal_, header_),
      permits_(services),
      replies_(services) {
  envelope_.reverse_path = std::move(reverse_path);
}

void Transaction::field(std::string_view name, std::string_view value) {
  if (header_.size_bytes() + name.size() + value.size() > kMostHeaderBytes)
    header_too_large_ = true;
  if (!header_too_large_) header_.add(name, value);
  if (same_name(name, kAskedAt)) ask_early();
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
    early_.reset();
    waiting_.emplace(settings_->buffer_folder, settings_->max_message_bytes);
    return {};
  }
  return decide();
}

Verdict Transaction::decide() {
  finish_verification();
  if (is_screened()) {
    correspondence_.set_author(facts_);
    ask_store();
    find_waiting();
  }
  early_.reset();
  judge();
  if (report_) take_returned();
  switch (plan_.answer) {
    case Handling::deliver:
    case Handling::keep:
      if (!plan_.held.empty()) return begin_hold();
      return {};
    case Handling::accept:
      if (must_be_cleaned()) return {};
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
  recipients_ = internal_ ? gather_recipients(*settings_, envelope_, milliseconds(0))
                          : gather_recipients(*settings_, envelope_);
  for (RecipientFacts& recipient : recipients_)
    if (recipient.is_protected && !recipient.owner)
      recipient.policy.mode = services_.modes.recall_site(settings_->defaults.mode);
  const bool incoming = !internal_ && std::any_of(recipients_.begin(), recipients_.end(),
                                                  [](const auto& r) { return r.is_protected; });
  if (incoming) facts_ = gather_facts(*settings_, client_, envelope_, header_);
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

/// What this message asks of the store: every owner once.
Inquiry Transaction::inquiry(const std::optional<Mailbox>& author) {
  Inquiry out{.recipients = {},
              .author = author,
              .now = began_,
              .list_id = list_id_of(header_),
              .list_post = list_post_of(header_)};
  if (author) out.answers = services_.sent_digests.of_answer(answered_ids(header_), *author);
  std::set<Mailbox> seen;
  for (const RecipientFacts& recipient : recipients_)
    if (to_be_screened(recipient) && recipient.owner && seen.insert(*recipient.owner).second) {
      out.recipients.push_back(*recipient.owner);
      out.asked.push_back(correspondence_.ids_for(author, *recipient.owner));
    }
  for (const RecipientFacts& recipient : recipients_) {
    if (!to_be_screened(recipient) || !recipient.address_token) continue;
    TokenQuestion token{recipient.owner->key(), recipient.address_token->id};
    if (std::ranges::find(out.tokens, token) == out.tokens.end())
      out.tokens.push_back(std::move(token));
  }
  return out;
}

/// Asks by what is known so far. If more comes that changes the question, it is asked again.
void Transaction::ask_early() {
  const bool builtin = settings_->authentication.source == AuthenticationSource::builtin;
  if (builtin && header_.first("DKIM-Signature") != nullptr) return;
  const auto author = parse_author(header_).mailbox;
  if (early_ || !author || !services_.directory.healthy()) return;
  recipients_ = gather_recipients(*settings_, envelope_);
  if (internal_ || services_.paused.load(std::memory_order_relaxed)) return;
  asked_ = inquiry(author);
  if (!asked_.recipients.empty()) early_ = services_.directory.ask(asked_);
}

void Transaction::ask_store() {
  const Inquiry question = inquiry(facts_.author.mailbox);
  std::map<Mailbox, std::size_t> places;
  for (const Mailbox& owner : question.recipients) places.emplace(owner, places.size());
  // What was cut away may have named another author.
  if (header_too_large_) return store_failed();
  if (question.recipients.empty()) return;
  if (!services_.directory.healthy()) return store_failed();

  const Deadline deadline = within(is_only_watched() ? kLookUpWhileWatching : kLookUp);
  const auto answer = [&]() -> Result<Knowledge> {
    if (early_ && asked_ == question) return early_->answer(deadline);
    return services_.directory.look_up(question, deadline);
  };
  const auto known = answer();
  if (!known) {
    log::warning("store does not answer",
                 {{"queue_id", queue_id_}, {"error", known.error().detail}});
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
  log::warning("store does not answer",
               {{"queue_id", queue_id_}, {"error", judged.error().detail}});
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

/// Asks whether this is a bounce of mail that a recipient sent, where that decides (rule 13). Each
/// is let in once, so this is also the one place that takes it.
void Transaction::take_returned() {
  const ReturnedMail& found = report_->finish();
  if (found.message_ids.empty() || services_.sent == nullptr) return;
  std::map<Mailbox, Result<bool>> taken;
  for (std::size_t i = 0; i < recipients_.size(); ++i) {
    RecipientFacts& recipient = recipients_[i];
    if (!recipient.owner || !ReturnedReport::matters(decisions_[i])) continue;
    auto known = taken.find(*recipient.owner);
    if (known == taken.end()) {
      ReturnedNote note{.owner = recipient.owner->key(), .now = began_};
      services_.sent_digests.mark_returned(found, note);
      const auto time = is_only_watched() ? kLookUpWhileWatching : kLookUp;
      known =
          taken.emplace(*recipient.owner, services_.sent->take_returned(note, within(time))).first;
      if (!known->second)
        log::warning("store does not answer",
                     {{"queue_id", queue_id_}, {"error", known->second.error().detail}});
    }
    recipient.unknown = !known->second;
    recipient.knowledge.returned = known->second && *known->second;
  }
  judge();
}

/// Whether outsiders wrote results of authentication in our name, which no reader may see.
bool Transaction::must_be_cleaned() const {
  return settings_->authentication.source == AuthenticationSource::builtin && !internal_ &&
         !claiming_fields(header_, settings_->authentication.authserv_id).empty();
}

/// The header section as its readers may see it once it is released.
HeaderSection Transaction::header_to_hold() const {
  if (!verification_ || verification_->results().empty())
    return must_be_cleaned()
               ? without_claiming_fields(header_, settings_->authentication.authserv_id)
               : header_;
  HeaderSection out;
  const std::string& authserv_id = settings_->authentication.authserv_id;
  out.add("Authentication-Results",
          " " + write_authentication_results({authserv_id, verification_->results()}));
  const HeaderSection others = without_claiming_fields(header_, authserv_id);
  for (const HeaderField& field : others.fields()) out.add(field.name, field.value);
  return out;
}

Verdict Transaction::begin_hold() {
  if (header_.size_bytes() > settings_->max_message_bytes)
    return not_held(too_large_reply(), "over max_message");
  if (may_be_cut(header_)) return not_held(field_too_large_reply(), "a header field is too large");
  if (!is_clean(header_)) return not_held(bad_bytes_reply(), "bare CR or bare LF in header");
  const auto network = network_of(client_.address);
  auto intake = services_.intake.begin(
      gather_held(plan_, facts_, recipients_, client_, envelope_, header_, queue_id_),
      header_to_hold().bytes(), network ? *network : "", within(kBegin));
  if (!intake && intake.error().code == Errc::invalid) return no_room(intake.error());
  if (!intake) return not_held(try_later_reply(), intake.error().detail);
  intake_ = *std::move(intake);
  return {};
}

Verdict Transaction::body(std::string_view bytes) {
  if (final_) return *final_;
  if (waiting_) {
    begin_step();
    if (verification_ && verification_->wants_body()) verification_->body(bytes, step_ends_);
    if (report_) report_->body(bytes);
    // Only those who are to be held need it; they hear of a failure then.
    (void)waiting_->append(bytes);
    if (needs_body()) return {};
    const Verdict decided = decide_behind_body();
    return intake_ || body_counts_ || final_ ? decided : Verdict{Verdict::Kind::skip};
  }
  if (body_counts_) {
    permits_.body(bytes);
    correspondence_.body(bytes);
  }
  if (intake_) return spool(bytes);
  return {body_counts_ ? Verdict::Kind::proceed : Verdict::Kind::skip};
}

Verdict Transaction::spool(std::string_view bytes) {
  body_bytes_ += bytes.size();
  if (header_.size_bytes() + 2 + body_bytes_ > settings_->max_message_bytes)
    return not_held(too_large_reply(), "over max_message");
  if (!check_.take(bytes)) return not_held(bad_bytes_reply(), "bare CR or bare LF in body");
  if (const Status taken = intake_->body(bytes); !taken)
    return intake_->over_share() ? no_room(taken.error())
                                 : not_held(taken.error().code == Errc::invalid ? too_large_reply()
                                                                                : try_later_reply(),
                                            taken.error().detail);
  return {};
}

/// The decision, once enough of the body is here: what would have happened on the way happens now.
Verdict Transaction::decide_behind_body() {
  const BodyBuffer body = *std::exchange(waiting_, std::nullopt);
  const Verdict decided = decide();
  if (final_ || (!intake_ && !body_counts_)) return decided;
  Verdict spooled;
  const Status read = body.replay([&](std::string_view piece) {
    if (body_counts_) {
      permits_.body(piece);
      correspondence_.body(piece);
    }
    if (intake_) spooled = spool(piece);
    return !final_;
  });
  // A use that is taken by the header section alone is better than mail that waits for our disk.
  if (!read && intake_)
    return not_held(read.error().code == Errc::invalid ? too_large_reply() : try_later_reply(),
                    read.error().detail);
  return spooled;
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
    return keep(*receipt);
  }
  for (const std::size_t i : plan_.deleted) {
    const Status deleted = delete_recipient(editor, i);
    if (!deleted) return put_off(held_id, deleted.error());
  }
  // All that can fail is done: what is spent is spent for mail that is accepted.
  if (const auto other = tell_answered()) return *other;
  if (const auto other = spend_answers()) return *other;
  if (const auto other = spend_permits(editor)) {
    record(held_id);
    return finish(*other);
  }
  record(held_id);
  edit(editor);
  learn();
  return finish({});
}

/// What the domain of the first recipient says.
const ReplyTexts& Transaction::reply_texts() const {
  for (const ForwardPath& path : envelope_.recipients)
    if (path.mailbox) return settings_->replies_for(path.mailbox->address());
  return settings_->replies;
}

/// The message is ours: says so to its author, or drops the MTA's copy.
Verdict Transaction::keep(const HeldReceipt& receipt) {
  if (receipt.url.empty() || receipt.by_mail) return finish({Verdict::Kind::discard});
  return finish(Verdict::say(kept_reply(receipt.url, receipt.expires, reply_texts())));
}

Verdict Transaction::not_held(const SmtpReply& said, std::string_view why) {
  intake_.reset();
  // A machine would strike the address off at its first 5yz.
  const bool machine = said.code().front() == '5' && !facts_.machine_mark.empty();
  const SmtpReply reply = machine ? no_room_reply() : said;
  const Disposition now = reply.code().front() == '4' ? Disposition::defer : Disposition::refuse;
  for (Decision& decision : decisions_) {
    decision.disposition = now;
    decision.would.reset();
  }
  record("", why);
  return finish(Verdict::say(reply));
}

void Transaction::mark(const Status& done) {
  if (!done)
    log::warning("field not changed", {{"queue_id", queue_id_}, {"error", done.error().detail}});
}

/// 451, after the hold of other recipients perhaps: a second try joins it.
Verdict Transaction::put_off(const std::string& held_id, const Error& error) {
  record(held_id);
  log::error("message not edited", {{"queue_id", queue_id_}, {"error", error.detail}});
  return finish(Verdict::say(try_later_reply()));
}

Status Transaction::delete_recipient(MessageEditor& editor, std::size_t i) {
  // The MTAs compare in different ways, and say nothing when they find none.
  const ForwardPath& path = envelope_.recipients[i];
  CS_TRY(editor.delete_recipient(path.raw));
  if (const std::string bare = path.without_route(); bare != path.raw)
    CS_TRY(editor.delete_recipient(bare));
  if (!path.rcpt_addr.empty()) CS_TRY(editor.delete_recipient(path.rcpt_addr));
  return {};
}

/// Spends what lets this message in; returns the verdict if that does not let it in any more.
std::optional<Verdict> Transaction::spend_permits(MessageEditor& editor) {
  const Deadline deadline = within(is_only_watched() ? kLookUpWhileWatching : kSpend);
  const auto lost = permits_.spend(facts_, decisions_, recipients_, queue_id_, deadline);
  if (lost && !*lost) return std::nullopt;
  if (!lost)
    log::warning("store does not answer",
                 {{"queue_id", queue_id_}, {"error", lost.error().detail}});
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    if (!decisions_[i].spend_token && !decisions_[i].spend_window) continue;
    if (!lost) recipients_[i].unknown = true;
    decisions_[i] = screen(facts_, recipients_[i]);
  }
  return join_again(editor);
}

/// Joins the decisions anew, after some of them have changed when all but the answer is done.
std::optional<Verdict> Transaction::join_again(MessageEditor& editor) {
  const std::vector<std::size_t> before = std::exchange(plan_.deleted, {});
  const std::vector<std::size_t> held = plan_.held;
  plan_ = plan(facts_, recipients_, decisions_);
  if (plan_.answer == Handling::refuse) return Verdict::say(refusal());
  // Whom nobody holds it for yet cannot be held for any more: the body is gone.
  if (plan_.answer == Handling::defer || plan_.answer == Handling::ask ||
      plan_.answer == Handling::wait || plan_.held != held)
    return Verdict::say(try_later_reply());
  if (plan_.answer == Handling::keep) return Verdict{Verdict::Kind::discard};
  for (const std::size_t i : plan_.deleted)
    if (std::ranges::find(before, i) == before.end())
      if (!delete_recipient(editor, i)) return Verdict::say(try_later_reply());
  return std::nullopt;
}

/// Marks the message. A failure costs a mark, which is no reason to delay mail.
void Transaction::edit(MessageEditor& editor) {
  strip_details(editor);
  // Highest first: in Postfix the others move up, in Sendmail they do not.
  for (auto index = static_cast<int>(header_.all(kFieldName).size()); index > 0; --index)
    mark(editor.remove_field(kFieldName, index));
  if (!plan_.field.empty()) mark(editor.add_field(kFieldName, plan_.field));
  if (settings_->authentication.source == AuthenticationSource::builtin && !internal_)
    edit_results(editor);
}

/// Lets the MTA deliver to the addresses without what they say to us.
void Transaction::strip_details(MessageEditor& editor) {
  for (std::size_t i = 0; i < recipients_.size(); ++i) {
    const RecipientFacts& recipient = recipients_[i];
    const bool token = settings_->strip_tokens && recipient.address_token;
    if ((!token && !recipient.reply_address) ||
        std::ranges::find(plan_.deleted, i) != plan_.deleted.end())
      continue;
    const Mailbox& mailbox =
        token ? recipient.address_token->mailbox : recipient.reply_address->mailbox;
    const Status added =
        editor.add_recipient('<' + mailbox.address() + '>', envelope_.recipients[i].parameters);
    mark(added);
    if (added) mark(delete_recipient(editor, i));
  }
}

/// Results of authentication are ours to write (RFC 8601 §5).
void Transaction::edit_results(MessageEditor& editor) {
  const std::string& authserv_id = settings_->authentication.authserv_id;
  auto forged = claiming_fields(header_, authserv_id);
  for (auto index = forged.rbegin(); index != forged.rend(); ++index)
    mark(editor.remove_field("Authentication-Results", *index));
  if (verification_ && !verification_->results().empty())
    mark(editor.put_field_on_top(
        "Authentication-Results",
        write_authentication_results({authserv_id, verification_->results()})));
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
  const std::string author = facts_.author.mailbox ? facts_.author.mailbox->address() : "";
  bool unscreened = false;
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    const Decision& decision = decisions_[i];
    services_.metrics.count(decision);
    unscreened = unscreened || (decision.reason == Reason::unscreened &&
                                decision.disposition == Disposition::pass);
    const bool is_held = std::binary_search(plan_.held.begin(), plan_.held.end(), i);
    std::vector<log::Field> fields{{"queue_id", queue_id_}};
    if (is_held && !held_id.empty()) fields.emplace_back("held_id", held_id);
    fields.emplace_back("disposition", word(decision.disposition));
    if (decision.would) fields.emplace_back("would", word(*decision.would));
    fields.emplace_back("reason", word(decision.reason));
    if (decision.reason == Reason::machine) fields.emplace_back("mark", facts_.machine_mark);
    if (decision.reason == Reason::forwarded) fields.emplace_back("mark", facts_.forward_mark);
    fields.emplace_back("author", author);
    fields.emplace_back("fingerprint", facts_.authentication.fingerprint);
    fields.emplace_back("recipient", envelope_.recipients[i].raw);
    if (!error.empty()) fields.emplace_back("error", error);
    const bool ours = recipients_[i].is_protected && !internal_;
    log::event(!error.empty() ? log::Level::warning
               : ours         ? log::Level::info
                              : log::Level::debug,
               "decided", fields);
  }
  if (unscreened) services_.metrics.unscreened.increment();
  permits_.report_refused(facts_, decisions_, recipients_, queue_id_, within(kLearn));
}

Verdict Transaction::finish(Verdict verdict) {
  final_ = std::move(verdict);
  return *final_;
}

}  // namespace countersign
