// SPDX-License-Identifier: Apache-2.0
#include "answering/limits.h"

#include <algorithm>

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

/// How long it is until a limit ends: that of the message, or the first of both to end, as few
/// failures of a message count however many its network has.
seconds Failures::wait(const HeldId& id, const std::string& network, bool by_message,
                       Deadline deadline) const {
  // It only says when to come back: without an answer that is at the latest.
  const auto left = [&](const std::string& who) {
    const auto until = state_.until_forgotten(who, deadline);
    return std::clamp(until ? *until : limits_.window, seconds(1), limits_.window);
  };
  const seconds message = left(of_message(id));
  return by_message ? message : std::min(message, left(of_network(network)));
}

Result<std::optional<seconds>> Failures::reached(const HeldId& id, const std::string& network,
                                                 Deadline deadline) const {
  using Wait = std::optional<seconds>;
  CS_ASSIGN(const int message, state_.failures(of_message(id), deadline));
  if (message >= limits_.per_message) return Wait(wait(id, network, true, deadline));
  if (message <= limits_.still_free || network.empty()) return Wait();
  CS_ASSIGN(const int all, state_.failures(of_network(network), deadline));
  return all >= limits_.per_network ? Wait(wait(id, network, false, deadline)) : Wait();
}

Result<FailureCount> Failures::count(const HeldId& id, const std::string& network,
                                     Deadline deadline) const {
  CS_ASSIGN(const int message, state_.count_failure(of_message(id), limits_.window, deadline));
  int all = 0;
  if (!network.empty()) {
    CS_ASSIGN(all, state_.count_failure(of_network(network), limits_.window, deadline));
  }
  FailureCount out{message};
  if (is_over(message, all)) out.over = wait(id, network, message > limits_.per_message, deadline);
  return out;
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
