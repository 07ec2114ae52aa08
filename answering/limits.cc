// SPDX-License-Identifier: Apache-2.0
#include "answering/limits.h"

namespace countersign {
namespace {

std::string of_message(const HeldId& id) { return "message:" + id.text(); }
std::string of_network(const std::string& network) { return "network:" + network; }

}  // namespace

Result<bool> Failures::reached(const HeldId& id, const std::string& network,
                               Deadline deadline) const {
  CS_ASSIGN(const int message, state_.failures(of_message(id), deadline));
  if (message >= limits_.per_message) return true;
  if (network.empty()) return false;
  CS_ASSIGN(const int all, state_.failures(of_network(network), deadline));
  return all >= limits_.per_network;
}

Result<bool> Failures::count(const HeldId& id, const std::string& network,
                             Deadline deadline) const {
  CS_ASSIGN(const int message, state_.count_failure(of_message(id), limits_.window, deadline));
  bool over = message > limits_.per_message;
  if (!network.empty()) {
    CS_ASSIGN(const int all, state_.count_failure(of_network(network), limits_.window, deadline));
    over |= all > limits_.per_network;
  }
  return over;
}

}  // namespace countersign
