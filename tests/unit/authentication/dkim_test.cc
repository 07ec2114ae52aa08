// SPDX-License-Identifier: Apache-2.0
//
// The signed messages of the RFCs. tests/integration/test_authenticate.py signs others.
#include "authentication/dkim.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "tests/support/scripted_dns.h"

namespace countersign {
namespace {

using test::ScriptedDns;

std::string crlf(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\r\n");
  return text;
}

// RFC 6376 appendix A.2 and C.
const std::string kRfc6376 = crlf(R"(DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
      c=simple/simple; q=dns/txt; i=joe@football.example.com;
      h=Received : From : To : Subject : Date : Message-ID;
      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB
      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut
      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV
      4bmp/YzhwvcubU4=;
Received: from client1.football.example.com  [192.0.2.1]
      by submitserver.example.com with SUBMISSION;
      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>
)");
const std::string kRfc6376Body = "Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n";
const char* const kBrisbane =
    "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"
    "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi"
    "tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB";

// RFC 8463 appendix A.
const std::string kRfc8463 = crlf(R"(DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>
)");
const char* const kEd25519 = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

std::string text_of(const std::vector<AuthResult>& results) {
  std::string out;
  for (const AuthResult& result : results) {
    out += result.result;
    if (!result.reason.empty()) out += "(" + result.reason + ")";
    for (const AuthProperty& p : result.properties) out += " " + p.property + "=" + p.value;
    out += "\n";
  }
  return out;
}

class DkimTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DkimTest);
  CPPUNIT_TEST(the_message_of_rfc_6376);
  CPPUNIT_TEST(the_message_of_rfc_8463);
  CPPUNIT_TEST(the_body_may_come_in_any_pieces);
  CPPUNIT_TEST(another_body);
  CPPUNIT_TEST(no_body);
  CPPUNIT_TEST(another_field);
  CPPUNIT_TEST(a_second_from_field_above);
  CPPUNIT_TEST(no_key);
  CPPUNIT_TEST(dns_that_fails);
  CPPUNIT_TEST(one_key_of_two_fails);
  CPPUNIT_TEST(two_keys_in_one_place);
  CPPUNIT_TEST(keys_of_all_odd_kinds);
  CPPUNIT_TEST(no_signature);
  CPPUNIT_TEST(signatures_of_all_odd_kinds);
  CPPUNIT_TEST(a_hundred_signatures);
  CPPUNIT_TEST(an_empty_message);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    auto opened = DkimLibrary::open();
    CPPUNIT_ASSERT(opened);
    library_ = *std::move(opened);
    dns_ = ScriptedDns();
    dns_.txt("brisbane._domainkey.example.com", kBrisbane);
    dns_.txt("brisbane._domainkey.football.example.com", kEd25519);
  }

  std::string verify(const std::string& header, const std::vector<std::string>& body) {
    DnsBudget budget(dns_, SteadyTime::max(), 60);
    const auto verifier = make_dkim_verifier(*library_, budget);
    verifier->header(header);
    for (const std::string& piece : body) verifier->body(piece);
    return text_of(verifier->finish());
  }

  void the_message_of_rfc_6376() {
    CPPUNIT_ASSERT_EQUAL(std::string("pass d=example.com s=brisbane a=rsa-sha256\n"),
                         verify(kRfc6376, {kRfc6376Body}));
  }

  void the_message_of_rfc_8463() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("pass d=football.example.com s=brisbane a=ed25519-sha256\n"
                    "permerror(No key) d=football.example.com s=test a=rsa-sha256\n"),
        lower_no_key(verify(kRfc8463, {kRfc6376Body})));
  }

  void the_body_may_come_in_any_pieces() {
    std::vector<std::string> pieces;
    for (const char c : kRfc6376Body) pieces.emplace_back(1, c);
    CPPUNIT_ASSERT(verify(kRfc6376, pieces).starts_with("pass "));
  }

  void another_body() {
    CPPUNIT_ASSERT_EQUAL(std::string("fail(body hash mismatch) d=example.com s=brisbane "
                                     "a=rsa-sha256\n"),
                         verify(kRfc6376, {kRfc6376Body, "And buy this.\r\n"}));
  }

  void no_body() { CPPUNIT_ASSERT(verify(kRfc6376, {}).starts_with("fail(body hash mismatch)")); }

  void another_field() {
    std::string header = kRfc6376;
    header.replace(header.find("dinner"), 6, "supper");
    CPPUNIT_ASSERT(
        verify(header, {kRfc6376Body}).starts_with("fail(signature verification failed)"));
  }

  void a_second_from_field_above() {
    // The signature holds, of the lower one; mail/author.h takes neither.
    CPPUNIT_ASSERT(
        verify("From: evil@evil.example\r\n" + kRfc6376, {kRfc6376Body}).starts_with("pass "));
  }

  void no_key() {
    dns_.records.clear();
    CPPUNIT_ASSERT(verify(kRfc6376, {kRfc6376Body}).starts_with("permerror("));
  }

  void dns_that_fails() {
    dns_.fail("brisbane._domainkey.example.com");
    CPPUNIT_ASSERT_EQUAL(std::string("temperror(key not available) d=example.com s=brisbane "
                                     "a=rsa-sha256\n"),
                         verify(kRfc6376, {kRfc6376Body}));
  }

  void one_key_of_two_fails() {
    dns_.fail("test._domainkey.football.example.com");
    const std::string got = verify(kRfc8463, {kRfc6376Body});
    CPPUNIT_ASSERT(got.starts_with("pass d=football"));
    CPPUNIT_ASSERT(got.find("\ntemperror(key not available)") != std::string::npos);
  }

  void two_keys_in_one_place() {
    dns_.txt("brisbane._domainkey.example.com", kBrisbane);
    CPPUNIT_ASSERT(verify(kRfc6376, {kRfc6376Body}).starts_with("permerror("));
  }

  void keys_of_all_odd_kinds() {
    for (const std::string& key :
         {std::string(), std::string("v=DKIM1; p="), std::string("v=DKIM1; p=!!!!"),
          std::string("v=DKIM2; p=abcd"), std::string("v=DKIM1; k=dsa; p=abcd"),
          "v=DKIM1; p=" + std::string(4000, 'A'), "v=DKIM1; p=" + std::string(15'000, 'A'),
          std::string(";;;;;;;;;;;;;;;;;;;;;;"), std::string("p=MAAA; p=MAAA")}) {
      dns_.records.clear();
      dns_.txt("brisbane._domainkey.example.com", key);
      const std::string got = verify(kRfc6376, {kRfc6376Body});
      CPPUNIT_ASSERT_MESSAGE(got, got.starts_with("permerror(") || got.starts_with("fail("));
    }
  }

  void no_signature() {
    CPPUNIT_ASSERT_EQUAL(std::string("none\n"), verify("From: a@example.com\r\n", {"hi\r\n"}));
    CPPUNIT_ASSERT(dns_.asked.empty());
  }

  void signatures_of_all_odd_kinds() {
    for (const std::string& value :
         {std::string(), std::string("v=1"), std::string("v=1; a=rsa-sha256; d=; s=; h=; b=; bh="),
          std::string("v=1; a=rsa-sha256; c=simple; d=example.com; s=brisbane; h=from; b=AAAA; "
                      "bh=AAAA; l=99999999999999999999"),
          std::string("v=1; a=rsa-sha256; d=example.com; s=brisbane; h=to; b=AAAA; bh=AAAA"),
          "v=1; a=rsa-sha256; d=" + std::string(5000, 'a') + "; s=x; h=from; b=AAAA; bh=AAAA",
          "v=1; a=rsa-sha256; d=example.com; s=x; h=" + std::string(50'000, ':') + "; b=A; bh=A",
          std::string(";;;;;"), std::string("=;=;=")}) {
      const std::string got =
          verify("DKIM-Signature: " + value + "\r\nFrom: a@example.com\r\n", {"hi\r\n"});
      CPPUNIT_ASSERT_MESSAGE(got, got.find("pass") == std::string::npos);
    }
  }

  void a_hundred_signatures() {
    std::string header;
    for (int i = 0; i < 100; ++i)
      header +=
          "DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=d" + std::to_string(i) +
          ".example; s=s; h=from; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA\r\n";
    const std::string got = verify(header + kRfc6376, {kRfc6376Body});
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{kMostSignatures}, std::count(got.begin(), got.end(), '\n'));
    CPPUNIT_ASSERT(dns_.asked.size() <= kMostSignatures);
  }

  void an_empty_message() { CPPUNIT_ASSERT_EQUAL(std::string("none\n"), verify("", {})); }

 private:
  /// libopendkim's wording is its own.
  static std::string lower_no_key(std::string text) {
    const auto open = text.find("permerror(");
    if (open == std::string::npos) return text;
    const auto close = text.find(')', open);
    return text.replace(open + 10, close - open - 10, "No key");
  }

  std::unique_ptr<DkimLibrary> library_;
  ScriptedDns dns_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(DkimTest);

}  // namespace
}  // namespace countersign
