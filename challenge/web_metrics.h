// SPDX-License-Identifier: Apache-2.0
//
// What the web server counts; listed in docs/metrics.md.
#pragma once

#include "answering/answer.h"
#include "answering/retract.h"
#include "answering/views.h"
#include "base/metrics.h"
#include "challenge/http_server.h"

namespace countersign::challenge {

enum class PageShown {
  waiting,
  delivering,
  delivered,
  failed,
  withdrawn,
  expired,
  answered,
  not_found
};
/// What was sent with an answer, whatever became of it.
enum class GivenProof { none, pow, code, wait };
enum class CodeForm { image, sound };
enum class StatusClass { other, success, redirect, client_error, server_error };

/// Thread-safe once made.
struct WebMetrics {
  explicit WebMetrics(metrics::Registry& registry);

  metrics::CounterBy<PageShown, 8> pages;
  metrics::CounterByBoth<GivenProof, 4, AnswerOutcome, kAnswerOutcomeWords.size()> answers;
  metrics::CounterBy<RetractOutcome, kRetractOutcomeWords.size()> retractions;
  metrics::Counter pow_issued;
  metrics::CounterBy<CodeForm, 2> codes;
  metrics::Latency answer_time;
  metrics::Counter abandoned;
  metrics::CounterBy<StatusClass, 5> responses;
  metrics::CounterBy<Turned, 3> turned;
  metrics::Counter store_failures;
  metrics::Latency handling;
};

}  // namespace countersign::challenge
