// SPDX-License-Identifier: Apache-2.0
#include "holding/release.h"

#include <cppunit/extensions/HelperMacros.h>
#include <stdlib.h>

#include <deque>
#include <filesystem>

#include "holding/history.h"
#include "spool/posix_fs.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using namespace std::string_literals;
using Event = HeldEvent::Kind;
using Kind = DeliveryOutcome::Kind;

const std::string kHead = "From: alice@example.com\r\nSubject: chairs\r\n";
const WallTime kArrived{seconds(1'811'339'000)};
constexpr std::string_view kReceived = "Received: from x by y with ESMTP; now\r\n";

/// A spool whose calls fail when told to.
class FaultySpool final : public Spool {
 public:
  explicit FaultySpool(Spool& inner) : inner_(inner) {}
  /// How many more log() calls succeed.
  std::size_t logs_left = SIZE_MAX;
  Status content_status;  ///< what content() says after its first piece

  const std::string& node() const override { return inner_.node(); }
  Result<std::unique_ptr<Draft>> begin(const HeldEnvelope& e, const std::string& n) override {
    return inner_.begin(e, n);
  }
  Result<HeldMessage> read(const HeldId& id) override { return inner_.read(id); }
  Status content(const HeldId& id, const std::function<Status(std::string_view)>& sink) override {
    CS_TRY(inner_.content(id, sink));
    return content_status;
  }
  Status log(const HeldId& id, const HeldEvent& event) override {
    if (logs_left == 0) return Error{Errc::unavailable, "fsync: No space left on device"};
    --logs_left;
    return inner_.log(id, event);
  }
  Status remove(const HeldId& id) override { return inner_.remove(id); }
  std::vector<HeldId> list() const override { return inner_.list(); }
  std::uint64_t used_bytes() const override { return inner_.used_bytes(); }

 private:
  Spool& inner_;
};

/// An MTA that gives each recipient the next of its replies; 250 when there is none.
class ScriptedRelay final : public Relay {
 public:
  std::map<std::string, std::deque<int>> codes;  ///< by forward-path
  std::vector<Delivery> sent;                    ///< every try
  std::vector<std::string> bytes;

  DeliveryOutcome send(const Delivery& delivery) override {
    std::string all;
    const auto add = [&](std::string_view piece) -> Status {
      all += piece;
      return {};
    };
    const bool whole = bool(delivery.content(add));
    sent.push_back(delivery);
    bytes.push_back(all);
    DeliveryOutcome outcome;
    for (const auto& recipient : delivery.recipients) {
      auto& mine = codes[recipient.forward_path];
      int code = whole ? 250 : 0;
      if (!mine.empty()) code = mine.front(), mine.pop_front();
      outcome.recipients.push_back({code >= 500   ? Kind::refused
                                    : code == 250 ? Kind::taken
                                                  : Kind::deferred,
                                    {code, "first line\nsecond line"}});
    }
    return outcome;
  }
};

}  // namespace

class ReleaseTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReleaseTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(what_nobody_let_in_is_not_sent);
  CPPUNIT_TEST(what_was_dropped_is_not_sent);
  CPPUNIT_TEST(content_goes_as_it_came_below_our_fields);
  CPPUNIT_TEST(envelope_and_parameters_are_kept);
  CPPUNIT_TEST(nobody_is_reported_to_who_is_not_vouched_for);
  CPPUNIT_TEST(paths_without_brackets_get_them);
  CPPUNIT_TEST(each_recipient_is_logged_and_only_the_untried_are_tried);
  CPPUNIT_TEST(an_approval_tries_the_refused_again);
  CPPUNIT_TEST(nothing_left_is_finished_without_a_word);
  CPPUNIT_TEST(a_try_that_failed_is_logged_once);
  CPPUNIT_TEST(waits_double_from_30_seconds_to_an_hour);
  CPPUNIT_TEST(a_250_that_cannot_be_logged_is_remembered);
  CPPUNIT_TEST(a_250_that_cannot_be_logged_before_a_crash_goes_again_under_its_id);
  CPPUNIT_TEST(any_slot_that_fails_loses_nothing);
  CPPUNIT_TEST(a_failed_try_that_cannot_be_logged_is_an_error);
  CPPUNIT_TEST(content_that_cannot_be_read_is_an_error);
  CPPUNIT_TEST(a_damaged_message_is_not_sent);
  CPPUNIT_TEST(an_unknown_message_is_not_found);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context);

  void setUp() override {
    char path[] = "/tmp/countersign-release-XXXXXX";
    root_ = mkdtemp(path);
    fs_ = *PosixFs::open_folder(root_);
    inner_ = *Spool::open(*fs_, {});
    spool_ = std::make_unique<FaultySpool>(*inner_);
    relay_ = std::make_unique<ScriptedRelay>();
    releaser_ = std::make_unique<Releaser>(*spool_, *relay_, clock_);
  }
  void tearDown() override {
    releaser_.reset();
    inner_.reset();
    std::filesystem::remove_all(root_);
  }

  static HeldEnvelope envelope() {
    HeldEnvelope e{.id = HeldId::random()};
    e.arrived = kArrived;
    e.expires = kArrived + std::chrono::hours(24 * 30);
    e.envelope.reverse_path = parse_reverse_path({"<alice@example.com>"});
    for (const char* address : {"<joe@example.org>", "<ann@example.org>", "<bob@example.org>"}) {
      e.envelope.recipients.push_back(parse_forward_path({address}, ""));
      e.owners.push_back(e.envelope.recipients.back().mailbox->key());
    }
    e.author = "alice@example.com";
    e.fingerprint = "example.com";
    e.reason = "first-contact";
    e.received = kReceived;
    e.share = "authenticated";
    return e;
  }
  void hold(const HeldEnvelope& e, const std::string& content = kHead + "\r\nHello\r\n") {
    auto draft = spool_->begin(e, "192.0.2.0/24");
    CPPUNIT_ASSERT(draft);
    CPPUNIT_ASSERT((*draft)->append(content));
    CPPUNIT_ASSERT((*draft)->commit("00"));
  }
  void log(const HeldId& id, Event kind, const std::string& text, std::uint32_t recipient = 0) {
    CPPUNIT_ASSERT(inner_->log(
        id, {.kind = kind, .when = clock_.wall(), .recipient = recipient, .text = text}));
  }
  HeldId answered(const std::string& content = kHead + "\r\nHello\r\n") {
    const HeldEnvelope e = envelope();
    hold(e, content);
    log(e.id, Event::answered, "address+pow");
    return e.id;
  }
  std::string paths_of_try(std::size_t n) const {
    std::string out;
    for (const auto& r : relay_->sent.at(n).recipients) out += r.forward_path;
    return out;
  }
  /// "released 1 250 first line second line; ..." but the answer.
  std::string history(const HeldId& id) {
    std::string out;
    const auto message = inner_->read(id);
    for (const HeldEvent& e : message->events) {
      if (e.kind == Event::answered) continue;
      out += e.kind == Event::released   ? "released "
             : e.kind == Event::refused  ? "refused "
             : e.kind == Event::deferred ? "deferred "
                                         : "other ";
      out += std::to_string(e.recipient) + " " + e.text.substr(0, 3) + "; ";
    }
    return out;
  }

  void what_nobody_let_in_is_not_sent() {
    const HeldEnvelope e = envelope();
    hold(e);
    const auto step = releaser_->try_once(e.id);
    CPPUNIT_ASSERT(!step && step.error().code == Errc::invalid);
    CPPUNIT_ASSERT(relay_->sent.empty());
  }

  void what_was_dropped_is_not_sent() {
    const HeldId id = answered();
    log(id, Event::dropped, "joe@example.org");
    const auto step = releaser_->try_once(id);
    CPPUNIT_ASSERT(!step && step.error().code == Errc::invalid);
    CPPUNIT_ASSERT(relay_->sent.empty());
  }

  void content_goes_as_it_came_below_our_fields() {
    const std::string body = "\r\n.\r\n..\r\n\0\xff Countersign: x\r\nCountersign: y\r\n"s +
                             std::string(100'000, 'x') + "\r\nno end";
    const HeldId id = answered("Countersign: pass; reason=contact\r\n" + kHead +
                               "countersign : forged;\r\n a=b\r\nX: \xc3\xa4\r\n" + body);
    const auto step = releaser_->try_once(id);
    CPPUNIT_ASSERT(step && step->finished && !step->any_refused);
    const std::string want =
        "Countersign: released; reason=answered; author=example.com; held=" + id.text() +
        "; since=2027-05-26T13:43:20Z; proof=address+pow\r\n" + std::string(kReceived) + kHead +
        "X: \xc3\xa4\r\n" + body;
    CPPUNIT_ASSERT_EQUAL(want, relay_->bytes.at(0));
    CPPUNIT_ASSERT(relay_->sent[0].size_bytes >= want.size());
  }

  void envelope_and_parameters_are_kept() {
    HeldEnvelope e = envelope();
    e.envelope.reverse_path = parse_reverse_path(
        {"<Alice+tag@Example.COM>", "SIZE=1000", "BODY=8BITMIME", "RET=HDRS", "ENVID=x+3D1"});
    e.envelope.recipients = {
        parse_forward_path({"<@relay:Joe@EXAMPLE.org>", "NOTIFY=FAILURE", "ORCPT=rfc822;j@x"},
                           "joe@example.org"),
        parse_forward_path({"<\"b c\"@example.org>"}, "")};
    e.owners = {"joe@example.org", "b%20c@example.org"};
    hold(e);
    log(e.id, Event::approved, "operator root");
    CPPUNIT_ASSERT(releaser_->try_once(e.id));
    const Delivery& d = relay_->sent.at(0);
    CPPUNIT_ASSERT_EQUAL(std::string("<Alice+tag@Example.COM>"), d.reverse_path);
    CPPUNIT_ASSERT((std::vector<std::string>{"SIZE=1000", "BODY=8BITMIME", "RET=HDRS",
                                             "ENVID=x+3D1"}) == d.mail_parameters);
    CPPUNIT_ASSERT_EQUAL(std::string("<Joe@EXAMPLE.org>"), d.recipients.at(0).forward_path);
    CPPUNIT_ASSERT((std::vector<std::string>{"NOTIFY=FAILURE", "ORCPT=rfc822;j@x"}) ==
                   d.recipients[0].parameters);
    CPPUNIT_ASSERT_EQUAL(std::string("<\"b c\"@example.org>"), d.recipients.at(1).forward_path);
    CPPUNIT_ASSERT(d.recipients[1].parameters.empty());
  }

  void nobody_is_reported_to_who_is_not_vouched_for() {
    struct Row {
      const char* path;
      const char* fingerprint;
      bool unreported;
    };
    for (const Row& row :
         {Row{"<alice@example.com>", "example.com", false},
          Row{"<bounces@mail.example.com>", "example.com", false},
          Row{"<alice@example.com>", "", true},
          Row{"<victim@innocent.example>", "example.com", true}, Row{"<>", "example.com", true}}) {
      HeldEnvelope e = envelope();
      e.envelope.reverse_path = parse_reverse_path({row.path});
      e.fingerprint = row.fingerprint;
      hold(e);
      log(e.id, Event::approved, "operator root");
      CPPUNIT_ASSERT(releaser_->try_once(e.id));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.path, row.unreported, relay_->sent.back().unreported);
    }
  }

  void paths_without_brackets_get_them() {
    HeldEnvelope e = envelope();
    e.envelope.reverse_path = parse_reverse_path({"alice@example.com"});
    e.envelope.recipients = {parse_forward_path({"joe@example.org"}, "")};
    e.owners = {"joe@example.org"};
    hold(e);
    log(e.id, Event::approved, "recipient");
    CPPUNIT_ASSERT(releaser_->try_once(e.id));
    CPPUNIT_ASSERT_EQUAL(std::string("<alice@example.com>"), relay_->sent.at(0).reverse_path);
    CPPUNIT_ASSERT_EQUAL(std::string("<joe@example.org>"), paths_of_try(0));
  }

  void each_recipient_is_logged_and_only_the_untried_are_tried() {
    const HeldId id = answered();
    relay_->codes = {{"<ann@example.org>", {450, 250}}, {"<bob@example.org>", {550}}};
    auto step = releaser_->try_once(id);
    CPPUNIT_ASSERT(step && !step->finished && step->any_refused);
    CPPUNIT_ASSERT(step->wait == seconds(30));
    CPPUNIT_ASSERT_EQUAL(std::string("released 0 250; refused 2 550; deferred 1 450; "),
                         history(id));
    CPPUNIT_ASSERT_EQUAL(std::string("550 first line second line"),
                         inner_->read(id)->events.at(2).text);
    step = releaser_->try_once(id);
    CPPUNIT_ASSERT(step && step->finished && step->any_refused);
    CPPUNIT_ASSERT_EQUAL(std::string("<ann@example.org>"), paths_of_try(1));
    CPPUNIT_ASSERT(inner_->read(id));  // the file is the caller's
  }

  void an_approval_tries_the_refused_again() {
    const HeldId id = answered();
    relay_->codes = {{"<bob@example.org>", {550}}};
    CPPUNIT_ASSERT(releaser_->try_once(id));
    log(id, Event::approved, "operator root");
    const auto step = releaser_->try_once(id);
    CPPUNIT_ASSERT(step && step->finished && !step->any_refused);
    CPPUNIT_ASSERT_EQUAL(std::string("<bob@example.org>"), paths_of_try(1));
  }

  void nothing_left_is_finished_without_a_word() {
    const HeldId id = answered();
    for (const std::uint32_t i : {0U, 1U}) log(id, Event::released, "250", i);
    log(id, Event::refused, "550", 2);
    const auto step = releaser_->try_once(id);
    CPPUNIT_ASSERT(step && step->finished && step->any_refused);
    CPPUNIT_ASSERT(relay_->sent.empty());
  }

  void a_try_that_failed_is_logged_once() {
    const HeldId id = answered();
    relay_->codes = {
        {"<joe@example.org>", {0}}, {"<ann@example.org>", {0}}, {"<bob@example.org>", {451}}};
    const auto step = releaser_->try_once(id);
    CPPUNIT_ASSERT(step && !step->finished && !step->any_refused);
    CPPUNIT_ASSERT_EQUAL(std::string("deferred 0 fir; "), history(id));
  }

  void waits_double_from_30_seconds_to_an_hour() {
    const HeldId id = answered();
    for (const char* path : {"<joe@example.org>", "<ann@example.org>", "<bob@example.org>"})
      relay_->codes[path].assign(10, 451);
    for (const int want : {30, 60, 120, 240, 480, 960, 1920, 3600, 3600}) {
      // A restart forgets nothing: the waits stand in the log.
      releaser_ = std::make_unique<Releaser>(*spool_, *relay_, clock_);
      const auto step = releaser_->try_once(id);
      CPPUNIT_ASSERT(step);
      CPPUNIT_ASSERT_EQUAL(std::int64_t{want}, std::int64_t{step->wait.count()});
    }
  }

  void a_250_that_cannot_be_logged_is_remembered() {
    const HeldId id = answered();
    spool_->logs_left = 0;
    for (int i = 0; i < 3; ++i) {
      const auto step = releaser_->try_once(id);
      CPPUNIT_ASSERT(!step && step.error().code == Errc::unavailable);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, relay_->sent.size());
    spool_->logs_left = SIZE_MAX;
    const auto step = releaser_->try_once(id);
    CPPUNIT_ASSERT(step && step->finished);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, relay_->sent.size());
    CPPUNIT_ASSERT_EQUAL(std::string("released 0 250; released 1 250; released 2 250; "),
                         history(id));
  }

  void a_250_that_cannot_be_logged_before_a_crash_goes_again_under_its_id() {
    const HeldId id = answered();
    spool_->logs_left = 0;
    CPPUNIT_ASSERT(!releaser_->try_once(id));
    spool_->logs_left = SIZE_MAX;
    releaser_ = std::make_unique<Releaser>(*spool_, *relay_, clock_);
    CPPUNIT_ASSERT(releaser_->try_once(id));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, relay_->bytes.size());
    CPPUNIT_ASSERT_EQUAL(relay_->bytes[0], relay_->bytes[1]);
  }

  void any_slot_that_fails_loses_nothing() {
    for (std::size_t good = 0; good < 4; ++good) {
      relay_->sent.clear();
      relay_->codes = {{"<ann@example.org>", {550}}, {"<bob@example.org>", {451}}};
      const HeldId id = answered();
      spool_->logs_left = good;
      const bool logged = bool(releaser_->try_once(id));
      CPPUNIT_ASSERT_EQUAL(good == 3, logged);
      spool_->logs_left = SIZE_MAX;
      const auto step = releaser_->try_once(id);
      CPPUNIT_ASSERT(step && step->finished && step->any_refused);
      CPPUNIT_ASSERT_EQUAL(std::string("<bob@example.org>"), paths_of_try(1));
      const History h = history_of(*inner_->read(id));
      CPPUNIT_ASSERT(h.recipients[0] == RecipientState::taken);
      CPPUNIT_ASSERT(h.recipients[1] == RecipientState::refused);
      CPPUNIT_ASSERT(h.recipients[2] == RecipientState::taken);
    }
  }

  void a_failed_try_that_cannot_be_logged_is_an_error() {
    const HeldId id = answered();
    for (const char* path : {"<joe@example.org>", "<ann@example.org>", "<bob@example.org>"})
      relay_->codes[path] = {451};
    spool_->logs_left = 0;
    const auto step = releaser_->try_once(id);
    CPPUNIT_ASSERT(!step && step.error().code == Errc::unavailable);
    spool_->logs_left = SIZE_MAX;
    const auto again = releaser_->try_once(id);
    CPPUNIT_ASSERT(again && again->finished);
  }

  void content_that_cannot_be_read_is_an_error() {
    const HeldId id = answered();
    spool_->content_status = Error{Errc::unavailable, "read: Input/output error"};
    const auto step = releaser_->try_once(id);
    CPPUNIT_ASSERT(!step && step.error().code == Errc::unavailable);
    CPPUNIT_ASSERT_EQUAL(std::string("read: Input/output error"), step.error().detail);
    spool_->content_status = {};
    const auto again = releaser_->try_once(id);
    CPPUNIT_ASSERT(again && again->finished);
  }

  void a_damaged_message_is_not_sent() {
    const HeldId id = answered();
    const std::string path = root_ + "/held/" + id.text().substr(0, 2) + "/" + id.text() + ".msg";
    CPPUNIT_ASSERT(std::filesystem::exists(path));
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
    const auto step = releaser_->try_once(id);
    CPPUNIT_ASSERT(!step && step.error().code == Errc::corrupt);
    for (const std::string& bytes : relay_->bytes)
      CPPUNIT_ASSERT(bytes.find("Hello") == std::string::npos);
  }

  void an_unknown_message_is_not_found() {
    const auto step = releaser_->try_once(HeldId::random());
    CPPUNIT_ASSERT(!step && step.error().code == Errc::not_found);
  }

 private:
  std::string root_;
  ManualClock clock_{kArrived + std::chrono::hours(2)};
  std::unique_ptr<PosixFs> fs_;
  std::unique_ptr<Spool> inner_;
  std::unique_ptr<FaultySpool> spool_;
  std::unique_ptr<ScriptedRelay> relay_;
  std::unique_ptr<Releaser> releaser_;
};

