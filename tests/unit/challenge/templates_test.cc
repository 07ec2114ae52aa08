// SPDX-License-Identifier: Apache-2.0
#include "challenge/templates.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign::challenge {
namespace {

const std::set<std::string, std::less<>> kNames = {"x", "y", "list", "item"};

struct BadRow {
  const char* name;
  std::string text;
  std::string want;  ///< beginning of the error
};

const BadRow kBadRows[] = {
    {"three braces", "a\nb {{{x}}}", "page.html:2: '{{{'"},
    {"three braces with blanks", "{{{ x }}}", "page.html:1: '{{{'"},
    {"four braces", "\n\n{{{{x}}}}", "page.html:3: '{{{'"},
    {"an ampersand", "a\n\n{{&x}}", "page.html:3: '{{&'"},
    {"an ampersand behind blanks", "{{  & x}}", "page.html:1: '{{&'"},
    {"an ampersand behind a line end", "{{\n&x}}", "page.html:1: '{{&'"},
    {"another template", "{{> x}}", "page.html:1: '{{>'"},
    {"other delimiters", "{{=<% %>=}}<%&x%>", "page.html:1: '{{='"},
    {"an unknown name", "{{x}}\n{{subjekt}}", "page.html:2: unknown name 'subjekt'"},
    {"an unknown section", "{{#z}}{{/z}}", "page.html:1: unknown name 'z'"},
    {"a name with a dot", "{{x.y}}", "page.html:1: unknown name 'x.y'"},
    {"the item itself", "{{.}}", "page.html:1: unknown name '.'"},
    {"an open tag", "a\n{{x", "page.html:2: '{{' without"},
    {"an open section", "{{#x}}\n{{#y}}{{/y}}", "page.html:1: section 'x'"},
    {"a section closed twice", "{{#x}}{{/x}}\n{{/x}}", "page.html:2: '{{/x}}'"},
    {"sections that cross", "{{#x}}{{#y}}{{/x}}{{/y}}", "page.html:1: '{{/x}}'"},
    {"an empty tag", "{{}}", "page.html:1: empty tag"},
};

void check_bad(const BadRow& row) {
  const auto got = Template::parse(row.text, "page.html", kNames);
  CPPUNIT_ASSERT(!got);
  CPPUNIT_ASSERT_EQUAL(row.want, got.error().detail.substr(0, row.want.size()));
  CPPUNIT_ASSERT(got.error().code == Errc::invalid);
}

struct GoodRow {
  const char* name;
  std::string text;
  Values values;
  std::string want;
};

const GoodRow kGoodRows[] = {
    {"a text", "a {{x}} b", {{"x", std::string("1")}}, "a 1 b"},
    {"a text is escaped",
     "{{x}}",
     {{"x", std::string("<script>\"&'</script>")}},
     "&lt;script&gt;&quot;&amp;&apos;&lt;/script&gt;"},
    {"tags in a text are not tags",
     "{{x}}",
     {{"x", std::string("{{y}} {{{y}}}")}},
     "{{y}} {{{y}}}"},
    {"a condition", "{{#x}}a{{/x}}{{^x}}b{{/x}}", {{"x", true}}, "a"},
    {"its contrary", "{{#x}}a{{/x}}{{^x}}b{{/x}}", {{"x", false}}, "b"},
    {"what is not there is false", "{{#x}}a{{/x}}{{^x}}b{{/x}}{{y}}", {}, "b"},
    {"a list",
     "{{#list}}<{{item}}>{{/list}}",
     {{"list", std::vector<Texts>{{{"item", "1"}}, {{"item", "<2>"}}}}},
     "<1><&lt;2&gt;>"},
    {"an empty list", "{{#list}}a{{/list}}", {{"list", std::vector<Texts>{}}}, ""},
    {"a comment", "a{{! {{x }}b", {}, "ab"},
    {"a line with sections only leaves none",
     "a\n  {{#x}}\nb\n{{/x}} \n{{! c }}\nd\n",
     {{"x", true}},
     "a\nb\nd\n"},
    {"a line with a text leaves one, though it is empty",
     "a\n{{y}}\n{{x}}{{#x}}{{/x}}\n",
     {{"x", std::string("1")}, {"y", std::string()}},
     "a\n\n1\n"},
    {"blank lines stay", "a\n\n{{#x}}\n\n{{/x}}b", {{"x", true}}, "a\n\n\nb"},
    {"line ends in a text stay",
     "{{#x}}{{y}}{{/x}}",
     {{"x", true}, {"y", std::string("\n")}},
     "\n"},
    {"a section in a list sees what is outside",
     "{{#list}}{{#x}}{{item}}{{y}}{{/x}}{{^item}}-{{/item}}{{/list}}",
     {{"x", true}, {"y", std::string("y")}, {"list", std::vector<Texts>{{{"item", "1"}}, {}}}},
     "1yy-"},
    {"an empty text is true", "{{#x}}a{{/x}}{{^x}}b{{/x}}", {{"x", std::string()}}, "a"},
    {"a list is no text", "{{list}}", {{"list", std::vector<Texts>{{{"item", "1"}}}}}, ""},
    {"single braces", "{a} }} {", {}, "{a} }} {"},
};

void check_good(const GoodRow& row) {
  const auto got = Template::parse(row.text, "page.html", kNames);
  CPPUNIT_ASSERT_MESSAGE(got ? "" : got.error().detail, got);
  CPPUNIT_ASSERT_EQUAL(row.want, got->render(row.values));
}

class TemplatesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TemplatesTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kBadRows, check_bad);
    test::add_rows(context, kGoodRows, check_good);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(TemplatesTest);

}  // namespace
}  // namespace countersign::challenge
