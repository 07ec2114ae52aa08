// SPDX-License-Identifier: Apache-2.0
#include "mail/domain.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/support/table_suite.h"

namespace countersign {
namespace {

struct Spelling {
  const char* name;
  std::string text;
  const char* want;  ///< null: invalid
};
const std::string k63 = std::string(63, 'a');
const std::string k63Example = k63 + ".example";
const Spelling kSpellings[] = {
    {"a plain domain stays", "example.com", "example.com"},
    {"capitals become small", "EXAMPLE.Com", "example.com"},
    {"a final dot goes", "example.com.", "example.com"},
    {"a single label is a domain", "localhost", "localhost"},
    {"an underscore is taken", "my_host.example.com", "my_host.example.com"},
    {"a U-label becomes an A-label", "b\u00fccher.example", "xn--bcher-kva.example"},
    {"a capital U-label becomes the same", "B\u00dcCHER.example", "xn--bcher-kva.example"},
    {"a decomposed U-label becomes the same", "bu\u0308cher.example", "xn--bcher-kva.example"},
    {"an A-label stays", "XN--bcher-KVA.example", "xn--bcher-kva.example"},
    {"a sharp s is not ss (IDNA2008)", "fu\u00df.example", "xn--fu-hia.example"},
    {"a final sigma is kept (IDNA2008)", "\u03b1\u03c2.example", "xn--mxa8a.example"},
    {"a Cyrillic look-alike is another domain", "ex\u0430mple.com", "xn--exmple-4nf.com"},
    {"Chinese labels", "\u4f8b\u5b50.\u6d4b\u8bd5", "xn--fsqu00a.xn--0zwm56d"},
    {"an A-label that IDNA2008 would not make stays", "xn--i-7iq.ws", "xn--i-7iq.ws"},
    {"an IPv4 literal stays", "[192.0.2.1]", "[192.0.2.1]"},
    {"an IPv6 literal is put in small letters", "[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]"},
    {"a literal with a tag of its own stays", "[Tag:x=y]", "[tag:x=y]"},
    {"63 octets are a label", k63 + ".example", k63Example.c_str()},
    {"64 octets are no label", k63 + "a.example", nullptr},
    {"nothing is no domain", "", nullptr},
    {"a dot is no domain", ".", nullptr},
    {"two final dots are an empty label", "example.com..", nullptr},
    {"a leading dot is an empty label", ".example.com", nullptr},
    {"two dots are an empty label", "example..com", nullptr},
    {"a blank is refused", "exam ple.com", nullptr},
    {"a leading hyphen is refused", "-a.example", nullptr},
    {"a final hyphen is refused", "a-.example", nullptr},
    {"a slash is refused", "example.com/x", nullptr},
    {"a brace is refused", "{example}.com", nullptr},
    {"a second at sign is refused", "evil@example.com", nullptr},
    {"a NUL is refused", std::string("example.com\0.evil", 17), nullptr},
    {"a NUL in a U-label is refused", std::string("b\u00fc\0x.example", 13), nullptr},
    {"a line end is refused", "example.com\r\n", nullptr},
    {"full-width letters are refused", "\uff45xample.com", nullptr},
    {"an ideographic full stop is no dot", "example\u3002com", nullptr},
    {"an emoji is refused", "\U0001f600.example", nullptr},
    {"a soft hyphen is refused", "exa\u00admple.com", nullptr},
    {"a zero width space is refused", "exa\u200bmple.com", nullptr},
    {"bytes that are no UTF-8 are refused", "b\xfc\x63her.example", nullptr},
    {"an open literal is refused", "[192.0.2.1", nullptr},
    {"an empty literal is refused", "[]", nullptr},
    {"a literal of five numbers is refused", "[1.2.3.4.5]", nullptr},
    {"a wrong IPv6 literal is refused", "[IPv6:zz::1]", nullptr},
    {"a literal with a blank is refused", "[ 192.0.2.1]", nullptr},
    {"text behind a literal is refused", "[192.0.2.1].example", nullptr},
};
void check_spelling(const Spelling& row) {
  const auto got = to_a_labels(row.text);
  CPPUNIT_ASSERT_EQUAL(row.want != nullptr, bool(got));
  if (!got) {
    CPPUNIT_ASSERT(got.error().code == Errc::invalid);
    return;
  }
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), *got);
  CPPUNIT_ASSERT_EQUAL(*got, *to_a_labels(*got));
}

