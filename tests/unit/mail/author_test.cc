// SPDX-License-Identifier: Apache-2.0
#include "mail/author.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

Author author_of(std::string_view value) {
  HeaderSection header;
  header.add("From", value);
  return parse_author(header);
}

struct Good {
  const char* name;
  const char* value;
  const char* want;
};
const Good kGood[] = {
    {"a mailbox", " joe@example.org", "joe@example.org"},
    {"no space after the colon", "joe@example.org", "joe@example.org"},
    {"a mailbox in brackets", " <joe@example.org>", "joe@example.org"},
    {"RFC 5322 A.1.1: a display name", " John Doe <jdoe@machine.example>", "jdoe@machine.example"},
    {"RFC 5322 A.1.2: a quoted display name", " \"Joe Q. Public\" <john.q.public@example.com>",
     "john.q.public@example.com"},
    {"RFC 5322 A.1.3: one word", " Pete <pete@silly.example>", "pete@silly.example"},
    {"RFC 5322 A.5: comments anywhere",
     " Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "pete@silly.test"},
    {"RFC 5322 A.6.1: a dot in the display name", " Joe Q. Public <john.q.public@example.com>",
     "john.q.public@example.com"},
    {"RFC 5322 A.6.1: a route", " Mary Smith <@node.test:mary@example.net>", "mary@example.net"},
    {"RFC 5322 A.6.1: white space around dots", " jdoe@test  . example", "jdoe@test.example"},
    {"RFC 5322 A.6.3: a comment in the domain", " John Doe <jdoe@machine(comment).  example>",
     "jdoe@machine.example"},
    {"a route over two hosts", " <@a.example,@b.example:joe@example.org>", "joe@example.org"},
    {"a route with gaps and comments", " <, ,@a.example(x), ,@b.example (y) : joe@example.org >",
     "joe@example.org"},
    {"nested comments", " (a(b(c)\\)d)e) joe@example.org (f)", "joe@example.org"},
    {"the name in a comment", " joe@example.org (Joe <ann@example.org>)", "joe@example.org"},
    {"folds", " \"Joe\r\n Public\"\r\n\t<joe@example.org>", "joe@example.org"},
    {"folds as MTAs hand them over", " Joe\n <joe@example.org>", "joe@example.org"},
    {"a fold that holds white space only", " Joe\r\n \r\n <joe@example.org>", "joe@example.org"},
    {"white space in the brackets", " Joe < joe@example.org >", "joe@example.org"},
    {"white space around the at sign", " joe @ example.org", "joe@example.org"},
    {"a quoted word in a local part", " \"joe\" . smith@example.org", "joe.smith@example.org"},
    {"a quoted local part", " \"joe smith\"@example.org", "\"joe smith\"@example.org"},
    {"an at sign in the quoted local part", " \"ann@example.com\"@example.org",
     "\"ann@example.com\"@example.org"},
    {"another mailbox in a quoted display name", " \"ann@example.com\" <joe@example.org>",
     "joe@example.org"},
    {"brackets in a quoted display name", " \"<ann@example.com>\" <joe@example.org>",
     "joe@example.org"},
    {"an escaped quote in the display name", " \"a\\\" <ann@example.com> \\\"b\" <joe@example.org>",
     "joe@example.org"},
    {"comma and semicolon in quotes", " \"Public, Joe; Dr.\" <joe@example.org>", "joe@example.org"},
    {"an encoded word", " =?utf-8?Q?J=C3=BCrg?= <joe@example.org>", "joe@example.org"},
    {"an encoded mailbox is only a name", " =?utf-8?Q?ann=40example.com=2C?= <joe@example.org>",
     "joe@example.org"},
    {"an empty quoted name", " \"\" <joe@example.org>", "joe@example.org"},
    {"a UTF-8 name", " J\u00fcrg M\u00fcller <joe@example.org>", "joe@example.org"},
    {"a UTF-8 local part and domain", " <J\u00dcRG@B\u00fccher.example>",
     "j\u00fcrg@xn--bcher-kva.example"},
    {"a domain literal", " joe@[192.0.2.1]", "joe@[192.0.2.1]"},
    {"a domain literal with white space", " joe@[ 192.0.2.1 ]", "joe@[192.0.2.1]"},
    {"words without blanks between", " \"Joe\"Public(x)\"Jr\"<joe@example.org>", "joe@example.org"},
    {"capitals", " JOE@EXAMPLE.ORG", "joe@example.org"},
};
void check_good(const Good& row) {
  const Author author = author_of(row.value);
  CPPUNIT_ASSERT(author.problem == FromProblem::none);
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), author.mailbox->address());
}

