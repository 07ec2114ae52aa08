// SPDX-License-Identifier: Apache-2.0
//
// What a site is made of at a time: the settings, and all that follows from them. Immutable; a
// request keeps the one that it began with.
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
#include "base/keyring.h"
#include "base/result.h"
#include "challenge/admission.h"
#include "challenge/http.h"
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

/// What a site works with; all must outlive it.
struct SiteParts {
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

/// Settings and what is made of them; immutable.
struct SiteSnapshot {
  /// Errors: invalid (a template, a network), unavailable (a file cannot be read).
  static Result<std::shared_ptr<const SiteSnapshot>> make(const SiteParts& parts,
                                                          const SiteSettings& settings);

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
  SiteSnapshot(const SiteParts& parts, const SiteSettings& settings, AdmissionRules r,
               std::shared_ptr<const Pages> p, Effort e);
  SiteSnapshot(const SiteSnapshot&) = delete;  // the desk refers to the views
  /// The pages of the first recipient's domain, or of the host that was asked.
  const Pages& pages_of(const TokenView& view) const;
  const Pages& pages_of(const HttpRequest& request) const;

 private:
  void collect_assets();
};

}  // namespace countersign::challenge