struct Organization {
  const char* name;
  const char* domain;
  const char* want;
};
const Organization kOrganizations[] = {
    {"a registered domain is its own", "example.com", "example.com"},
    {"a host belongs to its domain", "mail.example.com", "example.com"},
    {"a suffix of two labels", "a.b.example.co.uk", "example.co.uk"},
    {"a public suffix is its own", "co.uk", "co.uk"},
    {"a top-level domain is its own", "com", "com"},
    {"a wildcard rule", "a.b.example.ck", "b.example.ck"},
    {"an exception to a wildcard", "a.www.ck", "www.ck"},
    {"a private suffix separates its customers", "alice.github.io", "alice.github.io"},
    {"an unknown top-level domain counts as suffix", "a.b.example", "b.example"},
    {"an internationalized suffix", "a.b.xn--55qx5d.cn", "b.xn--55qx5d.cn"},
    {"an address literal is its own", "[192.0.2.1]", "[192.0.2.1]"},
    {"an address is no name", "192.0.2.1", "192.0.2.1"},
    {"a single label is its own", "localhost", "localhost"},
};
void check_organization(const Organization& row) {
  CPPUNIT_ASSERT_EQUAL(std::string(row.want), organizational_domain(row.domain));
  const std::string domain = row.domain;
  CPPUNIT_ASSERT_EQUAL(domain == "co.uk" || domain == "com" || domain == "localhost",
                       is_public_suffix(domain));
}

struct Registry {
  const char* name;
  const char* domain;
  bool want;
};
const Registry kRegistries[] = {
    {"a top-level domain", "com", true},
    {"a suffix of two labels", "co.uk", true},
    {"an unknown top-level domain", "example", false},
    {"a domain below a suffix", "example.co.uk", false},
    {"a suffix with an owner of its own", "github.io", false},
    {"an address literal", "[192.0.2.1]", false},
};
void check_registry(const Registry& row) {
  CPPUNIT_ASSERT_EQUAL(row.want, is_registry(row.domain));
}

struct Alignment {
  const char* name;
  const char* a;
  const char* b;
  bool want;
};
const Alignment kAlignments[] = {
    {"a domain aligns with itself", "example.com", "example.com", true},
    {"a host aligns with its domain", "bounce.example.com", "example.com", true},
    {"two hosts of a domain align", "a.example.com", "b.example.com", true},
    {"neighbours under a suffix do not", "a.co.uk", "b.co.uk", false},
    {"customers of a private suffix do not", "a.github.io", "b.github.io", false},
    {"a suffix does not align with its customer", "github.io", "a.github.io", false},
    {"a name that ends the same does not", "badexample.com", "example.com", false},
    {"a domain in front does not", "example.com.evil.net", "example.com", false},
    {"addresses that end the same do not", "10.9.2.1", "192.0.2.1", false},
    {"a look-alike does not", "xn--exmple-4nf.com", "example.com", false},
    {"nothing aligns with nothing", "", "", false},
};
void check_alignment(const Alignment& row) {
  CPPUNIT_ASSERT_EQUAL(row.want, aligned(row.a, row.b));
  CPPUNIT_ASSERT_EQUAL(row.want, aligned(row.b, row.a));
}

}  // namespace

class DomainTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DomainTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(spellings);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(organizations);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(alignments);
  CPPUNIT_TEST(a_domain_has_255_octets_at_most);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void spellings(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kSpellings, check_spelling);
  }
  static void organizations(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kOrganizations, check_organization);
    test::add_rows(c, kRegistries, check_registry);
  }
  static void alignments(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kAlignments, check_alignment);
  }

  void a_domain_has_255_octets_at_most() {
    const std::string longest = k63 + '.' + k63 + '.' + k63 + '.' + k63;  // 255
    CPPUNIT_ASSERT(to_a_labels(longest));
    CPPUNIT_ASSERT(!to_a_labels(longest + ".a"));
    CPPUNIT_ASSERT(!to_a_labels(std::string(60'000, 'a')));
    std::string many = "a";
    for (int i = 0; i < 30'000; ++i) many += ".a";
    CPPUNIT_ASSERT(!to_a_labels(many));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(DomainTest);

}  // namespace countersign
