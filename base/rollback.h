// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace countersign {

/// Runs `undo` at scope exit unless dismissed.
template <class Undo>
class [[nodiscard]] Rollback {
 public:
  explicit Rollback(Undo undo) : undo_(std::move(undo)) {}
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;
  ~Rollback() {
    if (armed_) undo_();
  }
  void dismiss() { armed_ = false; }

 private:
  Undo undo_;
  bool armed_ = true;
};

}  // namespace countersign
