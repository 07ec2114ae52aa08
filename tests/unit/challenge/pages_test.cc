// SPDX-License-Identifier: Apache-2.0
#include "challenge/pages.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "challenge/embedded.h"
#include "tests/support/held_fixture.h"
#include "tests/support/table_suite.h"
#include "tests/support/temp_folder.h"

namespace countersign::challenge {
namespace {

// Monday 3 May 2027, 14:02 UTC
const WallTime kArrived(seconds(1'809'352'920));

/// What a reader sees: the page without markup, blanks joined, escapes undone.
std::string visible(const std::string& html) {
  std::string text;
  bool tag = false;
  for (const char c : html.substr(html.find("<body>"))) {
    if (c == '<') tag = true;
    if (!tag) {
      const bool blank = c == '\n' || c == ' ';
      if (!blank || (!text.empty() && text.back() != ' ')) text += blank ? ' ' : c;
    }
    if (c == '>') tag = false;
  }
  for (const auto& [escape, character] :
       std::map<std::string, std::string>{{"&quot;", "\""}, {"&lt;", "<"}, {"&gt;", ">"}})
    for (auto at = text.find(escape); at != std::string::npos; at = text.find(escape))
      text.replace(at, escape.size(), character);
  return text;
}

std::shared_ptr<const Pages> own_pages(const std::string& prefix = "") {
  auto pages = Pages::load("", prefix);
  CPPUNIT_ASSERT_MESSAGE(pages ? "" : pages.error().detail, pages);
  return *pages;
}

TokenView view_in(ViewState state) {
  TokenView view{test::kToken, state, test::held_view(kArrived), {}};
  view.held.answered = true;
  if (state == ViewState::failed) view.held.outcomes = {RecipientState::refused};
  if (state == ViewState::waiting) view.proofs = {ProofKind::pow, ProofKind::wait};
  view.held.changed = kArrived + std::chrono::minutes(7);
  if (state == ViewState::withdrawn) view.held.state = HeldState::withdrawn;
  return view;
}

struct StateRow {
  const char* name;
  ViewState state;
  std::vector<std::string> says;
};

// The wording of design section 6.
const StateRow kStateRows[] = {
    {"waiting",
     ViewState::waiting,
     {"Your message to joe@example.org is waiting",
      "\"Offer for 40 chairs\", sent Monday 3 May, 14:02. It arrived safely. As it is your first "
      "to this address, please confirm once that a person sent it.",
      "The address you wrote from", "In the From line of your message.", "Deliver my message",
      "2 June"}},
    {"delivering",
     ViewState::delivering,
     {"Your message to joe@example.org is being delivered. You can close this page."}},
    {"delivered",
     ViewState::delivered,
     {"Delivered on Monday at 14:09. You will not be asked again. You can close this page."}},
    {"failed",
     ViewState::failed,
     {"could not be delivered", "The mail server of joe@example.org refused it on Monday at 14:09.",
      "postmaster@example.org"}},
    {"withdrawn",
     ViewState::withdrawn,
     {"Your message has been taken back", "Taken back on Monday at 14:09.", "It is not delivered.",
      "can be seen by joe@example.org, who can still ask for it until 2 June"}},
    {"expired",
     ViewState::expired,
     {"Your message was not delivered", "It was kept until 2 June", "welcome to send it again"}},
};

void check_state(const StateRow& row) {
  const std::string html = own_pages()->message(view_in(row.state), "", kArrived);
  for (const std::string& text : row.says)
    CPPUNIT_ASSERT_MESSAGE(text + "\nnot in:\n" + visible(html),
                           visible(html).find(text) != std::string::npos);
  CPPUNIT_ASSERT_EQUAL(row.state == ViewState::waiting, html.find("<form") != std::string::npos);
}

struct AgainRow {
  const char* name;
  AnswerOutcome outcome;
  std::string stamp;
  std::string says;
};

const AgainRow kAgainRows[] = {
    {"a wrong address", AnswerOutcome::wrong_address, "",
     "This message came from another address. Nothing is lost; please try again."},
    {"no address", AnswerOutcome::no_address, "", "Please type the address that you wrote from."},
    {"a wrong proof", AnswerOutcome::wrong_proof, "", "Nothing is lost; please try again."},
    {"a stamp that is too old", AnswerOutcome::wrong_proof, "1.new.stamp",
     "Nothing is lost; please try again."},
    {"no proof", AnswerOutcome::no_proof, "", "The address is right"},
    {"wrong digits", AnswerOutcome::wrong_code, "", "Those were not the digits."},
    {"no more digits", AnswerOutcome::no_code_left, "", "come back in ten minutes"},
    {"the first step of waiting", AnswerOutcome::first_step, "1.new.stamp",
     "Please wait ten seconds, then press the button once more."},
    {"the second step too early", AnswerOutcome::early, "1.new.stamp", "a little early"},
};

void check_again(const AgainRow& row) {
  const AnswerResult result{row.outcome, view_in(ViewState::waiting), row.stamp, "", ""};
  const std::string html = own_pages()->again(result, {.address = "alice@example.com"});
  CPPUNIT_ASSERT_MESSAGE(visible(html), visible(html).find(row.says) != std::string::npos);
  CPPUNIT_ASSERT(html.find("value=\"alice@example.com\"") != std::string::npos);
  const std::string field = "name=\"wait\" value=\"" + row.stamp + "\"";
  CPPUNIT_ASSERT_EQUAL(!row.stamp.empty(), html.find(field) != std::string::npos);
}

struct ProblemRow {
  const char* name;
  Problem problem;
  const char* says;
};

const ProblemRow kProblemRows[] = {
    {"not found", Problem::not_found,
     "Nothing is waiting under this link. It may have been delivered, taken back, or kept past its "
     "time."},
    {"limited", Problem::limited, "Nothing is lost"},
    {"unavailable", Problem::unavailable, "Nothing is lost"},
    {"refused", Problem::refused, "That did not work"},
};

void check_problem(const ProblemRow& row) {
  const std::string html = own_pages()->problem(row.problem);
  CPPUNIT_ASSERT_MESSAGE(visible(html), visible(html).find(row.says) != std::string::npos);
  CPPUNIT_ASSERT(html.find("<form") == std::string::npos);
}

class PagesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PagesTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(what_senders_wrote_is_never_markup);
  CPPUNIT_TEST(what_was_typed_is_never_markup);
  CPPUNIT_TEST(other_digits_are_promised_only_where_they_are);
  CPPUNIT_TEST(texts_from_outside_cannot_turn_the_line);
  CPPUNIT_TEST(the_author_is_not_shown);
  CPPUNIT_TEST(only_a_contact_is_promised_to_be_left_alone);
  CPPUNIT_TEST(whom_only_the_recipient_let_in_is_not_promised_to_be_left_alone);
  CPPUNIT_TEST(who_of_several_got_it_is_told);
  CPPUNIT_TEST(what_one_of_several_has_waits_for_the_others_only);
  CPPUNIT_TEST(on_its_way_it_goes_only_to_those_who_did_not_decline);
  CPPUNIT_TEST(without_script_a_stranger_is_told_whom_to_ask);
  CPPUNIT_TEST(a_code_is_shown_and_spoken_by_its_id);
  CPPUNIT_TEST(digits_that_were_typed_stay_with_their_code);
  CPPUNIT_TEST(who_waits_is_not_asked_for_digits);
  CPPUNIT_TEST(a_hint_is_given_as_text);
  CPPUNIT_TEST(only_a_challenge_by_mail_can_be_disowned);
  CPPUNIT_TEST(taking_back_asks_twice);
  CPPUNIT_TEST(why_names_the_operator);
  CPPUNIT_TEST(a_message_without_subject_has_a_whole_sentence);
  CPPUNIT_TEST(a_message_was_sent_when_its_author_says);
  CPPUNIT_TEST(what_was_disowned_is_not_called_theirs);
  CPPUNIT_TEST(what_was_taken_back_stays_so_when_its_time_is_over);
  CPPUNIT_TEST(nothing_comes_from_other_hosts_and_nothing_is_inline);
  CPPUNIT_TEST(every_file_that_a_page_names_is_there);
  CPPUNIT_TEST(links_stand_under_the_prefix);
  CPPUNIT_TEST(a_site_may_replace_page_and_style);
  CPPUNIT_TEST(a_bad_template_is_refused_with_file_and_line);
  CPPUNIT_TEST(a_template_that_cannot_be_read_is_an_error);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kStateRows, check_state);
    test::add_rows(context, kAgainRows, check_again);
    test::add_rows(context, kProblemRows, check_problem);
  }
  void setUp() override {
    setenv("TZ", "UTC", 1);
    tzset();
  }

