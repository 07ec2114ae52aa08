// SPDX-License-Identifier: Apache-2.0
#include "spool/shares.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/held_samples.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

/// `count` messages of `bytes` each; names that are the same for all count together.
struct Flood {
  Claimants who;
  std::uint64_t bytes = 0;
  int count = 1;
};

Claimants of(const char* share, std::vector<std::string> owners = {}, const char* domain = "",
             const char* network = "") {
  return {share, std::move(owners), domain, network};
}

const char* const kAuthenticated = "authenticated";
const char* const kMachine = "machine";
const char* const kOthers = "unauthenticated";

/// 1000 bytes: at least 500 for authenticated authors, at most 200 for machines; caps of 3.
const SpoolLimits kLimits{.bytes = 1000,
                          .authenticated_least = 0.5,
                          .machines_most = 0.2,
                          .per_recipient = 3,
                          .per_author_domain = 3,
                          .per_network = 3,
                          .message_bytes = 1000};

struct Case {
  const char* name;
  std::vector<Flood> before;
  Flood next;
  std::optional<Errc> want;  ///< none: it is admitted
  const char* says;          ///< part of the detail
};
const Case kCases[] = {
    {"the first message is admitted", {}, {of(kMachine, {"joe"}, "a.example", "n")}, {}, ""},
    {"authenticated mail may fill all",
     {{of(kAuthenticated), 600}},
     {of(kAuthenticated), 400},
     {},
     ""},
    {"authenticated mail over the limit is a full disk",
     {{of(kAuthenticated), 600}},
     {of(kAuthenticated), 401},
     Errc::unavailable,
     "the limit"},
    {"a message over the whole limit is refused",
     {},
     {of(kAuthenticated), 1001},
     Errc::unavailable,
     "the limit"},
    {"others may take half", {}, {of(kOthers), 500}, {}, ""},
    {"others may not take more than half",
     {},
     {of(kOthers), 501},
     Errc::invalid,
     "what authenticated authors leave"},
    {"machines may take a fifth", {}, {of(kMachine), 200}, {}, ""},
    {"machines may not take more than a fifth",
     {},
     {of(kMachine), 201},
     Errc::invalid,
     "the share of machines"},
    {"machines count among others",
     {{of(kMachine), 200}},
     {of(kOthers), 301},
     Errc::invalid,
     "what authenticated authors leave"},
    {"others leave nothing to machines",
     {{of(kOthers), 450}},
     {of(kMachine), 51},
     Errc::invalid,
     "what authenticated authors leave"},
    {"a flood leaves authenticated authors their half",
     {{of(kMachine), 200}, {of(kOthers), 300}},
     {of(kAuthenticated), 500},
     {},
     ""},
    {"authenticated mail may push others aside",
     {{of(kAuthenticated), 900}},
     {of(kOthers), 101},
     Errc::invalid,
     "the limit"},
    {"an unknown share counts as unauthenticated",
     {},
     {of("strange"), 501},
     Errc::invalid,
     "unauthenticated"},
    {"a recipient's third message is admitted",
     {{of(kOthers, {"joe"}), 1, 2}},
     {of(kOthers, {"joe"})},
     {},
     ""},
    {"a recipient's fourth message is refused",
     {{of(kOthers, {"joe"}), 1, 3}},
     {of(kOthers, {"joe"})},
     Errc::invalid,
     "recipient joe"},
    {"one recipient over the cap stops the message",
     {{of(kOthers, {"joe"}), 1, 3}},
     {of(kOthers, {"ann", "joe"})},
     Errc::invalid,
     "recipient joe"},
    {"another recipient is not touched",
     {{of(kOthers, {"joe"}), 1, 3}},
     {of(kOthers, {"ann"})},
     {},
     ""},
    {"forgeries do not close a recipient to authenticated authors",
     {{of(kOthers, {"joe"}), 1, 3}},
     {of(kAuthenticated, {"joe"})},
     {},
     ""},
    {"an author domain's fourth message is refused",
     {{of(kAuthenticated, {}, "a.example"), 1, 3}},
     {of(kAuthenticated, {}, "a.example")},
     Errc::invalid,
     "author domain a.example"},
    {"forgeries do not close a domain to its own mail",
     {{of(kOthers, {}, "a.example"), 1, 3}},
     {of(kAuthenticated, {}, "a.example")},
     {},
     ""},
    {"a network's fourth message is refused",
     {{of(kOthers, {}, "", "192.0.2.0/24"), 1, 3}},
     {of(kMachine, {}, "", "192.0.2.0/24")},
     Errc::invalid,
     "network 192.0.2.0/24"},
    {"messages without a network are not one network",
     {{of(kOthers), 1, 5}},
     {of(kOthers)},
     {},
     ""},
};

void check_case(const Case& row) {
  Shares shares(kLimits);
  std::vector<Shares::Claim> claims;
  for (const Flood& flood : row.before)
    for (int i = 0; i < flood.count; ++i) {
      auto claim = shares.admit(flood.who, flood.bytes);
      CPPUNIT_ASSERT(claim);
      claims.push_back(*claim);
    }
  const std::uint64_t used = shares.used_bytes();
  auto got = shares.admit(row.next.who, row.next.bytes);
  CPPUNIT_ASSERT_EQUAL(!row.want, bool(got));
  if (got) {
    CPPUNIT_ASSERT_EQUAL(used + row.next.bytes, shares.used_bytes());
    return;
  }
  CPPUNIT_ASSERT(*row.want == got.error().code);
  CPPUNIT_ASSERT_MESSAGE(got.error().detail,
                         got.error().detail.find(row.says) != std::string::npos);
  CPPUNIT_ASSERT_EQUAL(used, shares.used_bytes());
  // What was refused has left no trace: after the others are gone there is room for all.
  for (Shares::Claim& claim : claims) shares.give_back(claim);
  CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, shares.used_bytes());
  if (row.next.bytes <= 200)
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(shares.admit(row.next.who, 0));
}

