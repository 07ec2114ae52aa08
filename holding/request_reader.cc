// SPDX-License-Identifier: Apache-2.0
#include "holding/request_reader.h"

#include <algorithm>

#include "base/log.h"

namespace countersign {
namespace {

constexpr seconds kTurn{1};
constexpr seconds kAgain{1};
constexpr milliseconds kBusy{50};
constexpr seconds kStoreTime{3};
constexpr std::chrono::minutes kTellAgain{1};
constexpr std::size_t kMostTold = 1000;

/// Deadlines of I/O are the system's, not those of a clock that a test moves.
SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

Status RequestReader::turn(const Handler& handle) {
  if (!stuck_.empty() && now() >= again_) begin_anew();
  const SteadyTime until = now() + kTurn;
  auto entries = requests_.read(stream_, after_, stuck_.empty() ? until : std::min(until, again_));
  if (!entries) {
    begin_anew();
    return entries.error();
  }
  for (const RequestEntry& entry : *entries) {
    after_ = entry.entry;
    if (stuck_.contains(entry.request.id)) continue;
    if (const Status handled = handle(entry.request); !handled) {
      wait_for(entry, handled.error());
      continue;
    }
    told_.erase(entry.entry);
    if (auto done = requests_.done(stream_, entry.entry, now() + kStoreTime); !done) {
      begin_anew();
      return done;
    }
  }
  if (stuck_.empty()) after_.clear();
  return {};
}

void RequestReader::wait_for(const RequestEntry& entry, const Error& error) {
  const bool busy = error.code == Errc::already_exists;
  const SteadyTime when = now() + (busy ? milliseconds(kBusy) : milliseconds(kAgain));
  again_ = stuck_.empty() ? when : std::min(again_, when);
  stuck_.insert(entry.request.id);
  if (busy) return;
  if (told_.size() > kMostTold) told_.clear();
  SteadyTime& told = told_[entry.entry];
  if (told != SteadyTime{} && now() - told < kTellAgain) return;
  told = now();
  log::warning("request waits",
               {{"kind", entry.request.kind}, {"held", entry.request.id}, {"error", error.detail}});
}

void RequestReader::begin_anew() {
  after_.clear();
  stuck_.clear();
}

}  // namespace countersign
