// SPDX-License-Identifier: Apache-2.0
//
// A milter without libmilter: sessions over a store in memory and an intake desk that keeps what it
// is given, driven as an MTA drives them.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "milter/services.h"
#include "milter/session.h"
#include "tokenstore/memory_store.h"

namespace countersign::test {

inline constexpr const char* kPage = "https://gate.example.org/c/";

/// A directory that writes down what it is asked. Thread-safe but for the hooks.
class WatchedDirectory final : public Directory {
 public:
  WatchedDirectory(Directory& real, const Clock& clock) : real_(real), clock_(clock) {}
  Result<Knowledge> look_up(const Inquiry& inquiry, Deadline deadline) override {
    std::lock_guard lock(mutex_);
    ++look_ups;
    last = inquiry;
    patience = std::chrono::round<milliseconds>(deadline - clock_.steady());
    if (throws) throw std::runtime_error("look_up");
    return real_.look_up(inquiry, deadline);
  }
  /// Counts, if the answer is taken: a message whose question changes asks twice.
  std::unique_ptr<LookUp> ask(const Inquiry& inquiry) override {
    if (!asks_early) return nullptr;
    ++early;
    return std::make_unique<Early>(*this, inquiry);
  }
  bool healthy() const override { return real_.healthy(); }

  bool asks_early = true;
  int early = 0;  ///< questions asked before the end of the header section
  int look_ups = 0;
  Inquiry last;
  milliseconds patience{0};  ///< that the last caller had
  bool throws = false;

 private:
  struct Early final : LookUp {
    Early(WatchedDirectory& d, Inquiry i) : directory(d), inquiry(std::move(i)) {}
    Result<Knowledge> answer(Deadline deadline) override {
      return directory.look_up(inquiry, deadline);
    }
    WatchedDirectory& directory;
    Inquiry inquiry;
  };

  std::mutex mutex_;
  Directory& real_;
  const Clock& clock_;
};

/// An intake desk that keeps messages in memory. Thread-safe but for the hooks.
class KeepingDesk final : public IntakeDesk {
 public:
  struct Kept {
    HeldEnvelope envelope;
    std::string network;
    std::string content;
  };

  Result<std::unique_ptr<Intake>> begin(HeldEnvelope envelope, const HeaderSection& header,
                                        const std::string& network, Deadline) override {
    if (begin_error) return *begin_error;
    if (no_mail_budget) envelope.by_mail = false;
    Kept message{std::move(envelope), network, header.bytes() + "\r\n"};
    return std::unique_ptr<Intake>(std::make_unique<Draft>(*this, std::move(message)));
  }

  std::vector<Kept> kept() const {
    std::lock_guard lock(mutex_);
    return kept_;
  }
  int drafts() const { return drafts_; }

  std::optional<Error> begin_error;
  std::optional<Error> body_error;
  std::optional<Error> commit_error;
  bool no_room = false;  ///< body_error is for a share that is reached
  bool no_mail_budget = false;
  bool joined = false;

 private:
  class Draft final : public Intake {
   public:
    Draft(KeepingDesk& desk, Kept message) : desk_(desk), message_(std::move(message)) {
      ++desk_.drafts_;
    }
    ~Draft() override { --desk_.drafts_; }
    Status body(std::string_view bytes) override {
      if (desk_.body_error) return *desk_.body_error;
      message_.content += bytes;
      return {};
    }
    bool over_share() const override { return desk_.no_room; }
    Result<HeldReceipt> commit(Deadline) override {
      if (desk_.commit_error) return *desk_.commit_error;
      const HeldEnvelope& envelope = message_.envelope;
      HeldReceipt receipt{.id = envelope.id,
                          .url = envelope.challenged ? kPage + std::string("TOKEN") : "",
                          .expires = envelope.arrived + std::chrono::hours(24 * 30),
                          .by_mail = envelope.by_mail,
                          .joined = desk_.joined};
      std::lock_guard lock(desk_.mutex_);
      desk_.kept_.push_back(std::move(message_));
      return receipt;
    }