  void what_senders_wrote_is_never_markup() {
    TokenView view = view_in(ViewState::waiting);
    view.held.subject = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'{{{typed}}}";
    view.held.recipients = {"\"<b>\"@example.org"};
    for (const ViewState state : {ViewState::waiting, ViewState::delivering, ViewState::failed}) {
      view.state = state;
      const std::string html = own_pages()->message(view, "", kArrived);
      CPPUNIT_ASSERT(html.find("<script>") == std::string::npos);
      CPPUNIT_ASSERT(html.find("<img") == std::string::npos);
      CPPUNIT_ASSERT(html.find("<b>") == std::string::npos);
    }
  }

  void what_was_typed_is_never_markup() {
    const AnswerResult result{AnswerOutcome::wrong_address, view_in(ViewState::waiting), "", "",
                              ""};
    const std::string html =
        own_pages()->again(result, {.address = "\" autofocus onfocus=alert(1) x=\""});
    CPPUNIT_ASSERT(html.find("value=\"&quot; autofocus onfocus=alert(1) x=&quot;\"") !=
                   std::string::npos);
  }

  void other_digits_are_promised_only_where_they_are() {
    AnswerResult result{AnswerOutcome::wrong_code, view_in(ViewState::waiting), "", "", ""};
    result.view.proofs = {ProofKind::pow, ProofKind::code};
    const auto text = [&] { return visible(own_pages()->again(result, {})); };
    const auto says = [&](const char* what) { return text().find(what) != std::string::npos; };
    result.code_id = "1.1.0123456789abcdef0123456789abcdef";
    CPPUNIT_ASSERT_MESSAGE(text(), says("Those were not the digits. Nothing is lost; here are"));
    CPPUNIT_ASSERT_MESSAGE(text(), !says("There are no digits"));
    result.code_id.clear();
    CPPUNIT_ASSERT_MESSAGE(text(), says("Those were not the digits. Nothing is lost."));
    CPPUNIT_ASSERT_MESSAGE(text(), says("There are no digits to read for the moment."));
    CPPUNIT_ASSERT_MESSAGE(text(), !says("here are others"));
  }

