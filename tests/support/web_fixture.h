// SPDX-License-Identifier: Apache-2.0
//
// The web server's site on a store in memory, with cheap proofs and a clock that stands still.
#pragma once

#include <cppunit/TestAssert.h>

#include <string>

#include "answering/token.h"
#include "challenge/challenge_site.h"
#include "tests/support/held_fixture.h"
#include "tests/support/pow_solver.h"

namespace countersign::test {

struct WebFixture {
  explicit WebFixture(const challenge::SiteSettings& settings = {}) {
    auto made = challenge::ChallengeSite::make(
        {store.held(), store.web(), store.requests(), *pow, *wait, *codes, keyring, clock, metrics},
        settings);
    CPPUNIT_ASSERT_MESSAGE(made ? "" : made.error().detail, made);
    site = *std::move(made);
    hold(store, held);
  }

  std::string solved() { return solve_pow(pow->issue(proof_binding(kToken), 3)); }

  ManualClock clock;
  MemoryStore store{clock};
  HeldView held = held_view(clock.wall());
  Keyring keyring = web_keyring();
  metrics::Registry registry;
  challenge::WebMetrics metrics{registry};
  std::unique_ptr<Pow> pow = *Pow::make(keyring, clock, {.cost = 2, .levels = {3}, .stock = 2});
  std::unique_ptr<Wait> wait = *Wait::make(keyring, clock, {});
  std::unique_ptr<Codes> codes = *Codes::make(keyring, clock, {});
  std::unique_ptr<challenge::ChallengeSite> site;
};

/// Returns text as it stands in the body of a form.
inline std::string form_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) out += "%" + hex_encode(std::string_view(&c, 1));
  return out;
}

}  // namespace countersign::test
