// SPDX-License-Identifier: Apache-2.0
//
// A held message as the web server sees it, and the secrets of a web host: for the tests of
// answering/ and challenge/.
#pragma once

#include <chrono>
#include <string>

#include "base/keyring.h"
#include "tokenstore/held_index.h"
#include "tokenstore/memory_store.h"

namespace countersign::test {

inline const std::string kToken = "7Q2MXF4PK9TD3HWA7Q2MXF4PK9";
inline const std::string kOtherToken = "0123456789ABCDEFGHJKMNPQRS";
inline const std::string kHeld = "7q2mxf4pk9td3hwa7q2mxf4pk9";
inline const std::string kNode = "node1";

inline Deadline soon() { return std::chrono::steady_clock::now() + seconds(5); }

inline Keyring web_keyring() {
  const auto line = [](const std::string& purpose, char digit) {
    return purpose + " k1 " + std::string(64, digit) + "\n";
  };
  return *Keyring::parse(line("web", '1') + line("pow", '2') + line("powkey", '3') +
                             line("wait", '4') + "store web secret\n",
                         "challenge.secrets");
}

/// A first mail of alice@example.com to joe@example.org, authenticated, held now for 30 days.
inline HeldView held_view(WallTime now, const std::string& id = kHeld,
                          const std::string& token = kToken) {
// Fields that come later shall not break the tests that do not need them.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
  HeldView view{.id = *HeldId::parse(id)};
#pragma GCC diagnostic pop
  view.node = kNode;
  view.recipients = {"joe@example.org"};
  view.owners = {"joe@example.org"};
  view.author = "alice@example.com";
  view.fingerprint = "example.com";
  view.subject = "Offer for 40 chairs";
  view.reason = "first-contact";
  view.arrived = now;
  view.expires = now + std::chrono::hours(24 * 30);
  view.changed = now;
  view.challenged = true;
  view.address_proofs = {address_proof(token, "alice@example.com"),
                         address_proof(token, "bounce@lists.example.com")};
  return view;
}

inline void hold(MemoryStore& store, const HeldView& view, const std::string& token = kToken) {
  if (!store.held().put(view, token_digest(token), soon())) std::abort();
}

}  // namespace countersign::test