struct Room {
  const char* name;
  Space space;
  bool low;
  std::uint64_t logs = 0;  ///< still to be made
};
constexpr std::uint64_t kMega = 1 << 20;
const Room kRooms[] = {
    {"what is not known is not low", {}, false},
    {"a large disk with 32 MiB left is not low", {32 * kMega, 100'000 * kMega, 0, 0}, false},
    {"a large disk with less is low", {32 * kMega - 1, 100'000 * kMega, 0, 0}, true},
    {"a small disk with a twentieth left is not low", {kMega, 20 * kMega, 0, 0}, false},
    {"a small disk with less is low", {kMega - 1, 20 * kMega, 0, 0}, true},
    {"a full disk is low", {0, 65536, 0, 0}, true},
    {"too few files are low", {kMega, kMega, 1003, 1'000'000}, true},
    {"1000 files and those of one message are not low", {kMega, kMega, 1004, 1'000'000}, false},
    {"4 files of 20 are low", {kMega, kMega, 4, 20}, true},
    {"5 files of 20 are not low", {kMega, kMega, 5, 20}, false},
    {"files for logs to come are kept", {kMega, kMega, 7, 20}, true, 3},
    {"with files for logs to come it is not low", {kMega, kMega, 8, 20}, false, 3},
    {"blocks for logs to come are kept", {kMega + 12'287, 20 * kMega, 0, 0}, true, 3},
    {"with blocks for logs to come it is not low", {kMega + 12'288, 20 * kMega, 0, 0}, false, 3},
};
void check_room(const Room& row) { CPPUNIT_ASSERT_EQUAL(row.low, low_space(row.space, row.logs)); }

}  // namespace

class SharesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SharesTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(cases);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rooms);
  CPPUNIT_TEST(growing_stops_at_the_share);
  CPPUNIT_TEST(what_is_given_back_is_free);
  CPPUNIT_TEST(giving_back_twice_is_once);
  CPPUNIT_TEST(what_is_on_disk_is_counted_even_over_the_limit);
  CPPUNIT_TEST(claimants_come_from_the_envelope);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void cases(TestSuiteBuilderContextType& c) { test::add_rows(c, kCases, check_case); }
  static void rooms(TestSuiteBuilderContextType& c) { test::add_rows(c, kRooms, check_room); }

  void growing_stops_at_the_share() {
    Shares shares(kLimits);
    Shares::Claim claim = *shares.admit(of(kMachine), 100);
    CPPUNIT_ASSERT(shares.grow(claim, 100));
    const auto over = shares.grow(claim, 1);
    CPPUNIT_ASSERT(!over && over.error().code == Errc::unavailable);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{200}, shares.used_bytes());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{200}, claim.bytes());
  }
  void what_is_given_back_is_free() {
    Shares shares(kLimits);
    const Claimants who = of(kOthers, {"joe"}, "a.example", "n");
    std::vector<Shares::Claim> claims;
    for (int i = 0; i < 3; ++i) claims.push_back(*shares.admit(who, 10));
    CPPUNIT_ASSERT(!shares.admit(who, 10));
    shares.give_back(claims[1]);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{20}, shares.used_bytes());
    CPPUNIT_ASSERT(shares.admit(who, 10));
  }
  void giving_back_twice_is_once() {
    Shares shares(kLimits);
    Shares::Claim one = *shares.admit(of(kOthers, {"joe"}), 10);
    Shares::Claim two = *shares.admit(of(kOthers, {"joe"}), 10);
    shares.give_back(one);
    shares.give_back(one);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{10}, shares.used_bytes());
    shares.give_back(two);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, shares.used_bytes());
  }
  void what_is_on_disk_is_counted_even_over_the_limit() {
    Shares shares(kLimits);
    for (int i = 0; i < 5; ++i) (void)shares.restore(of(kMachine, {"joe"}), 400);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2000}, shares.used_bytes());
    CPPUNIT_ASSERT(!shares.admit(of(kAuthenticated), 1));
  }
  void claimants_come_from_the_envelope() {
    HeldEnvelope e = test::sample_envelope(test::held_id("7q", '0'));
    e.owners = {"joe@example.org", "ann@example.org", "joe@example.org"};
    Claimants who = claimants_of(e, "192.0.2.0/24");
    CPPUNIT_ASSERT(who.owners == (std::vector<std::string>{"ann@example.org", "joe@example.org"}));
    CPPUNIT_ASSERT_EQUAL(std::string("example.com"), who.author_domain);
    CPPUNIT_ASSERT_EQUAL(std::string(), who.network);
    e.share = "machine";
    e.fingerprint.clear();
    e.author = "\"a@b\"@forged.example";
    who = claimants_of(e, "192.0.2.0/24");
    CPPUNIT_ASSERT_EQUAL(std::string("forged.example"), who.author_domain);
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.0/24"), who.network);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SharesTest);

}  // namespace countersign
