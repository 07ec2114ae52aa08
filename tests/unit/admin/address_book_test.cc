// SPDX-License-Identifier: Apache-2.0
#include "admin/address_book.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "admin/csv.h"
#include "tests/support/table_suite.h"

using namespace countersign;
using namespace countersign::admin;

namespace {

struct Row {
  const char* name;
  AddressBook (*read)(std::string_view);
  std::string text;
  std::string want;  ///< the addresses, each with a blank before; then lines that are bad
};

const Row kRows[] = {
    {"a card", read_vcards,
     "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Alice\r\nEMAIL;TYPE=work:Alice@Example.com\r\nEND:VCARD\r\n",
     " alice@example.com"},
    {"cards with several addresses, in groups, folded, LF", read_vcards,
     "BEGIN:VCARD\nitem1.EMAIL;type=INTERNET;type=pref:alice@exam\n ple.com\n"
     "email:a2@example.com\nX-EMAIL-NOTE:no@x.example\nEND:VCARD\nBEGIN:VCARD\nEMAIL:b@x.example\n"
     "end:vcard",
     " alice@example.com a2@example.com b@x.example"},
    {"quoted-printable of vCard 2.1", read_vcards,
     "EMAIL;ENCODING=QUOTED-PRINTABLE:alice=40=\r\nexample.com\r\nEMAIL:b@x.example\r\n",
     " alice@example.com b@x.example"},
    {"a card that is cut off is told, and no address that may be cut is taken", read_vcards,
     "BEGIN:VCARD\nEMAIL:a@x.example\nEND:VCARD\nBEGIN:VCARD\nEMAIL:b@x.example\nEMAIL:c@x.exam",
     " a@x.example 4"},
    {"a card that is cut off within its end", read_vcards,
     "BEGIN:VCARD\r\nEMAIL:a@x.example\r\nEND:VCA", " 1"},
    {"a card without an end before another", read_vcards,
     "BEGIN:VCARD\nEMAIL:a@x.example\nBEGIN:VCARD\nEMAIL:b@x.example\nEND:VCARD\n",
     " b@x.example 1"},
    {"a card in a card of vCard 2.1", read_vcards,
     "BEGIN:VCARD\nAGENT:\nBEGIN:VCARD\nEMAIL:a@x.example\nEND:VCARD\nEMAIL:b@x.example\n"
     "END:VCARD \n",
     " a@x.example b@x.example"},
    {"a bad address on a card that is cut off is not told", read_vcards,
     "BEGIN:VCARD\nEMAIL:nobody\n", " 1"},
    {"an end without a beginning", read_vcards, "END:VCARD\nEMAIL:a@x.example\n", " a@x.example"},
    {"a card whose address is none", read_vcards, "FN:x\r\nEMAIL:nobody\r\nEMAIL:\r\n", " 2"},
    {"a mailto", read_vcards, "EMAIL;VALUE=uri:mailto:a@x.example\r\n", " a@x.example"},
    {"CSV of Google", read_csv,
     "Name,E-mail 1 - Type,E-mail 1 - Value,E-mail 2 - Value\r\n"
     "\"Smith, Alice\",Work,alice@example.com ::: a2@example.com,\r\nBob,,,b@x.example\r\n",
     " alice@example.com a2@example.com b@x.example"},
    {"CSV of Outlook, semicolons", read_csv,
     "\"First Name\";\"E-mail Address\"\r\n\"Alice\";\"alice@example.com\"\r\n\"Bob\";\"bob\"\r\n",
     " alice@example.com 3"},
    {"tabs, a byte order mark", read_csv,
     "\xef\xbb\xbf"
     "Email\tName\na@x.example\tA\n",
     " a@x.example"},
    {"without a line of names", read_csv, "alice@example.com,Alice\nBob,b@x.example\nnobody,x\n",
     " alice@example.com b@x.example"},
    {"a line end in quotes", read_csv, "Note,Email\n\"two\nlines\",a@x.example\nx,b\n",
     " a@x.example 4"},
    {"addresses with names", read_csv,
     "Name,Email\nA,Alice <a@x.example>\nB,\"Bo, Mr. <b@x.example>, c@x.example; \"\"D, E\"\" "
     "<d@x.example>\"\nC,Eve <e@>\nD,\"nobody, f@x.example\"\n",
     " a@x.example b@x.example c@x.example d@x.example f@x.example 4 5"},
    {"addresses with names, without a line of names", read_csv, "A,Alice <a@x.example>\nb <c>,1\n",
     " a@x.example"},
    {"an address with a name on a card", read_vcards, "EMAIL:Alice <a@x.example>\r\n",
     " a@x.example"},
    {"empty lines before the names", read_csv, "\r\n \nName;Email\nA;a@x.example\n",
     " a@x.example"},
    {"a quote that is never closed takes the rest with it, and is told", read_csv,
     "Name,Email\nA,a@x.example\n\"B,b@x.example\nC,c@x.example\nD,d@x.example\n",
     " a@x.example 3"},
    {"a quote that the next line's closes by chance is told, and what follows is read", read_csv,
     "Name,Email\nA,a@x.example\n\"B,b@x.example\n\"C\",c@x.example\nD,d@x.example\n",
     " a@x.example d@x.example 3"},
    {"a quote alone at the end", read_csv, "Email\na@x.example\n\"", " a@x.example 3"},
    {"a quote that is never closed in the line of names", read_csv, "\"Email\na@x.example\n", " 1"},
    {"quotes within a quoted cell of one line", read_csv,
     "Name,Email\n\"Al \"the man\" B\",a@x.example\n", " a@x.example"},
    {"blanks behind a cell of two lines", read_csv, "Note,Email\n\"two\nlines\" ,a@x.example\n",
     " a@x.example"},
    {"nothing", read_csv, "", ""},
    {"only names", read_csv, "Name,Email\n", ""},
};

void check(const Row& row) {
  const AddressBook book = row.read(row.text);
  std::string got;
  for (const Mailbox& address : book.addresses) got += " " + address.address();
  for (const BadEntry& bad : book.bad) got += " " + std::to_string(bad.line);
  CPPUNIT_ASSERT_EQUAL(row.want, got);
}

struct BadListRow {
  const char* name;
  std::string text;  ///< below the names
  std::string want;  ///< line and what is wrong
};
const BadListRow kBadLists[] = {
    {"no author", "nobody,allow,admin,,no,,,", "2: \"nobody\" is no author"},
    {"another standing", "a@x.example,maybe,admin,,no,,,", "2: standing: \"maybe\"; allowed"},
    {"a time that is none", "a@x.example,allow,admin,,no,yesterday,,",
     "2: \"yesterday\" is no time"},
    {"a day that is none", "a@x.example,allow,admin,,no,2027-02-30T00:00:00Z,,", "is no time"},
    {"too few columns", "a@x.example,allow", "2: 2 columns; allowed: 8"},
    {"a public suffix as a fingerprint", "a@x.example,allow,admin,net.example com,no,,,",
     "2: \"com\" is a public suffix: name a domain below it"},
    {"a quote that is never closed", "a@x.example,allow,admin,,no,,,\"x\r\nb@x.example,allow",
     "2: a quote begins here"},
    {"final", "a@x.example,allow,admin,,1,,,", "2: final: \"1\"; allowed: yes, no"},
};
void check_bad_list(const BadListRow& row) {
  const ContactList list = read_contact_list(
      "subject,standing,source,fingerprints,final,created,seen,note\r\n" + row.text + "\r\n");
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, list.bad.size());
  const std::string got = std::to_string(list.bad[0].line) + ": " + list.bad[0].what;
  CPPUNIT_ASSERT_MESSAGE(got, got.find(row.want) != std::string::npos);
  CPPUNIT_ASSERT(list.entries.empty());
}

class AddressBookTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AddressBookTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(add);
  CPPUNIT_TEST(a_list_comes_back_as_it_was_written);
  CPPUNIT_TEST(columns_may_be_missing_but_not_unknown);
  CPPUNIT_TEST(messages_of_an_mbox_begin_behind_empty_lines);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void add(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kRows, check);
    test::add_rows(context, kBadLists, check_bad_list);
  }

  void a_list_comes_back_as_it_was_written() {
    std::vector<std::pair<Subject, ContactEntry>> entries;
    for (const char* subject :
         {"a:alice@example.com", "a:\"odd, one\"@example.com", "a:\xc3\xa4@example.com",
          "d:example.com", "d:.example.com", "l:chairs.lists.example"}) {
      ContactEntry entry;
      entry.source = "answered";
      entry.standing = entries.size() % 2 == 0 ? Standing::allow : Standing::deny;
      entry.fingerprints = {"example.com", "example.net"};
      entry.final = entries.size() % 3 == 0;
      entry.created = WallTime(seconds(1'800'000'000));
      entry.seen = entries.size() % 2 == 0 ? WallTime{} : WallTime(seconds(951'782'400));
      entry.note = "met in \"Ghent\", 3 May;\r\n=tab\there";
      entries.emplace_back(subject, entry);
    }
    entries.emplace_back("a:plain@example.com", ContactEntry{});
    const std::string text = write_contact_list(entries);
    CPPUNIT_ASSERT(is_contact_list(text));
    const ContactList list = read_contact_list(text);
    CPPUNIT_ASSERT(list.bad.empty());
    std::vector<std::pair<Subject, ContactEntry>> read;
    for (const ListedContact& one : list.entries) read.emplace_back(one.subject, one.entry);
    CPPUNIT_ASSERT(entries == read);
    CPPUNIT_ASSERT_EQUAL(text, write_contact_list(read));
    // A note of two lines stands before it.
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, list.entries.at(1).line);
  }
  void columns_may_be_missing_but_not_unknown() {
    const ContactList brief = read_contact_list("subject,standing\n@x.example,deny\n");
    CPPUNIT_ASSERT_EQUAL(std::string("d:x.example"), brief.entries.at(0).subject);
    CPPUNIT_ASSERT(brief.entries.at(0).entry.standing == Standing::deny);
    const ContactList odd = read_contact_list("subject,standing,colour\n@x.example,deny,red\n");
    CPPUNIT_ASSERT_EQUAL(std::string("\"colour\" is no column"), odd.bad.at(0).what);
  }
  void messages_of_an_mbox_begin_behind_empty_lines() {
    std::string subjects;
    read_mbox(
        "From joe Mon May  3\nSubject: one\n\nText\nFrom here on\n\nFrom joe Mon May  3\r\n"
        "Subject: two\r\n\r\nx\r\n\r\n>From me\r\n",
        [&](const HeaderSection& header) { subjects += header.first("Subject")->value + "|"; });
    CPPUNIT_ASSERT_EQUAL(std::string(" one| two|"), subjects);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(AddressBookTest);

}  // namespace