   private:
    KeepingDesk& desk_;
    Kept message_;
  };

  mutable std::mutex mutex_;
  std::vector<Kept> kept_;
  std::atomic<int> drafts_{0};
};

/// A desk that asks by the store in memory, and writes down what it asked.
class KeepingAsker final : public AskingDesk {
 public:
  KeepingAsker(Asked& asked, const Clock& clock) : asked_(asked), clock_(clock) {}
  Result<bool> has_room(const std::string& owner, Deadline deadline) override {
    return asked_.has_room(owner, deadline);
  }
  Result<std::string> ask(const Question& question, Deadline deadline) override {
    if (error) return *error;
    questions.push_back(question);
    AskedTuple tuple = question.tuple;
    for (const AskedRecipient& r : question.recipients) tuple.owners.push_back(r.owner);
    HeldView view{.id = asked_id(tuple)};
    view.node = kAnyNode;
    view.copy = tuple.copy;
    view.expires = question.arrived + std::chrono::hours(24 * 30);
    std::vector<AskedFor> records;
    for (const AskedRecipient& r : question.recipients) {
      tuple.owners = {r.owner};
      AskedRecord record;
      record.since = record.changed = question.arrived;
      record.expires = view.expires;
      record.generation =
          r.before && r.before->state == AskedRecord::State::spent ? r.before->generation + 1 : 1;
      record.view = view.id.text();
      records.push_back({r.owner, asked_id(tuple).text(), record});
    }
    CS_TRY(asked_.ask(view, "digest" + view.id.text(), records, deadline));
    return kPage + ("ASKED" + std::to_string(records.front().record.generation));
  }
  Status settle(const std::string& owner, const std::string& id, const AskedRecord& record,
                bool held, Deadline deadline) override {
    settled.push_back(record.view + (held ? " held" : " taken"));
    return held ? Status() : asked_.end(owner, id, deadline);
  }
  Status remember_way(const std::string& owner, const std::string& way, WallTime now,
                      Deadline deadline) override {
    if (error) return *error;
    remembered.push_back(owner);
    return asked_.remember_ways(owner, {way}, now, deadline);
  }
  Result<bool> spend(const std::string& owner, const std::string& id, const AskedRecord&,
                     const AskedUse& use, Deadline deadline) override {
    if (error) return *error;
    return asked_.spend(owner, id, use, clock_.wall(), deadline);
  }
  /// The author answers the last question.
  void answer() {
    for (const AskedRecipient& r : questions.back().recipients) {
      AskedTuple tuple = questions.back().tuple;
      tuple.owners = {r.owner};
      (void)asked_.answer(r.owner, asked_id(tuple).text(), clock_.steady());
    }
  }

  std::vector<Question> questions;
  std::vector<std::string> settled;     ///< "VIEW held", "VIEW taken"
  std::vector<std::string> remembered;  ///< owners
  std::optional<Error> error;

 private:
  Asked& asked_;
  const Clock& clock_;
};

/// An editor that writes down what it is told.
class WatchedEditor final : public MessageEditor {
 public:
  Status delete_recipient(const std::string& path) override {
    deleted.push_back(path);
    return answer(fails_to_delete);
  }
  Status add_recipient(const std::string& path,
                       const std::vector<std::string>& parameters) override {
    std::string text = path;
    for (const std::string& parameter : parameters) text += " " + parameter;
    added_recipients.push_back(text);
    return answer(fails_to_delete);
  }
  Status remove_field(std::string_view name, int index) override {
    removed.push_back(std::string(name) + " " + std::to_string(index));
    return answer(fails_to_mark);
  }
  Status add_field(std::string_view name, const std::string& value) override {
    added.push_back(std::string(name) + ": " + value);
    return answer(fails_to_mark);
  }
  Status put_field_on_top(std::string_view name, const std::string& value) override {
    on_top.push_back(std::string(name) + ": " + value);
    return answer(fails_to_mark);
  }

