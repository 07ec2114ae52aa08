// SPDX-License-Identifier: Apache-2.0
//
// The small parts: settings, Received, bytes, modes last seen.
#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

#include "milter/asked_tuple.h"
#include "milter/byte_check.h"
#include "milter/client.h"
#include "milter/page_watch.h"
#include "milter/policy_memory.h"
#include "milter/settings.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using namespace std::string_literals;

Mailbox box(const std::string& address) { return *Mailbox::parse(address); }

struct BytesRow {
  const char* name;
  std::vector<std::string> pieces;
  bool clean;
};

const BytesRow kBytesRows[] = {
    {"nothing", {}, true},
    {"empty pieces", {"", ""}, true},
    {"lines", {"a\r\n\r\nb\r\n"}, true},
    {"no line end", {"a"}, true},
    {"8-bit", {"\xff\x80\r\n"}, true},
    {"a line end in two pieces", {"a\r", "\nb"}, true},
    {"a line end in two pieces, an empty one between", {"a\r", "", "\nb"}, true},
    {"LF alone", {"\n"}, false},
    {"LF after a letter", {"a\nb"}, false},
    {"LF at the start of a piece", {"a", "\n"}, false},
    {"two LF", {"a\r\n\nb"}, false},
    {"CR alone", {"\r"}, false},
    {"CR before a letter", {"a\rb"}, false},
    {"CR at the end of a piece", {"a\r", "b"}, false},
    {"two CR", {"a\r\r\n"}, false},
    {"two CR in two pieces", {"a\r", "\r\n"}, false},
    {"CR at the end", {"a\r\nb\r"}, false},
    {"NUL", {"a\0b"s}, true},
    {"clean after dirty", {"a\n", "b\r\n"}, false},
};

void check_bytes(const BytesRow& row) {
  ByteCheck check;
  for (const std::string& piece : row.pieces) check.take(piece);
  CPPUNIT_ASSERT_EQUAL(row.clean, check.finish());
}

struct ReceivedRow {
  const char* name;
  Client client;
  std::vector<std::string> recipients;
  std::string want;  ///< up to the date
};

const std::string kBy = "\r\n\tby mx.example.org (Countersign) with ESMTP id {id}";

const ReceivedRow kReceivedRows[] = {
    {"all is known",
     {"mail.example.com", "192.0.2.7", "helo.example.com", "mx.example.org"},
     {"<joe@example.org>"},
     "Received: from helo.example.com (mail.example.com [192.0.2.7])" + kBy +
         "\r\n\tfor <joe@example.org>"},
    {"several recipients are not told of each other",
     {"mail.example.com", "192.0.2.7", "helo.example.com", "mx.example.org"},
     {"<joe@example.org>", "<ann@example.org>"},
     "Received: from helo.example.com (mail.example.com [192.0.2.7])" + kBy},
    {"a route is no recipient",
     {"a", "192.0.2.7", "b", "mx.example.org"},
     {"<@relay.example:joe@example.org>"},
     "Received: from b (a [192.0.2.7])" + kBy + "\r\n\tfor <joe@example.org>"},
    {"IPv6, no name",
     {"[IPv6:2001:db8::1]", "2001:db8::1", "b", "mx.example.org"},
     {},
     "Received: from b (unknown [IPv6:2001:db8::1])" + kBy},
    {"no address, no HELO, no name of ours",
     {"localhost", "", "", ""},
     {},
     "Received: from unknown\r\n\tby unknown (Countersign) with ESMTP id {id}"},
    {"HELO with a line end",
     {"a", "192.0.2.7", "b\r\nX: y", "mx.example.org"},
     {},
     "Received: from unknown (a [192.0.2.7])" + kBy},
    {"HELO with our placeholder",
     {"a", "192.0.2.7", "{id}", "mx.example.org"},
     {},
     "Received: from unknown (a [192.0.2.7])" + kBy},
    {"HELO over any length",
     {"a", "192.0.2.7", std::string(256, 'x'), "mx.example.org"},
     {},
     "Received: from unknown (a [192.0.2.7])" + kBy},
    {"a recipient with odd characters is left out",
     {"a", "192.0.2.7", "b", "mx.example.org"},
     {"<\"j {id}\"@example.org>"},
     "Received: from b (a [192.0.2.7])" + kBy},
};