struct Bad {
  const char* name;
  std::string value;
  FromProblem problem;
};
const Bad kBad[] = {
    {"a vertical tab that some take for white space", " a@good.example\v<b@evil.example>",
     FromProblem::malformed},
    {"a semicolon that some take for a comma", " a@good.example;b@evil.example",
     FromProblem::malformed},
    {"two mailboxes", " a@good.example, b@evil.example", FromProblem::several},
    {"two mailboxes with names", " A <a@good.example>, B <b@evil.example>", FromProblem::several},
    {"the RFC 5322 A.6.1 list", " Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
     FromProblem::several},
    {"a list with one mailbox", " ,joe@example.org", FromProblem::malformed},
    {"a comma behind the mailbox", " joe@example.org,", FromProblem::several},
    {"a list with empty elements", " joe@example.org,, ,", FromProblem::several},
    {"a comma in a display name", " Public, Joe <joe@example.org>", FromProblem::malformed},
    {"a group", " A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
     FromProblem::several},
    {"a group of one", " A:joe@example.org;", FromProblem::several},
    {"an empty group", " Undisclosed recipients:;", FromProblem::several},
    {"a group with comments",
     " A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
     "         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end)",
     FromProblem::several},
    {"a group and a mailbox", " A:;, joe@example.org", FromProblem::several},
    {"a group without end", " A:joe@example.org", FromProblem::malformed},
    {"a group in a group", " A:B:joe@example.org;;", FromProblem::malformed},
    {"a mailbox behind a group", " A:; joe@example.org", FromProblem::malformed},
    {"nothing", "", FromProblem::malformed},
    {"white space", " \t ", FromProblem::malformed},
    {"a comment", " (joe@example.org)", FromProblem::malformed},
    {"a name", " Joe", FromProblem::malformed},
    {"no domain", " joe@", FromProblem::malformed},
    {"no local part", " @example.org", FromProblem::malformed},
    {"empty brackets", " Joe <>", FromProblem::malformed},
    {"a null mailbox", " <>", FromProblem::malformed},
    {"an open bracket", " Joe <joe@example.org", FromProblem::malformed},
    {"a closing bracket too many", " Joe <joe@example.org>>", FromProblem::malformed},
    {"brackets in brackets", " <<joe@example.org>>", FromProblem::malformed},
    {"two brackets", " <a@good.example> <b@evil.example>", FromProblem::malformed},
    {"text behind the brackets", " <joe@example.org> Joe", FromProblem::malformed},
    {"text behind the mailbox", " joe@example.org Joe", FromProblem::malformed},
    {"a bare at sign in the display name", " ann@example.com <joe@example.org>",
     FromProblem::malformed},
    {"two at signs", " joe@good.example@evil.example", FromProblem::malformed},
    {"a leading dot in the display name", " .Joe <joe@example.org>", FromProblem::malformed},
    {"two dots", " a..b@example.org", FromProblem::malformed},
    {"a final dot in the local part", " a.@example.org", FromProblem::malformed},
    {"a blank in the local part", " a b@example.org", FromProblem::malformed},
    {"two dots in the domain", " a@example..org", FromProblem::malformed},
    {"an open quote", " \"Joe <joe@example.org>", FromProblem::malformed},
    {"an open comment", " Joe (x <joe@example.org>", FromProblem::malformed},
    {"a closing parenthesis too many", " Joe) <joe@example.org>", FromProblem::malformed},
    {"an escape at the end of a comment", " joe@example.org (\\)", FromProblem::malformed},
    {"an escape outside quotes", " jo\\e@example.org", FromProblem::malformed},
    {"square brackets in the display name", " [Joe] <joe@example.org>", FromProblem::malformed},
    {"a NUL in the display name", std::string(" Jo\0e <joe@example.org>", 23),
     FromProblem::malformed},
    {"a NUL in the mailbox", std::string(" a@good.example\0@evil.example", 29),
     FromProblem::malformed},
    {"a NUL in a comment", std::string(" joe@example.org (\0)", 20), FromProblem::malformed},
    {"a NUL behind", std::string(" joe@example.org\0", 17), FromProblem::malformed},
    {"a bare CR", " a@good.example\r<b@evil.example>", FromProblem::malformed},
    {"a line end without white space behind", " a@good.example\r\n<b@evil.example>",
     FromProblem::malformed},
    {"a line end at the end", " joe@example.org\r\n", FromProblem::malformed},
    {"a backspace in quotes", " \"Joe\b\" <joe@example.org>", FromProblem::malformed},
    {"an escaped control", " \"Joe\\\x01\" <joe@example.org>", FromProblem::malformed},
    {"a form feed", " joe@example.org\f", FromProblem::malformed},
    {"a DEL", " Joe\x7f <joe@example.org>", FromProblem::malformed},
    {"Latin-1", " J\xfcrg <joe@example.org>", FromProblem::malformed},
    {"an ideographic full stop", " joe@example\u3002org", FromProblem::malformed},
    {"a full-width at sign", " joe\uff20example.org", FromProblem::malformed},
    {"a no-break space before the brackets is a name", " joe@example.org\u00a0<ann@evil.example>",
     FromProblem::malformed},
    {"a zero width space in the domain", " joe@exam\u200bple.org", FromProblem::malformed},
    {"a route without mailbox", " <@a.example:>", FromProblem::malformed},
    {"a route without colon", " <@a.example joe@example.org>", FromProblem::malformed},
    {"a route without at sign", " <a.example:joe@example.org>", FromProblem::malformed},
    {"a route outside brackets", " @a.example:joe@example.org", FromProblem::malformed},
    {"a domain that is none", " joe@exa_mple-.org", FromProblem::malformed},
    {"an encoded word for a mailbox", " =?utf-8?Q?joe=40example.org?=", FromProblem::malformed},
    {"a percent-encoded at sign", " joe%40example.org", FromProblem::malformed},
    {"an open domain literal", " joe@[192.0.2.1", FromProblem::malformed},
    {"a domain literal with a comment", " joe@[192.0.2.1(x)]", FromProblem::malformed},
    {"30 000 opening parentheses", ' ' + std::string(30'000, '('), FromProblem::malformed},
    {"60 kB of at signs", std::string(60'000, '@'), FromProblem::malformed},
    {"60 kB of commas", std::string(60'000, ','), FromProblem::malformed},
    {"60 kB of brackets", std::string(60'000, '<'), FromProblem::malformed},
    {"60 kB of quotes", std::string(60'000, '"'), FromProblem::malformed},
    {"60 kB of dots", 'a' + std::string(60'000, '.'), FromProblem::malformed},
};
void check_bad(const Bad& row) {
  const Author author = author_of(row.value);
  CPPUNIT_ASSERT(!author.mailbox);
  CPPUNIT_ASSERT(author.problem == row.problem);
}

}  // namespace

class AuthorTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AuthorTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(good);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(bad);
  CPPUNIT_TEST(without_from_there_is_no_author);
  CPPUNIT_TEST(several_from_fields_are_no_author);
  CPPUNIT_TEST(a_from_with_white_space_before_the_colon_counts);
  CPPUNIT_TEST(deep_comments_and_a_long_name_are_taken);
  CPPUNIT_TEST(a_long_list_is_several);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void good(TestSuiteBuilderContextType& c) { test::add_rows(c, kGood, check_good); }
  static void bad(TestSuiteBuilderContextType& c) { test::add_rows(c, kBad, check_bad); }

  void without_from_there_is_no_author() {
    HeaderSection header;
    header.add("Sender", " joe@example.org");
    header.add("X-From", " joe@example.org");
    CPPUNIT_ASSERT(parse_author(header).problem == FromProblem::absent);
    CPPUNIT_ASSERT(!parse_author(header).mailbox);
  }
  void several_from_fields_are_no_author() {
    HeaderSection header;
    header.add("From", " joe@example.org");
    header.add("FROM", " joe@example.org");
    CPPUNIT_ASSERT(parse_author(header).problem == FromProblem::repeated);
    CPPUNIT_ASSERT(!parse_author(header).mailbox);
  }
  void a_from_with_white_space_before_the_colon_counts() {
    HeaderSection header = HeaderSection::parse("From \t: joe@example.org\r\n");
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org"), parse_author(header).mailbox->address());
    header.add("From", " ann@example.org");
    CPPUNIT_ASSERT(parse_author(header).problem == FromProblem::repeated);
  }
  void deep_comments_and_a_long_name_are_taken() {
    const std::string deep = std::string(20'000, '(') + std::string(20'000, ')');
    const std::string name = '"' + std::string(19'000, 'x') + '"';
    CPPUNIT_ASSERT(author_of(deep + name + " <joe@example.org>").mailbox);
  }
  void a_long_list_is_several() {
    std::string list = "a@example.org";
    for (int i = 0; i < 4'000; ++i) list += ",a@example.org";
    CPPUNIT_ASSERT(author_of(list).problem == FromProblem::several);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(AuthorTest);

}  // namespace countersign