  std::vector<std::string> deleted;
  std::vector<std::string> added_recipients;
  std::vector<std::string> removed;
  std::vector<std::string> added;
  std::vector<std::string> on_top;
  bool fails_to_delete = false;
  bool fails_to_mark = false;

 private:
  static Status answer(bool fails) {
    if (fails) return Error{Errc::unavailable, "editor"};
    return {};
  }
};

/// An authenticator that finds what it is told to, and writes down what it is given.
class WatchedAuthenticator final : public Authenticator {
 public:
  Result<std::unique_ptr<Examination>> begin(const MessageOrigin& from, std::string_view fields,
                                             Deadline deadline) override {
    ++begun;
    origin = from;
    header = fields;
    patience = std::chrono::round<milliseconds>(deadline - clock_.steady());
    if (begin_error) return *begin_error;
    return std::unique_ptr<Examination>(std::make_unique<Run>(*this));
  }

  explicit WatchedAuthenticator(const Clock& clock) : clock_(clock) {}

  std::vector<AuthResult> finds;
  std::optional<Error> begin_error;
  std::optional<Error> finish_error;
  int begun = 0;
  int finished = 0;
  MessageOrigin origin;
  std::string header;
  std::string body;
  milliseconds patience{0};

 private:
  class Run final : public Examination {
   public:
    explicit Run(WatchedAuthenticator& told) : told_(told) {}
    void body(std::string_view bytes, Deadline) override { told_.body += bytes; }
    Result<std::vector<AuthResult>> finish(Deadline) override {
      ++told_.finished;
      if (told_.finish_error) return *told_.finish_error;
      return told_.finds;
    }

   private:
    WatchedAuthenticator& told_;
  };
  const Clock& clock_;
};

/// A mail as an MTA hands it over.
struct Mail {
  std::string from = "<alice@example.com>";
  std::vector<std::string> to = {"<joe@example.org>"};
  std::vector<std::pair<std::string, std::string>> header = {
      {"Authentication-Results",
       " mx.example.org; dkim=pass header.d=example.com; spf=pass smtp.mailfrom=example.com"},
      {"From", " Alice <alice@example.com>"},
      {"To", " joe@example.org"},
      {"Message-ID", " <1@example.com>"},
      {"Subject", " Offer for 40 chairs"}};
  std::vector<std::string> body = {"Dear Joe,\r\n", "40 chairs.\r\n"};
  std::string auth_type{};
  bool rcpt_answered = false;  ///< the MTA waits for the verdict at RCPT

  Mail& add(const std::string& name, const std::string& value) {
    header.emplace_back(name, " " + value);
    return *this;
  }
  /// Replaces the fields of that name.
  Mail& set(const std::string& name, const std::string& value) {
    drop(name);
    return add(name, value);
  }
  Mail& drop(const std::string& name) {
    std::erase_if(header, [&](const auto& field) { return field.first == name; });
    return *this;
  }
  Mail& unauthenticated() { return drop("Authentication-Results"); }
};

/// What became of a mail.
struct Outcome {
  Verdict verdict;
  WatchedEditor editor;
  std::string stage;            ///< "eoh", "body", "eom": where the verdict fell
  std::size_t body_pieces = 0;  ///< that the MTA handed over

