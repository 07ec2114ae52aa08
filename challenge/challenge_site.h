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

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "answering/answer.h"
#include "answering/effort.h"
#include "answering/pow.h"
#include "answering/retract.h"
#include "answering/views.h"
#include "answering/wait.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/keyring.h"
#include "base/result.h"
#include "challenge/admission.h"
#include "challenge/http.h"
#include "challenge/open_pages.h"
#include "challenge/pages.h"
#include "challenge/web_metrics.h"

namespace countersign::challenge {

/// What an administrator may change while the server runs.
struct SiteSettings {
  std::string base_url = "http://127.0.0.1:8480";  ///< without final slash
  std::vector<std::string> proofs = {"pow", "code", "wait"};
  std::vector<std::string> proxies = {"127.0.0.0/8", "::1"};  ///< NetworkList::parse
  ClientField client_field = ClientField::x_forwarded_for;
  std::string templates;                     ///< folder; "": our own
  std::vector<std::string> work;             ///< Effort::parse
  About about;                               ///< but for its host, which is that of base_url
  Brand brand = {};                          ///< its base_url is not looked at
  std::map<std::string, Brand> brands = {};  ///< by domain of recipients, in A-labels
};

class ChallengeSite final : public Site {
 public:
  /// All must outlive the site.
  struct Parts {
    HeldIndex& index;
    WebState& state;
    Requests& requests;
    Pow& pow;
    const Wait& wait;
    const Codes& codes;
    const Keyring& keyring;
    const Clock& clock;
    WebMetrics& metrics;
    FailureLimits limits = {};
  };

  /// Errors: invalid (a template, a network), unavailable (a file cannot be read).
  static Result<std::unique_ptr<ChallengeSite>> make(const Parts& parts,
                                                     const SiteSettings& settings);

  /// Takes new settings; requests under way keep the old. On error nothing changes. Errors: as
  /// make().
  Status reload(const SiteSettings& settings);

  Admission admit(const RequestHead& head) const override;
  HttpResponse handle(const HttpRequest& request) override;
  HttpResponse busy(const HttpRequest& request) const override;
  /// Counts the pages that were shown and then neither answered nor looked at for an hour. To be
  /// called now and then.
  void count_abandoned();

 private:
  /// Settings and what is made of them; immutable.
  struct Snapshot {
    AdmissionRules rules;
    std::shared_ptr<const Pages> pages;
    std::map<std::string, std::shared_ptr<const Pages>> by_domain;
    std::map<std::string, std::shared_ptr<const Pages>> by_host;
    std::map<std::string, const HttpResponse*> assets;
    Effort effort;
    Failures failures;
    Views views;
    AnswerDesk desk;
    RetractDesk retract_desk;
    Snapshot(const Parts& parts, const SiteSettings& settings, AdmissionRules r,
             std::shared_ptr<const Pages> p, Effort e);
    Snapshot(const Snapshot&) = delete;  // the desk refers to the views
    void collect_assets();
    /// The pages of the first recipient's domain, or of the host that was asked.
    const Pages& pages_of(const TokenView& view) const;
    const Pages& pages_of(const HttpRequest& request) const;
  };
  using Current = std::shared_ptr<const Snapshot>;

  explicit ChallengeSite(const Parts& parts) : parts_(parts) {}
  static Result<Current> prepare(const Parts& parts, const SiteSettings& settings);
  Current current() const;

  HttpResponse route(const HttpRequest& request, const Snapshot& now);
  HttpResponse show(const HttpRequest& request, const Snapshot& now);
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