void check_received(const ReceivedRow& row) {
  Envelope envelope;
  for (const std::string& raw : row.recipients)
    envelope.recipients.push_back(parse_forward_path({raw}, ""));
  CPPUNIT_ASSERT_EQUAL(row.want + "; Fri, 15 Jan 2027 08:00:00 +0000\r\n",
                       received_field(row.client, envelope, WallTime(seconds(1'800'000'000))));
}

/// Whether mail by the second envelope comes the way of the first.
struct WayRow {
  const char* name;
  std::string first;
  Client from;
  std::string second;
  Client then;
  bool same;
};

const Client kEspOne{"out1.esp.example", "192.0.2.7", "", ""};
const Client kEspTwo{"out2.esp.example", "198.51.100.7", "", ""};
const Client kUnnamed{"unknown", "192.0.2.8", "", ""};
const Client kNear{"unknown", "192.0.2.200", "", ""};
const Client kFar{"unknown", "192.0.3.8", "", ""};

const WayRow kWayRows[] = {
    {"new local parts", "<b-123@esp.example>", kEspOne, "<x-9@esp.example>", kEspOne, true},
    {"another host of the service", "<b-1@esp.example>", kEspOne, "<b-2@esp.example>", kEspTwo,
     true},
    {"a domain below the same", "<b-1@em1.k.example>", kEspOne, "<b-2@em2.k.example>", kEspOne,
     true},
    {"a recipient written into it", "<bounces+joe=example.org@k.example>", kEspOne,
     "<bounces+ann=example.net@k.example>", kEspOne, true},
    {"another domain", "<b-1@esp.example>", kEspOne, "<b-1@other.example>", kEspOne, false},
    {"from elsewhere", "<b-1@esp.example>", kEspOne, "<b-1@esp.example>", kFar, false},
    {"from the same network", "<b-1@esp.example>", kUnnamed, "<b-2@esp.example>", kNear, true},
    {"from another network", "<b-1@esp.example>", kUnnamed, "<b-2@esp.example>", kFar, false},
};

void check_way(const WayRow& row) {
  const auto first = ways_of(parse_reverse_path({row.first}), row.from);
  const auto second = ways_of(parse_reverse_path({row.second}), row.then);
  CPPUNIT_ASSERT_EQUAL(row.same, first.at(0) == second.at(0));
  CPPUNIT_ASSERT_EQUAL(std::size_t{16}, first.at(0).size());
}

struct NetworkRow {
  const char* name;
  Client client;
  std::string want;
};

const NetworkRow kNetworkRows[] = {
    {"a confirmed name", {"mx1.mail.host.example", "192.0.2.7", "", ""}, "ptr:host.example"},
    {"a name in upper case", {"MX1.Host.Example", "192.0.2.7", "", ""}, "ptr:host.example"},
    {"a name below a suffix of two labels",
     {"mx.host.co.uk", "192.0.2.7", "", ""},
     "ptr:host.co.uk"},
    {"the name of a provider's customer below a private suffix",
     {"alice.github.io", "192.0.2.7", "", ""},
     "ptr:alice.github.io"},
    {"no name", {"unknown", "192.0.2.7", "", ""}, "net:192.0.2.0/24"},
    {"a literal", {"[192.0.2.7]", "192.0.2.7", "", ""}, "net:192.0.2.0/24"},
    {"an address for a name", {"192.0.2.7", "192.0.2.7", "", ""}, "net:192.0.2.0/24"},
    {"IPv6 without a name", {"unknown", "2001:db8:1:2::7", "", ""}, "net:2001:db8:1:2::/64"},
    {"IPv6 with a name", {"mx.host.example", "2001:db8:1:2::7", "", ""}, "ptr:host.example"},
    {"a public suffix", {"co.uk", "192.0.2.7", "", ""}, "net:192.0.2.0/24"},
    {"a private suffix", {"github.io", "192.0.2.7", "", ""}, "net:192.0.2.0/24"},
    {"a top-level domain", {"com", "192.0.2.7", "", ""}, "net:192.0.2.0/24"},
    {"a name that is no domain", {"mx..host.example", "192.0.2.7", "", ""}, "net:192.0.2.0/24"},
    {"a name that spells the address",
     {"192-0-2-7.dsl.host.example", "192.0.2.7", "", ""},
     "net:192.0.2.0/24"},
    {"backwards", {"7.2.0.192.dsl.host.example", "192.0.2.7", "", ""}, "net:192.0.2.0/24"},
    {"with zeroes", {"host192-000-002-007.host.example", "192.0.2.7", "", ""}, "net:192.0.2.0/24"},
    {"in hexadecimal", {"C0000207.host.example", "192.0.2.7", "", ""}, "net:192.0.2.0/24"},
    {"a name with other numbers", {"mx2-7.host.example", "192.0.2.7", "", ""}, "ptr:host.example"},
    {"a name with longer numbers",
     {"1192-0-2-7.host.example", "192.0.2.7", "", ""},
     "ptr:host.example"},
    {"a number beyond any size",
     {"99999999999999999999999999.host.example", "192.0.2.7", "", ""},
     "ptr:host.example"},
    {"a program of this host", {"localhost", "127.0.0.1", "", ""}, ""},
    {"another name of this host", {"mx.host.example", "127.0.1.1", "", ""}, ""},
    {"this host by IPv6", {"mx.host.example", "::1", "", ""}, ""},
    {"no address", {"mx.host.example", "", "", ""}, ""},
};

void check_network(const NetworkRow& row) {
  CPPUNIT_ASSERT_EQUAL(row.want, network_fingerprint(row.client));
  if (!row.want.empty()) CPPUNIT_ASSERT(is_network(row.want));
}

struct ExemptRow {
  const char* name;
  std::string address;
  bool exempt;
};

const ExemptRow kExemptRows[] = {
    {"postmaster", "postmaster@example.org", true},
    {"abuse", "abuse@example.org", true},
    {"hostmaster", "hostmaster@example.org", true},
    {"webmaster", "webmaster@example.org", true},
    {"admin", "admin@example.org", true},
    {"administrator", "administrator@example.org", true},
    {"security", "security@example.org", true},
    {"in any case", "PostMaster@example.org", true},
    {"with a detail", "abuse+1@example.org", true},
    {"our notice address", "countersign@example.org", true},
    {"one listed", "info@example.org", true},
    {"one listed, in another domain", "info@example.net", false},
    {"one that only starts alike", "postmasters@example.org", false},
    {"a person", "joe@example.org", false},
};

MilterSettings exempting() {
  MilterSettings settings;
  settings.exempt = {box("info@example.org")};
  return settings;
}

void check_exempt(const ExemptRow& row) {
  CPPUNIT_ASSERT_EQUAL(row.exempt, exempting().is_exempt(box(row.address)));
}

class MilterPartsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MilterPartsTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(a_fixed_notice_address_is_exempt_alone);
  CPPUNIT_TEST(an_address_of_its_own_keeps_its_detail);
  CPPUNIT_TEST(modes_are_remembered_while_they_differ);
  CPPUNIT_TEST(the_memory_of_modes_is_bounded);
  CPPUNIT_TEST(who_may_have_asked_is_known_by_his_mode_or_noted);
  CPPUNIT_TEST(the_most_specific_mode_of_a_list_counts);
  CPPUNIT_TEST(a_look_up_is_newer_than_the_list_and_the_next_list_newer_than_that);
  CPPUNIT_TEST(the_list_outlives_the_daemon_as_text);
  CPPUNIT_TEST(of_a_damaged_list_what_reads_is_taken_and_the_rest_told);
  CPPUNIT_TEST(an_absent_heartbeat_counts_from_when_it_was_last_seen);
  CPPUNIT_TEST(a_page_without_a_heartbeat_is_not_up);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kBytesRows, check_bytes);
    test::add_rows(context, kReceivedRows, check_received);
    test::add_rows(context, kWayRows, check_way);
    test::add_rows(context, kNetworkRows, check_network);
    test::add_rows(context, kExemptRows, check_exempt);
  }

  void a_fixed_notice_address_is_exempt_alone() {
    MilterSettings settings;
    settings.notices_from = "gate@example.org";
    CPPUNIT_ASSERT(settings.is_exempt(box("gate@example.org")));
    CPPUNIT_ASSERT(!settings.is_exempt(box("gate@example.net")));
    CPPUNIT_ASSERT(!settings.is_exempt(box("countersign@example.org")));
  }

  void an_address_of_its_own_keeps_its_detail() {
    MilterSettings settings;
    settings.owners = {{box("joe+work@example.org"), box("joe+work@example.org")},
                       {box("sales@example.org"), box("ann@example.org")}};
    CPPUNIT_ASSERT(settings.owner_of(box("joe+work@example.org")) == box("joe+work@example.org"));
    CPPUNIT_ASSERT(settings.owner_of(box("joe+play@example.org")) == box("joe@example.org"));
    CPPUNIT_ASSERT(settings.owner_of(box("sales+x@example.org")) == box("ann@example.org"));
    CPPUNIT_ASSERT(settings.owner_of(box("bob@example.org")) == box("bob@example.org"));
  }

  void modes_are_remembered_while_they_differ() {
    PolicyMemory memory;
    const Mailbox joe = box("joe@example.org");
    CPPUNIT_ASSERT(memory.recall(joe, Mode::observe) == Mode::observe);
    memory.note(joe, Mode::hold, Mode::observe);
    CPPUNIT_ASSERT(memory.recall(joe, Mode::observe) == Mode::hold);
    CPPUNIT_ASSERT(memory.recall(box("ann@example.org"), Mode::observe) == Mode::observe);
    memory.note(joe, Mode::observe, Mode::observe);
    CPPUNIT_ASSERT(memory.recall(joe, Mode::observe) == Mode::observe);
  }

  void the_memory_of_modes_is_bounded() {
    PolicyMemory memory(2);
    for (const std::string name : {"a", "b", "c"})
      memory.note(box(name + "@example.org"), Mode::hold, Mode::observe);
    CPPUNIT_ASSERT(memory.recall(box("a@example.org"), Mode::observe) == Mode::observe);
    CPPUNIT_ASSERT(memory.recall(box("b@example.org"), Mode::observe) == Mode::hold);
    CPPUNIT_ASSERT(memory.recall(box("c@example.org"), Mode::observe) == Mode::hold);
  }

  void who_may_have_asked_is_known_by_his_mode_or_noted() {
    PolicyMemory memory(2);
    const auto may = [&](const std::string& name) {
      return memory.may_have_asked(box(name + "@example.org"), Mode::hold);
    };
    CPPUNIT_ASSERT(!may("joe"));
    memory.note(box("joe@example.org"), Mode::refuse, Mode::hold);
    CPPUNIT_ASSERT(may("joe") && !may("ann"));
    memory.take({"1", {{"ann@example.org", Mode::defer}, {"joe@example.org", Mode::aside}}});
    CPPUNIT_ASSERT(!may("joe") && may("ann"));
    CPPUNIT_ASSERT(memory.may_have_asked(box("bob@example.org"), Mode::refuse));
    memory.note_asked(box("joe@example.org"));
    memory.take({"2", {}});
    CPPUNIT_ASSERT(may("joe") && !may("ann"));
    // Bounded: those who were noted before are asked once more.
    memory.note_asked(box("ann@example.org"));
    memory.note_asked(box("bob@example.org"));
    CPPUNIT_ASSERT(may("bob") && !may("joe"));
  }

  static SetModes three_levels() {
    return {"7",
            {{"", Mode::hold}, {"example.net", Mode::aside}, {"joe@example.org", Mode::observe}}};
  }
  static void expect_three_levels(const PolicyMemory& memory) {
    CPPUNIT_ASSERT(memory.recall(box("joe@example.org"), Mode::refuse) == Mode::observe);
    CPPUNIT_ASSERT(memory.recall(box("joe@example.net"), Mode::refuse) == Mode::aside);
    CPPUNIT_ASSERT(memory.recall(box("ann@example.org"), Mode::refuse) == Mode::hold);
    CPPUNIT_ASSERT(memory.recall_site(Mode::refuse) == Mode::hold);
  }

  void the_most_specific_mode_of_a_list_counts() {
    PolicyMemory memory;
    memory.take(three_levels());
    CPPUNIT_ASSERT_EQUAL(std::string("7"), memory.version());
    expect_three_levels(memory);
    memory.take({"8", {}});
    CPPUNIT_ASSERT(memory.recall(box("ann@example.org"), Mode::refuse) == Mode::refuse);
    CPPUNIT_ASSERT(memory.recall_site(Mode::refuse) == Mode::refuse);
  }

  void a_look_up_is_newer_than_the_list_and_the_next_list_newer_than_that() {
    PolicyMemory memory;
    const Mailbox ann = box("ann@example.org");
    memory.take(three_levels());
    memory.note(ann, Mode::aside, Mode::refuse);
    CPPUNIT_ASSERT(memory.recall(ann, Mode::refuse) == Mode::aside);
    memory.take(three_levels());
    CPPUNIT_ASSERT(memory.recall(ann, Mode::refuse) == Mode::hold);
  }

  void the_list_outlives_the_daemon_as_text() {
    PolicyMemory before, after;
    before.take(three_levels());
    CPPUNIT_ASSERT(after.take_text(before.text()));
    expect_three_levels(after);
    CPPUNIT_ASSERT_EQUAL(std::string(), after.version());
    CPPUNIT_ASSERT_EQUAL(before.text(), after.text());
    CPPUNIT_ASSERT(PolicyMemory().take_text(PolicyMemory().text()));
  }

  void of_a_damaged_list_what_reads_is_taken_and_the_rest_told() {
    PolicyMemory before, after;
    before.take(three_levels());
    const auto taken = after.take_text("nonsense\nnomode x@example.org\n" + before.text());
    CPPUNIT_ASSERT(!taken && taken.error().code == Errc::corrupt);
    CPPUNIT_ASSERT_EQUAL(std::string("2 lines that are none"), taken.error().detail);
    expect_three_levels(after);
    // Cut anywhere, emptied, or more behind the end: told.
    const std::string text = before.text();
    for (std::size_t size = 0; size + 1 < text.size(); ++size)
      CPPUNIT_ASSERT_MESSAGE(text.substr(0, size), !after.take_text(text.substr(0, size)));
    CPPUNIT_ASSERT(!after.take_text(text + "hold x@example.org\n"));
  }

  void an_absent_heartbeat_counts_from_when_it_was_last_seen() {
    ManualClock clock;
    PageWatch page(clock.steady());
    clock.advance(seconds(90));
    CPPUNIT_ASSERT_EQUAL(90'000LL, static_cast<long long>(page.age({}, clock.steady()).count()));
    CPPUNIT_ASSERT_EQUAL(
        5'000LL, static_cast<long long>(page.age(milliseconds(5000), clock.steady()).count()));
    clock.advance(std::chrono::hours(5));
    CPPUNIT_ASSERT(page.age({}, clock.steady()) > std::chrono::hours(4));
  }

  void a_page_without_a_heartbeat_is_not_up() {
    ManualClock clock;
    PageWatch page(clock.steady());
    CPPUNIT_ASSERT(page_state(page.age({}, clock.steady())) == PageState::down);
    CPPUNIT_ASSERT(page_state(page.age(milliseconds(0), clock.steady())) == PageState::up);
    CPPUNIT_ASSERT(page_state(page.age({}, clock.steady())) == PageState::down);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MilterPartsTest);

}  // namespace
}  // namespace countersign
