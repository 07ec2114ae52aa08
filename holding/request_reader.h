// SPDX-License-Identifier: Apache-2.0
//
// Takes the requests of one stream (tokenstore/requests.h), again and again. One that cannot be
// handled for now stays in the stream and keeps nobody else waiting: only what came later for the
// same message waits for it, as order counts there. For one thread at a time.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "tokenstore/requests.h"

namespace countersign {

class RequestReader {
 public:
  /// Handles one request; done when it is over, whatever came of it. Errors: it waits, for a second
  /// (unavailable, or whatever may be otherwise then), or some milliseconds (already_exists:
  /// somebody else has its message).
  using Handler = std::function<Status(const Request&)>;

  /// `requests` must outlive it. `stream`: a node's id, or kAnyNode.
  RequestReader(Requests& requests, std::string stream)
      : requests_(requests), stream_(std::move(stream)) {}

  /// Reads on, within a second, and handles what there is. Errors: unavailable: the stream cannot
  /// be read, or what is done cannot be removed.
  Status turn(const Handler& handle);

 private:
  void wait_for(const RequestEntry& entry, const Error& error);
  void begin_anew();

  Requests& requests_;
  const std::string stream_;
  std::string after_;            ///< the last entry that was read; "": from the first
  std::set<std::string> stuck_;  ///< ids of messages for which a request waits, in this pass
  SteadyTime again_{};           ///< when the next pass begins, if any waits
  std::map<std::string, SteadyTime> told_;  ///< entries that wait, and when the log said so
};

}  // namespace countersign
