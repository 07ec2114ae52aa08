// SPDX-License-Identifier: Apache-2.0
//
// Held messages for tests, and their comparison.
#pragma once

#include <cppunit/TestAssert.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "spool/spool.h"

namespace countersign::test {

/// An id whose first two characters are `folder` ("7q") and whose others are `digit`.
inline HeldId held_id(std::string_view folder, char digit) {
  return *HeldId::parse(std::string(folder) + std::string(24, digit));
}

/// Returns the bytes of a file of the source tree.
inline std::string golden(const std::string& name) {
  const char* srcdir = std::getenv("srcdir");
  std::ifstream in(std::string(srcdir ? srcdir : ".") + "/" + name, std::ios::binary);
  CPPUNIT_ASSERT_MESSAGE(name, in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

/// An envelope with something in every field, to two recipients.
inline HeldEnvelope sample_envelope(const HeldId& id) {
  HeldEnvelope e{.id = id};
  e.node = held_id("nn", '1').text();
  e.arrived = WallTime(seconds(1'811'339'000));
  e.expires = e.arrived + std::chrono::days(30);
  e.kept_since = milliseconds(77);
  e.envelope.reverse_path = parse_reverse_path({"<Alice@Example.com>", "SIZE=1000", "RET=HDRS"});
  e.envelope.recipients = {
      parse_forward_path({"<@relay:joe@EXAMPLE.org>", "NOTIFY=NEVER", "ORCPT=rfc822;joe@x"},
                         "joe@example.org"),
      parse_forward_path({"<no path"}, ""),
  };
  e.owners = {"joe@example.org", "ann@example.org"};
  e.author = "alice@example.com";
  e.fingerprint = "example.com";
  e.network_fingerprint = "ptr:host.example";
  e.addresses = {"alice@example.com", "bounce@example.com"};
  e.reason = "first-contact";
  e.challenged = true;
  e.by_mail = true;
  e.generation = 3;
  e.message_id = "<1@example.com>";
  e.subject = "Offer for 40 chairs";
  e.date = "Mon, 3 May 2027 14:02:00 +0200";
  e.queue_id = "4ABC";
  e.received = "Received: from a\r\n\tby b; now\r\n";
  e.share = "authenticated";
  return e;
}

inline void assert_same_path(const std::optional<Mailbox>& want,
                             const std::optional<Mailbox>& got) {
  CPPUNIT_ASSERT_EQUAL(want.has_value(), got.has_value());
  if (want) CPPUNIT_ASSERT_EQUAL(want->address(), got->address());
}

inline void assert_same(const HeldEnvelope& want, const HeldEnvelope& got) {
  CPPUNIT_ASSERT_EQUAL(want.id.text(), got.id.text());
  CPPUNIT_ASSERT_EQUAL(want.node, got.node);
  CPPUNIT_ASSERT(want.arrived == got.arrived);
  CPPUNIT_ASSERT(want.expires == got.expires);
  CPPUNIT_ASSERT(want.kept_since == got.kept_since);
  const ReversePath& from = want.envelope.reverse_path;
  CPPUNIT_ASSERT_EQUAL(from.raw, got.envelope.reverse_path.raw);
  CPPUNIT_ASSERT_EQUAL(from.null, got.envelope.reverse_path.null);
  CPPUNIT_ASSERT(from.parameters == got.envelope.reverse_path.parameters);
  assert_same_path(from.mailbox, got.envelope.reverse_path.mailbox);
  CPPUNIT_ASSERT_EQUAL(want.envelope.recipients.size(), got.envelope.recipients.size());
  for (std::size_t i = 0; i < want.envelope.recipients.size(); ++i) {
    const ForwardPath& to = want.envelope.recipients[i];
    CPPUNIT_ASSERT_EQUAL(to.raw, got.envelope.recipients[i].raw);
    CPPUNIT_ASSERT_EQUAL(to.rcpt_addr, got.envelope.recipients[i].rcpt_addr);
    CPPUNIT_ASSERT(to.parameters == got.envelope.recipients[i].parameters);
    assert_same_path(to.mailbox, got.envelope.recipients[i].mailbox);
  }
  CPPUNIT_ASSERT(want.owners == got.owners);
  CPPUNIT_ASSERT_EQUAL(want.author, got.author);
  CPPUNIT_ASSERT_EQUAL(want.fingerprint, got.fingerprint);
  CPPUNIT_ASSERT_EQUAL(want.network_fingerprint, got.network_fingerprint);
  CPPUNIT_ASSERT(want.addresses == got.addresses);
  CPPUNIT_ASSERT_EQUAL(want.reason, got.reason);
  CPPUNIT_ASSERT_EQUAL(want.challenged, got.challenged);
  CPPUNIT_ASSERT_EQUAL(want.by_mail, got.by_mail);
  CPPUNIT_ASSERT_EQUAL(want.generation, got.generation);
  CPPUNIT_ASSERT_EQUAL(want.message_id, got.message_id);
  CPPUNIT_ASSERT_EQUAL(want.subject, got.subject);
  CPPUNIT_ASSERT_EQUAL(want.date, got.date);
  CPPUNIT_ASSERT_EQUAL(want.queue_id, got.queue_id);
  CPPUNIT_ASSERT_EQUAL(want.received, got.received);
  CPPUNIT_ASSERT_EQUAL(want.share, got.share);
}

/// Holds `content`, and returns the first error.
inline Status hold(Spool& spool, const HeldEnvelope& envelope, std::string_view content,
                   const std::string& retry_digest = "ab12") {
  CS_ASSIGN(auto draft, spool.begin(envelope, "192.0.2.0/24"));
  // In two pieces, so that a message is never only one append.
  CS_TRY(draft->append(content.substr(0, content.size() / 2)));
  CS_TRY(draft->append(content.substr(content.size() / 2)));
  return draft->commit(retry_digest);
}

/// Returns the content of a held message, by Spool or SpoolReader.
template <class From>
Result<std::string> content_of(From& from, const HeldId& id) {
  std::string content;
  CS_TRY(from.content(id, [&](std::string_view piece) -> Status {
    content += piece;
    return {};
  }));
  return content;
}

}  // namespace countersign::test
