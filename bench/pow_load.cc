// SPDX-License-Identifier: Apache-2.0
//
// How many proofs of work one thread issues, and checks, a second: without a store and without
// HTTP.
//
//   pow_load COUNT       prints issued a second from what is ready, issued a second once that is
//   used
//                        up, checked a second
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "answering/pow.h"
#include "tests/support/held_fixture.h"
#include "tests/support/pow_solver.h"

using namespace countersign;

namespace {

template <class Work>
double per_second(int count, Work work) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) work();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return count / took.count();
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc == 2 ? std::atoi(argv[1]) : 0;
  if (count <= 0) {
    std::fprintf(stderr, "usage: pow_load COUNT\n");
    return 64;
  }
  constexpr int kTries = 10;  // what is tried does not matter here: one try is one derivation
  const Keyring keyring = test::web_keyring();
  const SystemClock clock;
  PowSettings settings;
  settings.levels = {kTries};
  auto pow = Pow::make(keyring, clock, settings);
  if (!pow) return 1;
  while ((*pow)->ready() < settings.stock) std::this_thread::sleep_for(milliseconds(1));
  const double ready = per_second(static_cast<int>(settings.stock) / 2,
                                  [&] { (void)(*pow)->issue("bench", kTries); });
  const double lasting = per_second(count, [&] { (void)(*pow)->issue("bench", kTries); });
  const std::string field = test::solve_pow((*pow)->issue("bench", kTries));
  bool right = true;
  const double checked = per_second(count, [&] { right = (*pow)->check(field, "bench") && right; });
  if (!right) {
    std::fprintf(stderr, "pow_load: a right proof was refused\n");
    return 1;
  }
  std::printf("%.1f %.1f %.1f\n", ready, lasting, checked);
  return 0;
}
