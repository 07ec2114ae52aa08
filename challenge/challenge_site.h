// SPDX-License-Identifier: Apache-2.0
//
// The routes of the challenge page (design section 6):
//
//   GET  /c/TOKEN       200 the page; 404 unknown, malformed and expired alike
//   POST /c/TOKEN       303 to the page: taken, or answered before; 422 the form once more;
//                       200 the form for the second step of `wait`; 429 with Retry-After: too many
//                       failures; 404 as GET
//   GET  /c/TOKEN/pow   200 an ALTCHA challenge; 404 when none is of use
//   GET  /c/TOKEN/code.png, /code.wav   200 the code of `id`, or of now; 404 when none is of use;
//                       429 when these ten minutes have no more
//   GET  /c/TOKEN/withdraw, /not-me     200 the form; 404 also where the challenge went otherwise
//   POST                200 the second step; 303 to the page; 422, 429 and 404 as above
//   GET  /why           200 who runs this, and what is kept
//   GET  /healthz       200 while the store answers, else 503; `probe` is answered as
//                       probe_answer() says
//   GET  /assets/...    the files of the pages
//
// Everywhere 503 with Retry-After while the store is out of service. HEAD is GET without the body,
// and neither changes anything. With "Accept: application/json" bodies are JSON (docs/page.md).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "challenge/http.h"
#include "challenge/open_pages.h"
#include "challenge/site_snapshot.h"

namespace countersign::challenge {

class ChallengeSite final : public Site {
 public:
  using Parts = SiteParts;

  /// Errors: invalid (a template, a network), unavailable (a file cannot be read).
  static Result<std::unique_ptr<ChallengeSite>> make(const Parts& parts,
                                                     const SiteSettings& settings);

  /// Takes new settings; requests under way keep the old. On error nothing changes. Errors: as
  /// make().
  Status reload(const SiteSettings& settings);

  Admission admit(const RequestHead& head) const override;
  HttpResponse handle(const HttpRequest& request) override;
  /// The page of a message, to be read.
  bool may_begin(const HttpRequest& request) const override;
  std::unique_ptr<PendingResponses> begin(std::vector<const HttpRequest*> requests) override;
  HttpResponse busy(const HttpRequest& request) const override;
  /// Counts the pages that were shown and then neither answered nor looked at for an hour. To be
  /// called now and then.
  void count_abandoned();

 private:
  using Snapshot = SiteSnapshot;
  using Current = std::shared_ptr<const Snapshot>;

  explicit ChallengeSite(const Parts& parts) : parts_(parts) {}
  Current current() const;

  /// What `answer` returns, timed and counted; where it throws, 503.
  HttpResponse answered(const HttpRequest& request, const Snapshot& now, SteadyTime began,
                        const std::function<HttpResponse()>& answer);
  HttpResponse route(const HttpRequest& request, const Snapshot& now);
  HttpResponse show(const HttpRequest& request, const Snapshot& now);
  HttpResponse show(const HttpRequest& request, const Snapshot& now, const Result<TokenView>& view);
  HttpResponse answer(const HttpRequest& request, const Snapshot& now);
  HttpResponse outcome(const HttpRequest& request, const Snapshot& now, const AnswerResult& result,
                       const Answer& given);
  HttpResponse work(const HttpRequest& request, const Snapshot& now);
  HttpResponse code(const HttpRequest& request, const Snapshot& now);
  HttpResponse show_retraction(const HttpRequest& request, const Snapshot& now);
  HttpResponse retract(const HttpRequest& request, const Snapshot& now);
  HttpResponse see_page(const HttpRequest& request, const Snapshot& now, const TokenView& view);
  HttpResponse health(const HttpRequest& request);
  HttpResponse failed(const HttpRequest& request, const Snapshot& now, const Error& error);
  void count(const HttpResponse& response) const;
  void note_shown(const TokenView& view);

  const Parts parts_;
  mutable Guarded<Current> current_;
  OpenPages open_pages_;
};

}  // namespace countersign::challenge
