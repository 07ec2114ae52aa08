// SPDX-License-Identifier: Apache-2.0
#include "mail/machine.h"

#include <cppunit/extensions/HelperMacros.h>

#include "mail/author.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Row {
  const char* name;
  const char* reverse_path;
  const char* header;
  const char* want;
};
const Row kRows[] = {
    {"a person", "<joe@example.org>", "From: Joe <joe@example.org>\r\nSubject: hello\r\n", ""},
    {"a null reverse-path", "<>", "From: joe@example.org\r\n", "null-reverse-path"},
    {"Auto-Submitted: no", "<joe@example.org>", "Auto-Submitted: no\r\n", ""},
    {"Auto-Submitted: NO with comment and parameter", "<joe@example.org>",
     "Auto-Submitted: (yes) NO (x); owner=\"a\"\r\n", ""},
    {"Auto-Submitted: no at once followed by a parameter", "<joe@example.org>",
     "Auto-Submitted:no;x=y\r\n", ""},
    {"Auto-Submitted: auto-generated", "<joe@example.org>", "Auto-Submitted: auto-generated\r\n",
     "auto-submitted"},
    {"Auto-Submitted: auto-replied with a parameter", "<joe@example.org>",
     "auto-submitted: auto-replied; x=y\r\n", "auto-submitted"},
    {"an empty Auto-Submitted", "<joe@example.org>", "Auto-Submitted:\r\n", "auto-submitted"},
    {"an unknown word", "<joe@example.org>", "Auto-Submitted: nope\r\n", "auto-submitted"},
    {"no and yes", "<joe@example.org>", "Auto-Submitted: no\r\nAuto-Submitted: yes\r\n",
     "auto-submitted"},
    {"List-Id", "<joe@example.org>", "List-Id: <x.example.org>\r\n", "list-id"},
    {"List-Id behind List-Post", "<joe@example.org>", "List-Post: x\r\nLIST-ID: y\r\n", "list-id"},
    {"List-Unsubscribe", "<joe@example.org>", "List-Unsubscribe: <mailto:x@example.org>\r\n",
     "list"},
    {"any other List- field", "<joe@example.org>", "list-foo: x\r\n", "list"},
    {"a field that begins like one", "<joe@example.org>", "Listen: x\r\n", ""},
    {"a field that ends like one", "<joe@example.org>", "X-List-Id: x\r\n", ""},
    {"Precedence: bulk", "<joe@example.org>", "Precedence: Bulk\r\n", "precedence"},
    {"Precedence: junk", "<joe@example.org>", "Precedence:junk\r\n", "precedence"},
    {"Precedence: list", "<joe@example.org>", "Precedence: list (x)\r\n", "precedence"},
    {"Precedence: first-class", "<joe@example.org>", "Precedence: first-class\r\n", ""},
    {"Feedback-ID", "<joe@example.org>", "Feedback-ID: 1:2:3:x\r\n", "feedback-id"},
    {"the Feedback-ID of RFC 9477", "<joe@example.org>", "CFBL-Feedback-ID: 1\r\n", "feedback-id"},
    {"a no-reply author", "<joe@example.org>", "From: No Reply <no-reply@example.org>\r\n",
     "no-reply"},
    {"a noreply author", "<joe@example.org>", "From: NoReply@example.org\r\n", "no-reply"},
    {"a no_reply author", "<joe@example.org>", "From: no_reply@example.org\r\n", "no-reply"},
    {"a do-not-reply author", "<joe@example.org>", "From: do-not-reply@example.org\r\n",
     "no-reply"},
    {"a donotreply author", "<joe@example.org>", "From: donotreply@example.org\r\n", "no-reply"},
    {"a no-reply reverse-path", "<no-reply@example.org>", "From: joe@example.org\r\n", "no-reply"},
    {"a no-reply reverse-path with a detail", "<no-reply+17=x@example.org>",
     "From: joe@example.org\r\n", "no-reply"},
    {"a mailer-daemon author", "<joe@example.org>", "From: MAILER-DAEMON@example.org\r\n",
     "mailer-daemon"},
    {"a mailer-daemon reverse-path", "<mailer-daemon@example.org>", "From: joe@example.org\r\n",
     "mailer-daemon"},
    {"a name that contains it", "<joe@example.org>", "From: casino-reply-team@example.org\r\n", ""},
    {"a display name is no local part", "<joe@example.org>",
     "From: \"no-reply\" <joe@example.org>\r\n", ""},
    {"a reverse-path that is none", "<joe>", "From: joe@example.org\r\n", ""},
};
void check(const Row& row) {
  const HeaderSection header = HeaderSection::parse(row.header);
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), machine_mark(parse_reverse_path({row.reverse_path}),
                                                           header, parse_author(header).mailbox));
}

}  // namespace

class MachineTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MachineTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& c) { test::add_rows(c, kRows, check); }
};
CPPUNIT_TEST_SUITE_REGISTRATION(MachineTest);

}  // namespace countersign
