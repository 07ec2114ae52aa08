// SPDX-License-Identifier: Apache-2.0
//
// Values that the contract suite puts into stores, and words for its assertions.
#pragma once

#include <cppunit/TestAssert.h>

#include <chrono>
#include <string>
#include <thread>

#include "base/clock.h"
#include "mail/mailbox.h"
#include "tokenstore/contacts.h"
#include "tokenstore/held_index.h"
#include "tokenstore/requests.h"

namespace countersign::test {

inline const std::string kDigest = std::string(64, 'd');
inline const std::string kRetry = std::string(64, 'e');
inline const std::string kNode = "0123456789abcdefghjkmnpqrs";
inline const Scope kSite{Level::site, ""};
inline const WallTime kCreated{seconds(1'700'000'000)};

inline WallTime wall_now() { return SystemClock().wall(); }
inline const WallTime kNow = wall_now();
inline const WallTime kLater = wall_now() + seconds(5);

inline Deadline after(milliseconds time) { return std::chrono::steady_clock::now() + time; }
inline Deadline soon() { return after(seconds(20)); }

inline Mailbox mailbox(const char* text) { return *Mailbox::parse(text); }
inline Mailbox joe() { return mailbox("joe@example.org"); }
inline Mailbox alice() { return mailbox("alice@example.com"); }
inline Scope of_joe() { return {Level::mailbox, joe().key()}; }
inline Scope of_domain() { return {Level::domain, "example.org"}; }

inline ContactEntry allow(const std::string& note = "") {
  ContactEntry out;
  out.source = "admin";
  out.created = kCreated;
  out.note = note;
  return out;
}
inline ContactEntry deny() {
  ContactEntry out = allow();
  out.standing = Standing::deny;
  return out;
}
inline ContactEntry by(const std::string& fingerprint) {
  ContactEntry out = allow();
  out.source = "answered";
  out.fingerprints = {fingerprint};
  return out;
}

inline HeldView held_view() {
  HeldView out{.id = HeldId::random()};
  out.node = kNode;
  out.recipients = {"joe+shop@example.org", "\"a,b\"@example.org"};
  out.owners = {"joe@example.org", "ann%2Bx@example.org"};
  out.author = "alice@example.com";
  out.fingerprint = "example.com";
  out.subject = std::string("Caf\xc3\xa9 & \0 50 %\r\n", 16);
  out.reason = "first-contact";
  out.sent = {.instant = wall_now() - std::chrono::hours(2), .offset = std::chrono::minutes(-210)};
  out.taken_back = "not-me";
  out.arrived = wall_now();
  out.expires = wall_now() + std::chrono::hours(24 * 30);
  out.changed = out.arrived;
  out.outcomes = {RecipientState::taken, RecipientState::declined};
  out.answered = true;
  out.confirmed = true;
  out.challenged = true;
  out.by_mail = true;
  out.address_proofs = {std::string(32, 'a'), std::string(32, 'b')};
  return out;
}

/// All of a view as text: the assertion then shows what differs.
inline std::string describe(const HeldView& v) {
  std::string out = v.id.text() + "|" + v.node + "|" + v.author + "|" + v.fingerprint + "|" +
                    v.subject + "|" + v.reason + "|" +
                    std::to_string(to_epoch_ms(v.sent ? v.sent->local() : WallTime())) + "|" +
                    v.taken_back + "|" + std::to_string(to_epoch_ms(v.arrived)) + "|" +
                    std::to_string(to_epoch_ms(v.expires)) + "|" + std::string(word(v.state)) +
                    "|" + std::to_string(to_epoch_ms(v.changed)) +
                    (v.challenged ? "|challenged" : "|") + (v.by_mail ? "|by mail" : "|");
  if (v.answered) out += "|answered";
  if (v.confirmed) out += "|confirmed";
  for (const RecipientState outcome : v.outcomes) out += "|" + std::string(word(outcome));
  for (const auto* list : {&v.recipients, &v.owners, &v.address_proofs})
    for (const std::string& text : *list) out += "|" + text;
  return out;
}

inline Request request(int n) {
  return {"answer", std::to_string(n), "TOKEN", "alice@example.com", "address+pow", "n", "m"};
}

template <class Outcome>
void expect(Errc code, const Outcome& outcome) {
  CPPUNIT_ASSERT_MESSAGE("it must fail", !outcome);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(outcome.error().detail, static_cast<int>(code),
                               static_cast<int>(outcome.error().code));
}

/// Whether `condition` comes true within ten seconds.
template <class Condition>
bool comes_true(Condition condition) {
  const Deadline end = after(seconds(10));
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(20));
  }
  return false;
}

}  // namespace countersign::test