  void texts_from_outside_cannot_turn_the_line() {
    TokenView view = view_in(ViewState::waiting);
    view.held.subject =
        "\xE2\x80\xAE"
        "evil";
    const std::string html = own_pages()->message(view, "", kArrived);
    CPPUNIT_ASSERT(html.find("<bdi>\xE2\x80\xAE"
                             "evil</bdi>") != std::string::npos);
    CPPUNIT_ASSERT(html.find("<bdi>joe@example.org</bdi>") != std::string::npos);
  }

  void the_author_is_not_shown() {
    for (const ViewState state :
         {ViewState::waiting, ViewState::delivering, ViewState::delivered, ViewState::failed})
      CPPUNIT_ASSERT(own_pages()->message(view_in(state), "", kArrived).find("alice") ==
                     std::string::npos);
  }

  void only_a_contact_is_promised_to_be_left_alone() {
    TokenView view = view_in(ViewState::delivered);
    view.held.fingerprint.clear();
    const std::string text = visible(own_pages()->message(view, "", kArrived));
    CPPUNIT_ASSERT(text.find("Delivered on Monday at 14:09. You can close this page.") !=
                   std::string::npos);
  }

  void whom_only_the_recipient_let_in_is_not_promised_to_be_left_alone() {
    TokenView view = view_in(ViewState::delivered);
    view.held.answered = false;
    const std::string text = visible(own_pages()->message(view, "", kArrived));
    CPPUNIT_ASSERT(text.find("Delivered on Monday at 14:09. You can close this page.") !=
                   std::string::npos);
  }

  void who_of_several_got_it_is_told() {
    TokenView view = view_in(ViewState::failed);
    view.held.recipients = {"joe@example.org", "ann@example.net", "jim@example.org"};
    view.held.outcomes = {RecipientState::taken, RecipientState::refused, RecipientState::declined};
    const std::string text = visible(own_pages()->message(view, "", kArrived));
    for (const char* said : {"Your message reached only some of its recipients",
                             "It was delivered to joe@example.org.",
                             "The mail server of ann@example.net refused it on Monday",
                             "postmaster@example.net", "It was not let in by jim@example.org."})
      CPPUNIT_ASSERT_MESSAGE(text, text.find(said) != std::string::npos);
    CPPUNIT_ASSERT(text.find("could not be delivered") == std::string::npos);
  }

