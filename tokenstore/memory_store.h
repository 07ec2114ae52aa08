// SPDX-License-Identifier: Apache-2.0
//
// The store in memory: for tests of the layers above. It obeys the contract suite that Redis obeys
// (tests/contract/), with lives counted by the given clock. Never part of a program. Thread-safe.
#pragma once

#include <memory>
#include <optional>

#include "base/clock.h"
#include "tokenstore/store.h"

namespace countersign {

class MemoryStore final : public Store {
 public:
  /// `clock` must outlive the store.
  explicit MemoryStore(const Clock& clock);
  ~MemoryStore() override;

  Directory& directory() override;
  Contacts& contacts() override;
  Policies& policies() override;
  SentMail& sent() override;
  AddressTokens& tokens() override;
  HeldIndex& held() override;
  Asked& asked() override;
  Requests& requests() override;
  Budgets& budgets() override;
  Outbox& outbox() override;
  WebState& web() override;

  /// While down every call returns unavailable and healthy() is false.
  void set_down(bool down);
  /// Fails the n-th call from now with unavailable (1: the next), once; 0: none.
  void fail_call(int n);
  /// Number of Directory::look_up calls so far.
  int look_ups() const;
  /// Number of calls of any kind so far.
  int calls() const;

 private:
  struct State;
  struct Parts;
  std::unique_ptr<State> state_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace countersign
