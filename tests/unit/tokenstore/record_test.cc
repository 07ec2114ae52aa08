// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/record.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"
#include "tokenstore/records.h"

namespace countersign {
namespace {

struct Bytes {
  const char* name;
  std::string bytes;
  bool good;
};
const Bytes kBytes[] = {
    {"no fields", "1", true},
    {"one field", "1&a=b", true},
    {"an empty value", "1&a=", true},
    {"a name twice", "1&a=b&a=c", true},
    {"any byte, escaped", "1&a=%00%ff%26", true},
    {"nothing", "", false},
    {"another version", "2&a=b", false},
    {"a field without sign", "1a=b", false},
    {"an empty field", "1&", false},
    {"a field without value", "1&a", false},
    {"a field without name", "1&=a", false},
    {"a name in upper case", "1&A=b", false},
    {"half an escape", "1&a=%f", false},
    {"an escape that is no hex", "1&a=%zz", false},
};
void check_bytes(const Bytes& row) {
  const auto record = Record::decode(row.bytes);
  CPPUNIT_ASSERT_EQUAL(row.good, bool(record));
  if (!record) {
    CPPUNIT_ASSERT(record.error().code == Errc::corrupt);
    return;
  }
  CPPUNIT_ASSERT_EQUAL(row.bytes, record->encode());
}

}  // namespace

class RecordTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RecordTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(bytes);
  CPPUNIT_TEST(a_value_cannot_make_a_field);
  CPPUNIT_TEST(repeated_fields_keep_their_order);
  CPPUNIT_TEST(lists_keep_any_text);
  CPPUNIT_TEST(a_contact_is_readable_by_scripts);
  CPPUNIT_TEST(unknown_fields_of_a_contact_are_passed_over);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void bytes(TestSuiteBuilderContextType& c) { test::add_rows(c, kBytes, check_bytes); }

  void a_value_cannot_make_a_field() {
    Record record;
    record.add("note", "x&standing=allow&fp=evil.example%26");
    CPPUNIT_ASSERT_EQUAL(std::string("1&note=x%26standing%3dallow%26fp%3devil.example%2526"),
                         record.encode());
    CPPUNIT_ASSERT(!Record::decode(record.encode())->get("standing"));
  }
  void repeated_fields_keep_their_order() {
    Record record;
    record.add_all("fp", {"b", "a"});
    const auto back = Record::decode(record.encode());
    CPPUNIT_ASSERT((std::vector<std::string>{"b", "a"}) == back->all("fp"));
    CPPUNIT_ASSERT_EQUAL(std::string("b"), back->text("fp"));
  }
  void lists_keep_any_text() {
    const std::vector<std::string> texts = {"a,b", std::string("\0%", 2), "\xc3\xa9", "x"};
    CPPUNIT_ASSERT(texts == *split_list(join_list(texts)));
    CPPUNIT_ASSERT(split_list("")->empty());
    CPPUNIT_ASSERT(split_list("%4").error().code == Errc::corrupt);
  }
  void a_contact_is_readable_by_scripts() {
    ContactEntry entry;
    entry.source = "answered";
    entry.fingerprints = {"example.com"};
    entry.created = WallTime(seconds(1'800'000'000));
    entry.note = "met in Ghent";
    CPPUNIT_ASSERT_EQUAL(std::string("1&standing=allow&source=answered&created=1800000000000"
                                     "&note=met%20in%20Ghent&fp=example.com"),
                         encode_contact("a:alice@example.com", entry));
  }
  void unknown_fields_of_a_contact_are_passed_over() {
    const auto entry = decode_contact("a:alice@example.com", "1&later=x&standing=deny");
    CPPUNIT_ASSERT(entry && entry->standing == Standing::deny);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(RecordTest);

}  // namespace countersign