  void what_one_of_several_has_waits_for_the_others_only() {
    TokenView view = view_in(ViewState::waiting);
    view.held.recipients = {"joe@example.org", "ann@example.net"};
    view.held.outcomes = {RecipientState::taken, RecipientState::waiting};
    view.held.taken_back = "withdraw";
    struct {
      ViewState state;
      const char* heading;
      const char* to_whom;
    } const rows[] = {
        {ViewState::waiting, "Your message to ann@example.net is waiting", ""},
        {ViewState::delivering, "Thank you", "Your message to ann@example.net is being delivered."},
        {ViewState::withdrawn, "Your message has been taken back",
         "can be seen by ann@example.net,"}};
    for (const auto& row : rows) {
      view.state = row.state;
      const std::string text = visible(own_pages()->message(view, "", kArrived));
      for (const char* said : {row.heading, row.to_whom, "It was delivered to joe@example.org."})
        CPPUNIT_ASSERT_MESSAGE(text, text.find(said) != std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(text, text.find("not delivered") == std::string::npos);
    }
    view.held.taken_back.clear();
    view.state = ViewState::expired;
    const std::string page = own_pages()->message(view, "", kArrived);
    CPPUNIT_ASSERT_MESSAGE(page, page.find("<title>Delivered in part") != std::string::npos);
    const std::string over = visible(page);
    for (const char* said : {"reached only some of its recipients",
                             "It was delivered to joe@example.org.", "It was kept until"})
      CPPUNIT_ASSERT_MESSAGE(over, over.find(said) != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(over, over.find("was not delivered") == std::string::npos);
    const std::string retract = visible(own_pages()->retract(Retraction::withdraw, view));
    CPPUNIT_ASSERT_MESSAGE(
        retract,
        retract.find("It was delivered to joe@example.org. It is for ann@example.net and") !=
            std::string::npos);
  }

  void on_its_way_it_goes_only_to_those_who_did_not_decline() {
    TokenView view = view_in(ViewState::delivering);
    view.held.recipients = {"joe@example.org", "jim@example.org"};
    view.held.outcomes = {RecipientState::waiting, RecipientState::declined};
    const std::string text = visible(own_pages()->message(view, "", kArrived));
    CPPUNIT_ASSERT_MESSAGE(text, text.find("Your message to joe@example.org is being delivered.") !=
                                     std::string::npos);
  }

  void without_script_a_stranger_is_told_whom_to_ask() {
    TokenView view = view_in(ViewState::waiting);
    const auto says = [&] {
      return visible(own_pages()->message(view, "", kArrived)).find("postmaster@example.org") !=
             std::string::npos;
    };
    CPPUNIT_ASSERT(!says());
    view.proofs = {ProofKind::pow};
    CPPUNIT_ASSERT(says());
  }

  static TokenView view_with_code() {
    TokenView view = view_in(ViewState::waiting);
    view.proofs = {ProofKind::pow, ProofKind::code};
    return view;
  }

  void a_code_is_shown_and_spoken_by_its_id() {
    const std::string html = own_pages()->message(view_with_code(), "1.2.abc", kArrived);
    const std::string base = "/c/" + test::kToken + "/code.";
    CPPUNIT_ASSERT(html.find("<img src=\"" + base + "png?id=1.2.abc\"") != std::string::npos);
    CPPUNIT_ASSERT(html.find("src=\"" + base + "wav?id=1.2.abc\"") != std::string::npos);
    CPPUNIT_ASSERT(html.find("name=\"code_id\" value=\"1.2.abc\"") != std::string::npos);
    CPPUNIT_ASSERT(html.find("JavaScript") == std::string::npos);
    const std::string none = own_pages()->message(view_with_code(), "", kArrived);
    CPPUNIT_ASSERT(none.find("code.png") == std::string::npos);
    CPPUNIT_ASSERT(visible(none).find("no digits to read for the moment") != std::string::npos);
  }

  void digits_that_were_typed_stay_with_their_code() {
    AnswerResult result{AnswerOutcome::wrong_address, view_with_code()};
    result.code_id = "1.2.abc";
    const Answer typed{.address = "a@b", .code = "482936", .code_id = "1.2.abc"};
    CPPUNIT_ASSERT(own_pages()->again(result, typed).find("value=\"482936\"") != std::string::npos);
    result.code_id = "1.3.def";
    CPPUNIT_ASSERT(own_pages()->again(result, typed).find("482936") == std::string::npos);
  }

  void who_waits_is_not_asked_for_digits() {
    AnswerResult result{AnswerOutcome::first_step, view_with_code()};
    result.stamp = "1.new.stamp";
    result.code_id = "1.2.abc";
    CPPUNIT_ASSERT(own_pages()->again(result, {}).find("code.png") == std::string::npos);
  }

  void a_hint_is_given_as_text() {
    AnswerResult result{AnswerOutcome::wrong_address, view_in(ViewState::waiting)};
    result.hint = "<b...@....com";
    CPPUNIT_ASSERT(own_pages()->again(result, {}).find("<bdi>&lt;b...@....com</bdi>") !=
                   std::string::npos);
  }

  void only_a_challenge_by_mail_can_be_disowned() {
    TokenView view = view_in(ViewState::waiting);
    CPPUNIT_ASSERT(own_pages()->message(view, "", kArrived).find("/not-me") == std::string::npos);
    view.held.by_mail = true;
    CPPUNIT_ASSERT(own_pages()->message(view, "", kArrived).find("/not-me") != std::string::npos);
  }

  void taking_back_asks_twice() {
    for (const Retraction what : {Retraction::withdraw, Retraction::not_me}) {
      const std::string first = own_pages()->retract(what, view_in(ViewState::waiting));
      CPPUNIT_ASSERT(first.find("name=\"confirm\"") == std::string::npos);
      CPPUNIT_ASSERT(visible(first).find("Go on") != std::string::npos);
      const RetractResult result{RetractOutcome::confirm, view_in(ViewState::waiting), "1.s.t"};
      const std::string second = own_pages()->retract(what, result, "\"><i>");
      CPPUNIT_ASSERT(second.find("name=\"confirm\" value=\"1.s.t\"") != std::string::npos);
      CPPUNIT_ASSERT(second.find("value=\"&quot;&gt;&lt;i&gt;\"") != std::string::npos);
      CPPUNIT_ASSERT(visible(second).find("Yes, ") != std::string::npos);
    }
  }

  void why_names_the_operator() {
    const auto pages = *Pages::load("", "", {"Example <Ltd>", "+44 20 7946 0000", "g.example", 14});
    const std::string text = visible(pages->why());
    for (const char* says : {"Example &lt;Ltd&gt;", "+44 20 7946 0000", "at most 14 days"})
      CPPUNIT_ASSERT_MESSAGE(text, pages->why().find(says) != std::string::npos);
    const std::string plain = (*Pages::load("", "", {"", "", "g.example", 30}))->why();
    CPPUNIT_ASSERT(plain.find("<bdi>g.example</bdi>") != std::string::npos);
    CPPUNIT_ASSERT(visible(plain).find("postmaster@") != std::string::npos);
  }

  void a_message_without_subject_has_a_whole_sentence() {
    TokenView view = view_in(ViewState::waiting);
    view.held.subject.clear();
    const std::string text = visible(own_pages()->message(view, "", kArrived));
    CPPUNIT_ASSERT(text.find("It has no subject and was sent Monday 3 May, 14:02.") !=
                   std::string::npos);
  }

  void a_message_was_sent_when_its_author_says() {
    TokenView view = view_in(ViewState::waiting);
    view.held.sent = {.instant = kArrived - std::chrono::hours(26),
                      .offset = std::chrono::hours(-12)};
    const std::string text = visible(own_pages()->message(view, "", kArrived));
    // By his own clock.
    CPPUNIT_ASSERT(text.find("sent Sunday 2 May, 00:02.") != std::string::npos);
  }

  void what_was_disowned_is_not_called_theirs() {
    TokenView view = view_in(ViewState::withdrawn);
    view.held.taken_back = "not-me";
    const std::string text = visible(own_pages()->message(view, "", kArrived));
    CPPUNIT_ASSERT_MESSAGE(text, text.find("Thank you for telling us") != std::string::npos);
    CPPUNIT_ASSERT(text.find("We will not write to you again. It is not delivered.") !=
                   std::string::npos);
    CPPUNIT_ASSERT(text.find("Your message has been taken back") == std::string::npos);
  }

  void what_was_taken_back_stays_so_when_its_time_is_over() {
    TokenView view = view_in(ViewState::expired);
    view.held.taken_back = "withdraw";
    const std::string text = visible(own_pages()->message(view, "", kArrived));
    CPPUNIT_ASSERT_MESSAGE(
        text, text.find("Your message has been taken back It was not delivered. You can close") !=
                  std::string::npos);
    CPPUNIT_ASSERT(text.find("send it again") == std::string::npos);
  }

  void nothing_comes_from_other_hosts_and_nothing_is_inline() {
    for (const ViewState state :
         {ViewState::waiting, ViewState::delivering, ViewState::delivered, ViewState::failed}) {
      const std::string html = own_pages()->message(view_in(state), "", kArrived);
      for (const char* bad : {"http:", "https:", "//", "style=", "<style", " on", "javascript:"})
        CPPUNIT_ASSERT_MESSAGE(bad, tags_of(html).find(bad) == std::string::npos);
    }
    for (const EmbeddedFile& file : embedded_files())
      for (const char* bad : {"url(", "@import", "https:", "eval(", "innerHTML", "importScripts"})
        CPPUNIT_ASSERT_MESSAGE(std::string(file.name) + ": " + bad,
                               file.text.find(bad) == std::string_view::npos);
  }

  void every_file_that_a_page_names_is_there() {
    const auto pages = own_pages();
    const std::string html = pages->message(view_in(ViewState::waiting), "", kArrived);
    int found = 0;
    const std::string start = "\"/assets/";
    for (auto at = html.find(start); at != std::string::npos; at = html.find(start, at + 1)) {
      const auto from = at + start.size();
      const auto* file = pages->asset(html.substr(from, html.find('"', from) - from));
      CPPUNIT_ASSERT(file && !file->body.empty() && !file->type.empty());
      ++found;
    }
    CPPUNIT_ASSERT_EQUAL(4, found);
    CPPUNIT_ASSERT(!pages->asset("page.css"));
    CPPUNIT_ASSERT(!pages->asset("page-000000000000.css"));
  }

  void links_stand_under_the_prefix() {
    const auto pages = own_pages("/gate");
    const std::string html = pages->message(view_in(ViewState::waiting), "", kArrived);
    CPPUNIT_ASSERT_EQUAL("/gate/c/" + test::kToken, pages->path_of(test::kToken));
    CPPUNIT_ASSERT(html.find("action=\"/gate/c/") != std::string::npos);
    CPPUNIT_ASSERT(html.find("\"/assets/") == std::string::npos);
    CPPUNIT_ASSERT(html.find("\"/gate/assets/page-") != std::string::npos);
  }

  void a_site_may_replace_page_and_style() {
    const test::TempFolder folder;
    write(folder, "page.html", "{{#waiting}}Bonjour {{subject}} {{css_file}}{{/waiting}}");
    write(folder, "page.css", "main { color: red }");
    write(folder, "page.js", "alert(1)");  // scripts are not theirs
    const auto pages = *Pages::load(folder.path(), "");
    const std::string html = pages->message(view_in(ViewState::waiting), "", kArrived);
    const std::string start = "Bonjour Offer for 40 chairs /assets/";
    CPPUNIT_ASSERT_EQUAL(start, html.substr(0, start.size()));
    const auto* style = pages->asset(html.substr(start.size()));
    CPPUNIT_ASSERT(style);
    CPPUNIT_ASSERT_EQUAL(std::string("main { color: red }"), style->body);
    for (const EmbeddedFile& file : embedded_files())
      if (file.name == "page.js") CPPUNIT_ASSERT(file.text != "alert(1)");
  }

  void a_bad_template_is_refused_with_file_and_line() {
    const test::TempFolder folder;
    write(folder, "page.html", "<p>\n{{{subject}}}\n");
    const auto pages = Pages::load(folder.path(), "");
    CPPUNIT_ASSERT(!pages);
    CPPUNIT_ASSERT_EQUAL(folder.path() + "/page.html:2: ",
                         pages.error().detail.substr(0, folder.path().size() + 14));
  }

  void a_template_that_cannot_be_read_is_an_error() {
    const test::TempFolder folder;
    std::filesystem::create_directory(folder.path() + "/page.html");
    const auto pages = Pages::load(folder.path(), "");
    CPPUNIT_ASSERT(!pages);
    CPPUNIT_ASSERT(pages.error().detail.find("page.html") != std::string::npos);
  }

 private:
  static void write(const test::TempFolder& folder, const std::string& name,
                    const std::string& text) {
    std::ofstream(folder.path() + "/" + name) << text;
  }
  /// What stands between < and >, each.
  static std::string tags_of(const std::string& html) {
    std::string out;
    bool tag = false;
    for (const char c : html) {
      if (c == '<') tag = true;
      if (tag) out += c;
      if (c == '>') tag = false;
    }
    return out;
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(PagesTest);

}  // namespace
}  // namespace countersign::challenge