namespace {

struct Field {
  const char* name;
  const char* fingerprint;
  std::vector<HeldEvent> events;
  const char* want;  ///< {id} for the held id
};
const Field kFields[] = {
    {"answered by an authenticated author",
     "example.com",
     {{.kind = Event::answered, .text = "address+pow"}},
     "Countersign: released; reason=answered; author=example.com; held={id}; "
     "since=2027-05-26T13:43:20Z; proof=address+pow\r\n"},
    {"answered by anybody else",
     "",
     {{.kind = Event::answered, .text = "address+wait"}},
     "Countersign: released; reason=answered; author=unverified; held={id}; "
     "since=2027-05-26T13:43:20Z; proof=address+wait\r\n"},
    {"let in by its recipient",
     "example.com",
     {{.kind = Event::approved, .text = "joe@example.org"}},
     "Countersign: released; reason=released; author=example.com; held={id}; "
     "since=2027-05-26T13:43:20Z; by=recipient\r\n"},
    {"let in by an operator",
     "",
     {{.kind = Event::approved, .text = "root; x=y\r\nEvil: 1"}},
     "Countersign: released; reason=released; author=unverified; held={id}; "
     "since=2027-05-26T13:43:20Z; by=operator\r\n"},
    {"answered and let in",
     "",
     {{.kind = Event::approved, .text = "root"}, {.kind = Event::answered, .text = "address+pow"}},
     "Countersign: released; reason=answered; author=unverified; held={id}; "
     "since=2027-05-26T13:43:20Z; proof=address+pow\r\n"},
    {"a proof that is none of our words",
     "example.com; pass",
     {{.kind = Event::answered, .text = "x; author=bank.example"}},
     "Countersign: released; reason=answered; author=unverified; held={id}; "
     "since=2027-05-26T13:43:20Z; proof=unknown\r\n"},
};
void check_field(const Field& row) {
  HeldMessage message{
      .envelope = ReleaseTest::envelope(), .content_bytes = 0, .events = row.events};
  message.envelope.fingerprint = row.fingerprint;
  std::string want = row.want;
  want.replace(want.find("{id}"), 4, message.envelope.id.text());
  const History history = history_of(message);
  CPPUNIT_ASSERT_EQUAL(want, released_field(message.envelope, history, history.leaves.front()));
  const std::size_t most = most_release_fields(message.envelope);
  const std::size_t fields = want.size() + message.envelope.received.size();
  CPPUNIT_ASSERT(most >= fields && most < fields + 16);
}

}  // namespace

void ReleaseTest::rows(TestSuiteBuilderContextType& context) {
  test::add_rows(context, kFields, check_field);
}
CPPUNIT_TEST_SUITE_REGISTRATION(ReleaseTest);

}  // namespace countersign
