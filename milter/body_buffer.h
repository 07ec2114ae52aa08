// SPDX-License-Identifier: Apache-2.0
//
// Keeps the body of a message that cannot be decided before its end: the MTA tells it once. Small
// ones stay in memory, others go to a file without name, which the kernel drops with the last use
// of it. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace countersign {

class BodyBuffer {
 public:
  /// `folder`: where the file is made. `most_bytes`: of the body.
  BodyBuffer(std::string folder, std::uint64_t most_bytes, std::size_t most_in_memory = 128 * 1024)
      : folder_(std::move(folder)), most_bytes_(most_bytes), most_in_memory_(most_in_memory) {}

  /// Appends a piece. After a failure nothing more is kept. Errors: unavailable; invalid (over
  /// `most_bytes`).
  Status append(std::string_view bytes);
  /// Calls `sink` with all that was appended, in pieces, until it says false. Errors: those of
  /// append(), then and now.
  Status replay(const std::function<bool(std::string_view)>& sink) const;

 private:
  Status spill();
  Status write(std::string_view bytes);
  Status fail(const char* what);
  Status give_up(Error error);

  const std::string folder_;
  const std::uint64_t most_bytes_;
  const std::size_t most_in_memory_;
  std::uint64_t bytes_ = 0;
  std::string memory_;
  UniqueFd file_;  ///< once it is open, all is there
  Status state_;
};

}  // namespace countersign
