// SPDX-License-Identifier: Apache-2.0
//
// Facts to start from, for tests of the decision and of what follows from it.
#pragma once

#include <string>

#include "screening/facts.h"

namespace countersign::test {

inline Mailbox mailbox(const std::string& address) { return *Mailbox::parse(address); }

/// A message and one recipient.
struct Scene {
  Facts facts;
  RecipientFacts recipient;
};

/// An entry for alice@example.com at that level; "" for no fingerprint.
inline ContactMatch allow(Level level, const std::string& fingerprint) {
  ContactMatch match{.level = level, .subject = "a:alice@example.com", .entry = {}};
  match.entry.source = "answered";
  if (!fingerprint.empty()) match.entry.fingerprints = {fingerprint};
  return match;
}
inline ContactMatch deny(Level level) {
  ContactMatch match = allow(level, "");
  match.entry.standing = Standing::deny;
  return match;
}

/// alice@example.com, authenticated, writes for the first time to joe@example.org in mode `hold`.
inline Scene stranger() {
  Scene scene;
  scene.facts.arrived = WallTime(seconds(1'800'000'000));
  scene.facts.author = {mailbox("alice@example.com"), FromProblem::none};
  scene.facts.authentication.checked = true;
  scene.facts.authentication.fingerprint = "example.com";
  scene.facts.authentication.spf_aligned = true;
  scene.facts.reverse_path_is_author = true;
  scene.recipient.is_protected = true;
  scene.recipient.owner = mailbox("joe@example.org");
  scene.recipient.named = true;
  scene.recipient.policy.mode = Mode::hold;
  return scene;
}

}  // namespace countersign::test
