// SPDX-License-Identifier: Apache-2.0
//
// Pages whose views are being looked up, all in one question to the store.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "answering/views.h"
#include "challenge/http.h"

namespace countersign::challenge {

class PendingPages final : public PendingResponses {
 public:
  /// Returns the page of what was found. Keeps alive what the views need; never throws.
  using Show = std::function<HttpResponse(const HttpRequest&, const Result<TokenView>&)>;

  PendingPages(std::vector<const HttpRequest*> requests, Views::Pending views, Show show)
      : requests_(std::move(requests)), show_(std::move(show)), views_(std::move(views)) {}

  int descriptor() const override { return views_.descriptor(); }
  std::optional<std::vector<std::optional<HttpResponse>>> advance() override {
    const auto views = views_.advance();
    if (!views) return std::nullopt;
    std::vector<std::optional<HttpResponse>> out(requests_.size());
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      const auto& view = (*views)[i];
      // What does not come at once may yet come to who can wait.
      if (view || view.error().code != Errc::unavailable) out[i] = show_(*requests_[i], view);
    }
    return out;
  }

 private:
  const std::vector<const HttpRequest*> requests_;
  const Show show_;
  Views::Pending views_;
};

}  // namespace countersign::challenge
