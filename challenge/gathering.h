// SPDX-License-Identifier: Apache-2.0
//
// Requests that are answered together, by the server's own thread: while one question to the store
// is under way those that come meanwhile gather, and are the next. So the thread waits for nothing,
// and the more there is to do, the less each costs. When the store is slow, or asks for patience,
// they go to workers instead. For one thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "challenge/exchange.h"
#include "challenge/http.h"

namespace countersign::challenge {

class Gathering {
 public:
  struct Outcomes {
    std::function<void(Exchange&)> answered;   ///< it has a response, or never will
    std::function<void(Exchange&)> hand_over;  ///< somebody else is to answer it
  };
  /// Site and clock must outlive it. At most `bound` requests gather.
  Gathering(Site& site, const Clock& clock, std::size_t bound, Outcomes outcomes);

  /// Whether add() may be called for such a request now.
  bool takes(const HttpRequest& request) const;
  /// Takes a request until it is answered or handed over.
  void add(Exchange& exchange);

  /// To be polled for reading; -1: nothing to wait for.
  int descriptor() const;
  /// When run() is to be called at the latest.
  Deadline until() const;
  /// Answers what can be answered, and asks for what has gathered.
  void run();
  /// Ends all of them without a response.
  void give_up();

 private:
  void advance();
  void begin();

  Site& site_;
  const Clock& clock_;
  const std::size_t bound_;
  const Outcomes outcomes_;
  std::vector<Exchange*> gathered_;
  std::vector<Exchange*> under_way_;
  std::unique_ptr<PendingResponses> pending_;  ///< of those under way; null: none are
  SteadyTime began_{};
};

}  // namespace countersign::challenge
