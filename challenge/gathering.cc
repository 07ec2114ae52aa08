// SPDX-License-Identifier: Apache-2.0
#include "challenge/gathering.h"

#include <utility>

namespace countersign::challenge {
namespace {

/// A question that is older makes nobody else wait for it.
constexpr milliseconds kSlow{50};
/// A question that is older is given up: workers ask anew, with all the time that there is.
constexpr milliseconds kPatience{500};

}  // namespace

Gathering::Gathering(Site& site, const Clock& clock, std::size_t bound, Outcomes outcomes)
    : site_(site), clock_(clock), bound_(bound), outcomes_(std::move(outcomes)) {}

bool Gathering::takes(const HttpRequest& request) const {
  if (gathered_.size() >= bound_ || !site_.may_begin(request)) return false;
  return !pending_ || clock_.steady() - began_ < kSlow;
}

void Gathering::add(Exchange& exchange) { gathered_.push_back(&exchange); }

int Gathering::descriptor() const { return pending_ ? pending_->descriptor() : -1; }

Deadline Gathering::until() const {
  if (!pending_) return gathered_.empty() ? Deadline::max() : clock_.steady();
  return pending_->descriptor() < 0 ? clock_.steady() : began_ + kPatience;
}

void Gathering::run() {
  if (pending_) advance();
  if (!pending_ && !gathered_.empty()) begin();
}

void Gathering::advance() {
  auto responses = pending_->advance();
  if (!responses && clock_.steady() - began_ < kPatience) return;
  pending_.reset();
  const auto done = std::exchange(under_way_, {});
  for (std::size_t i = 0; i < done.size(); ++i) {
    if (responses) done[i]->response = std::move((*responses)[i]);
    if (done[i]->response)
      outcomes_.answered(*done[i]);
    else
      outcomes_.hand_over(*done[i]);
  }
}

void Gathering::begin() {
  under_way_ = std::exchange(gathered_, {});
  std::vector<const HttpRequest*> requests;
  requests.reserve(under_way_.size());
  for (const Exchange* exchange : under_way_) requests.push_back(&exchange->request);
  began_ = clock_.steady();
  pending_ = site_.begin(std::move(requests));
  if (pending_) return;
  for (Exchange* exchange : std::exchange(under_way_, {})) outcomes_.hand_over(*exchange);
}

void Gathering::give_up() {
  pending_.reset();
  for (auto* all : {&under_way_, &gathered_})
    for (Exchange* exchange : std::exchange(*all, {})) outcomes_.answered(*exchange);
}

}  // namespace countersign::challenge