  std::string code() const { return verdict.reply ? verdict.reply->code() : ""; }
  std::string text() const {
    std::string out;
    if (verdict.reply)
      for (const std::string& line : verdict.reply->lines()) out += line + "\n";
    return out;
  }
  std::string field() const { return editor.added.empty() ? "" : editor.added.front(); }
};

class MilterRig {
 public:
  MilterRig()
      : store(clock),
        directory(store.directory(), clock),
        metrics(registry),
        outgoing(store.sent(), directory, clock, metrics),
        asker(store.asked(), clock),
        services(directory, store.contacts(), store.tokens(), desk, asker, clock, metrics,
                 settings(Mode::hold)) {
    services.outgoing = &outgoing;
    services.sent = &store.sent();
    const std::vector<Secret> keys = {{"1", std::string(32, 'k')}};
    services.sent_digests = SentDigests(keys);
    page_up();
  }

  static MilterSettings settings(Mode mode) {
    MilterSettings out;
    out.protected_domains = {"example.org"};
    out.defaults.mode = mode;
    out.authentication.authserv_id = "mx.example.org";
    return out;
  }
  void use(MilterSettings fresh) { services.set_settings(std::move(fresh)); }
  void page_up() { (void)store.web().heartbeat(clock.steady()); }
  void know(const std::string& owner, const std::string& author,
            std::vector<std::string> fingerprints, Standing standing = Standing::allow) {
    ContactEntry entry;
    entry.standing = standing;
    entry.fingerprints = std::move(fingerprints);
    (void)store.contacts().put({Level::mailbox, owner}, "a:" + author, entry, clock.steady());
  }
  void set_policy(const std::string& owner, const PolicyValues& values) {
    (void)store.policies().set({Level::mailbox, owner}, values, clock.steady());
  }
  std::vector<std::pair<Subject, ContactEntry>> contacts_of(const std::string& owner) {
    return *store.contacts().list({Level::mailbox, owner}, clock.steady());
  }
  /// Returns the value of a metric, by the start of its line; 0 if there is none.
  double metric(const std::string& start) const {
    const std::string text = registry.text();
    const auto at = text.find("\n" + start + " ");
    return at == std::string::npos ? 0 : std::stod(text.substr(at + start.size() + 2));
  }

  Session session() {
    Session out(services);
    out.connect("mail.example.com", "192.0.2.7", "mx.example.org");
    out.helo("mail.example.com");
    return out;
  }

  /// Hands envelope and header over, as far as the end of the header section.
  static Verdict begin(Session& session, const Mail& mail) {
    session.mail({mail.from}, mail.auth_type);
    bool any = false;
    for (const std::string& to : mail.to) {
      const std::string bare = to.size() > 2 ? to.substr(1, to.size() - 2) : to;
      const Verdict verdict = session.recipient({to}, bare, mail.rcpt_answered);
      // An MTA whose every recipient is refused sends no more.
      if (verdict.kind == Verdict::Kind::reply && !any && &to == &mail.to.back()) return verdict;
      any = any || verdict.kind == Verdict::Kind::proceed;
    }
    for (const auto& [name, value] : mail.header) session.field(name, value);
    return session.end_of_header("4ABC");
  }

  static Outcome play(Session& session, const Mail& mail, WatchedEditor editor = {}) {
    Outcome out;
    out.editor = std::move(editor);
    out.stage = "eoh";
    out.verdict = begin(session, mail);
    if (out.verdict.kind != Verdict::Kind::proceed) return out;
    out.stage = "body";
    for (const std::string& piece : mail.body) {
      ++out.body_pieces;
      out.verdict = session.body(piece);
      if (out.verdict.kind == Verdict::Kind::skip) break;
      if (out.verdict.kind != Verdict::Kind::proceed) return out;
    }
    out.stage = "eom";
    out.verdict = session.end_of_message(out.editor);
    return out;
  }
  Outcome play(const Mail& mail, WatchedEditor editor = {}) {
    Session one = session();
    return play(one, mail, std::move(editor));
  }

  ManualClock clock;
  MemoryStore store;
  WatchedDirectory directory;
  KeepingDesk desk;
  metrics::Registry registry;
  MilterMetrics metrics;
  OutgoingMail outgoing;
  KeepingAsker asker;
  Services services;
};

}  // namespace countersign::test
