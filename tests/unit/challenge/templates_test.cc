// SPDX-License-Identifier: Apache-2.0
#include "challenge/templates.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign::challenge {
namespace {

bool is_name(std::string_view name) {
  return name == "x" || name == "y" || name == "list" || name == "item";
}

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
  const auto got = Template::parse(row.text, "page.html", is_name);
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
    {"lines around a list",
     "a\n{{#list}}\n <{{item}}{{y}}>\n{{#x}}\nb\n{{/x}}\n{{/list}}\nc\n{{#x}}{{^y}}{{/y}}{{/x}}\nd",
     {{"x", true},
      {"y", std::string("&")},
      {"list", std::vector<Texts>{{{"item", "1"}}, {{"item", ""}}}}},
     "a\n <1&amp;>\nb\n <&amp;>\nb\nc\nd"},
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
  const auto got = Template::parse(row.text, "page.html", is_name);
  CPPUNIT_ASSERT_MESSAGE(got ? "" : got.error().detail, got);
  CPPUNIT_ASSERT_EQUAL(row.want, got->render(row.values));
}

/// Every choice of values that are put in for good makes the same page.
void check_constants(const GoodRow& row) {
  const auto parsed = Template::parse(row.text, "page.html", is_name);
  CPPUNIT_ASSERT(parsed);
  const auto& entries = row.values.entries();
  for (unsigned choice = 0; choice < 1U << entries.size(); ++choice) {
    Values constants;
    Values rest;
    for (std::size_t i = 0; i < entries.size(); ++i)
      (choice >> i & 1U ? constants : rest).set(entries[i].name, entries[i].value);
    const std::string which = "choice " + std::to_string(choice);
    const Template fixed = parsed->with(constants);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(which, row.want, fixed.render(rest));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(which, row.want, fixed.render({}, rest));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(which, row.want, parsed->render(rest, constants));
  }
}

class TemplatesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TemplatesTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(rows);
  CPPUNIT_TEST(the_value_that_was_set_last_counts);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_value_that_was_set_last_counts() {
    const auto parsed = Template::parse("{{x}}", "page.html", is_name);
    const Values values = {{"x", std::string("1")}, {"x", std::string("2")}};
    CPPUNIT_ASSERT_EQUAL(std::string("2"), parsed->render(values));
    CPPUNIT_ASSERT_EQUAL(std::string("2"), parsed->with(values).render({}));
  }
  static void rows(TestSuiteBuilderContextType& context) {
    test::add_rows(context, kBadRows, check_bad);
    test::add_rows(context, kGoodRows, check_good);
    test::add_rows(context, kGoodRows, check_constants);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(TemplatesTest);

}  // namespace
}  // namespace countersign::challenge
