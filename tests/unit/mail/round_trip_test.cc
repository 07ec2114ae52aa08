// SPDX-License-Identifier: Apache-2.0
//
// Properties that hold for any input: what is read and written again is the same. The inputs are
// made from pieces that matter to the grammars, from a fixed seed, so that a failure comes again.
#include <cppunit/extensions/HelperMacros.h>

#include <random>

#include "mail/authentication_results.h"
#include "mail/author.h"
#include "mail/domain.h"
#include "mail/envelope.h"
#include "mail/network.h"

namespace countersign {
namespace {

constexpr int kRounds = 20'000;

/// Makes text of up to `most` pieces.
class Generator {
 public:
  explicit Generator(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}

  std::string text(std::size_t most) {
    std::string text;
    for (std::size_t left = below(most + 1); left > 0; --left)
      text += pieces_[below(pieces_.size())];
    return text;
  }
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_);
  }

 private:
  std::mt19937 engine_{20270503};
  std::vector<std::string> pieces_;
};

std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

class RoundTripTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RoundTripTest);
  CPPUNIT_TEST(a_header_section_comes_back_byte_for_byte);
  CPPUNIT_TEST(added_fields_come_back_byte_for_byte);
  CPPUNIT_TEST(an_address_is_the_mailbox_it_came_from);
  CPPUNIT_TEST(a_key_gives_its_text_back);
  CPPUNIT_TEST(a_domain_has_one_spelling);
  CPPUNIT_TEST(an_author_is_the_mailbox_that_was_written);
  CPPUNIT_TEST(authentication_results_say_what_was_written);
  CPPUNIT_TEST(a_path_without_route_names_the_same_mailbox);
  CPPUNIT_TEST(a_client_is_in_its_network);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_header_section_comes_back_byte_for_byte() {
    Generator make({"From", "Subject", ":", " ", "\t", "a", "\xfc", std::string(1, '\0'), "\r\n",
                    "\r\n", "\r\n ", "\r", "\n", "X: y\r\n", "=?utf-8?Q?=C3=BC?="});
    for (int i = 0; i < kRounds; ++i) {
      std::string bytes = make.text(20) + "\r\n";
      const std::size_t end = bytes.find("\r\n\r\n");
      if (end != std::string::npos) bytes.resize(end + 2);
      if (bytes.starts_with("\r\n")) bytes.clear();
      const HeaderSection header = HeaderSection::parse(bytes);
      CPPUNIT_ASSERT_EQUAL(bytes, header.bytes());
      CPPUNIT_ASSERT_EQUAL(bytes.size(), header.size_bytes());
    }
  }
  void added_fields_come_back_byte_for_byte() {
    Generator make({" ", "a", "\n ", "\n\t", ":", "\xfc", "<", "\""});
    for (int i = 0; i < kRounds; ++i) {
      HeaderSection header;
      for (std::size_t n = make.below(4); n > 0; --n) header.add("X-Y", make.text(12));
      const HeaderSection parsed = HeaderSection::parse(header.bytes());
      CPPUNIT_ASSERT_EQUAL(header.bytes(), parsed.bytes());
      CPPUNIT_ASSERT_EQUAL(header.fields().size(), parsed.fields().size());
      for (std::size_t n = 0; n < parsed.fields().size(); ++n)
        CPPUNIT_ASSERT_EQUAL(header.fields()[n].value, parsed.fields()[n].value);
    }
  }
  void an_address_is_the_mailbox_it_came_from() {
    Generator make({"a", "B",      ".",       "+",      "\"",     "\\",     "\\\"", " ",
                    "@", "\u00dc", "u\u0308", "\u03a3", "\u0130", "\u212a", "%",    "{",
                    "}", "<",      ">",       "(",      "=",      "-",      "_",    "'"});
    int parsed = 0;
    for (int i = 0; i < kRounds; ++i) {
      std::string local = make.text(8);
      if (make.below(2) == 0) local = quoted(local);
      const auto mailbox = Mailbox::parse(local + "@Example.org");
      if (!mailbox) continue;
      ++parsed;
      CPPUNIT_ASSERT(*mailbox == *Mailbox::parse(mailbox->address()));
      CPPUNIT_ASSERT(*mailbox == *Mailbox::parse(decode_key(mailbox->key())));
      const Mailbox bare = mailbox->without_detail("+-");
      CPPUNIT_ASSERT(bare == *Mailbox::parse(bare.address()));
      CPPUNIT_ASSERT(bare.without_detail("+-") == bare || bare.local().size() == 1);
    }
    CPPUNIT_ASSERT(parsed > kRounds / 4);
  }
  void a_key_gives_its_text_back() {
    Generator make({"a", "Z", "%", "%4", "%41", "{", "}", "\u00dc", "\xff", " ", "@", ":",
                    std::string(1, '\0')});
    for (int i = 0; i < kRounds; ++i) {
      const std::string text = make.text(12);
      const std::string key = encode_key(text);
      CPPUNIT_ASSERT_EQUAL(text, decode_key(key));
      CPPUNIT_ASSERT(key.find_first_of("{} :") == std::string::npos);
    }
  }
  void a_domain_has_one_spelling() {
    Generator make({"a", "B", ".", "-", "_", "1", "xn--", "\u00dc", "u\u0308", "\u03a3", "\u00df",
                    "\u4f8b", "\u05d0", "\u0130", "com", "example"});
    int parsed = 0;
    for (int i = 0; i < kRounds; ++i) {
      const auto domain = to_a_labels(make.text(8));
      if (!domain) continue;
      ++parsed;
      CPPUNIT_ASSERT_EQUAL(*domain, *to_a_labels(*domain));
      const std::string organization = organizational_domain(*domain);
      CPPUNIT_ASSERT(domain->ends_with(organization));
      CPPUNIT_ASSERT_EQUAL(organization, organizational_domain(organization));
      CPPUNIT_ASSERT(aligned(*domain, organization));
    }
    CPPUNIT_ASSERT(parsed > kRounds / 10);
  }
  void an_author_is_the_mailbox_that_was_written() {
    Generator make(
        {"a", "B", ".", "\"", "\\", " ", "@", "\u00dc", "<", ">", ",", ";", ":", "(", ")"});
    Generator space({" ", "\t", "\r\n ", "(x)", "(a(\\))b)"});
    for (int i = 0; i < kRounds; ++i) {
      const auto mailbox = Mailbox::parse(quoted(make.text(6)) + "@example.org");
      CPPUNIT_ASSERT(bool(mailbox));
      HeaderSection header;
      header.add("From", space.text(3) + quoted(make.text(8)) + space.text(3) + '<' +
                             space.text(3) + mailbox->address() + space.text(3) + '>' +
                             space.text(3));
      CPPUNIT_ASSERT(*mailbox == *parse_author(header).mailbox);
    }
  }
  void authentication_results_say_what_was_written() {
    Generator make({"a", "B", ".", "\"", "\\", " ", "@", "\u00dc", "<", ";", "=", "(", ")", "/"});
    Generator space({" ", "\t", "\r\n ", "(x)", "(;spf=pass)"});
    for (int i = 0; i < kRounds; ++i) {
      const std::string id = make.text(5);
      const std::string reason = make.text(5);
      const std::string value = make.text(5);
      const auto field = parse_authentication_results(
          space.text(2) + quoted(id) + space.text(2) + ';' + space.text(2) + "DKIM" +
          space.text(2) + '=' + space.text(2) + "Fail " + space.text(2) + "reason" + space.text(2) +
          '=' + space.text(2) + quoted(reason) + ' ' + space.text(2) + "header" + space.text(2) +
          '.' + space.text(2) + "d" + space.text(2) + '=' + space.text(2) + quoted(value) +
          space.text(2));
      CPPUNIT_ASSERT(bool(field));
      CPPUNIT_ASSERT_EQUAL(id, field->authserv_id);
      CPPUNIT_ASSERT_EQUAL(std::string("fail"), field->results.at(0).result);
      CPPUNIT_ASSERT_EQUAL(reason, field->results[0].reason);
      CPPUNIT_ASSERT_EQUAL(value, field->results[0].properties.at(0).value);
    }
  }
  void a_path_without_route_names_the_same_mailbox() {
    Generator make({"a", "B", ".", "\"", "\\\"", "@", ":", ",", "<", ">", " ", "[", "]"});
    for (int i = 0; i < kRounds; ++i) {
      const std::string route = make.below(2) == 0 ? "@relay.example,@[IPv6:::1]:" : "";
      const std::string local = make.below(2) == 0 ? quoted(make.text(6)) : make.text(6);
      const std::string raw = '<' + route + local + "@Example.org>";
      const ForwardPath path = parse_forward_path({raw}, "");
      const std::string plain = path.without_route();
      CPPUNIT_ASSERT(parse_forward_path({plain}, "").mailbox == path.mailbox);
      CPPUNIT_ASSERT(parse_reverse_path({raw}).mailbox == path.mailbox);
    }
  }
  void a_client_is_in_its_network() {
    Generator make({"0", "1", "f", "2001", ":", "::", ".", "192", "ffff"});
    int parsed = 0;
    for (int i = 0; i < kRounds; ++i) {
      const std::string ip = make.text(9);
      const auto network = network_of(ip);
      if (!network) continue;
      ++parsed;
      const auto list = NetworkList::parse({*network});
      CPPUNIT_ASSERT(list && list->contains(ip));
    }
    CPPUNIT_ASSERT(parsed > 100);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(RoundTripTest);

}  // namespace countersign
