// SPDX-License-Identifier: Apache-2.0
#include "answering/limits.h"

namespace countersign {
namespace {

std::string of_message(const HeldId& id) { return "message:" + id.text(); }
std::string of_network(const std::string& network) { return "network:" + network; }
std::string taken_of(const std::string& network) { return "taken:" + network; }

}  // namespace

bool Failures::is_over(int message, int network) const {
  return message > limits_.per_message ||
         (network > limits_.per_network && message > limits_.still_free);
}

Result<bool> Failures::reached(const HeldId& id, const std::string& network,
                               Deadline deadline) const {
  CS_ASSIGN(const int message, state_.failures(of_message(id), deadline));
  if (message >= limits_.per_message) return true;
  if (message <= limits_.still_free) return false;
  if (network.empty()) return false;
  CS_ASSIGN(const int all, state_.failures(of_network(network), deadline));
  return all >= limits_.per_network;
}

Result<FailureCount> Failures::count(const HeldId& id, const std::string& network,
                                     Deadline deadline) const {
  CS_ASSIGN(const int message, state_.count_failure(of_message(id), limits_.window, deadline));
  int all = 0;
  if (!network.empty()) {
    CS_ASSIGN(all, state_.count_failure(of_network(network), limits_.window, deadline));
  }
  return FailureCount{message, is_over(message, all)};
}

void Failures::count_answer(const std::string& network, Deadline deadline) const {
  if (!network.empty()) (void)state_.count_failure(taken_of(network), limits_.window, deadline);
}

Result<int> Failures::answers(const std::string& network, Deadline deadline) const {
  if (network.empty()) return 0;
  CS_ASSIGN(const int taken, state_.failures(taken_of(network), deadline));
  CS_ASSIGN(const int failed, state_.failures(of_network(network), deadline));
  return taken + failed;
}

}  // namespace countersign
