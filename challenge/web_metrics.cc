// SPDX-License-Identifier: Apache-2.0
#include "challenge/web_metrics.h"

namespace countersign::challenge {

WebMetrics::WebMetrics(metrics::Registry& registry)
    : pages(registry, "countersign_pages_total", "Pages of messages shown, by what they say.",
            "page",
            {"waiting", "delivering", "delivered", "failed", "withdrawn", "expired", "answered",
             "not-found"}),
      answers(registry, "countersign_answers_total",
              "Answers that were sent, by the proof with them and what came of them.", "proof",
              {"none", "pow", "code", "wait"}, "outcome", kAnswerOutcomeWords),
      retractions(registry, "countersign_retractions_total",
                  "Steps of taking a message back, or disowning it, by what came of them.",
                  "outcome", kRetractOutcomeWords),
      pow_issued(registry, "countersign_pow_issued_total", "Challenges for proofs of work given."),
      codes(registry, "countersign_codes_total", "Codes given, by their form.", "form",
            {"image", "sound"}),
      answer_time(registry, "countersign_answer_delay_seconds",
                  "Time from a message's arrival to its answer.",
                  metrics::Latency::patience_bounds()),
      abandoned(registry, "countersign_pages_abandoned_total",
                "Pages shown that were then neither answered nor looked at for an hour."),
      responses(registry, "countersign_responses_total", "HTTP responses, by class of status.",
                "class", {"1xx", "2xx", "3xx", "4xx", "5xx"}),
      turned(registry, "countersign_http_turned_away_total",
             "Connections and requests that the server did not serve, by reason.", "reason",
             {"slow", "busy", "crowded"}),
      store_failures(registry, "countersign_page_store_failures_total",
                     "Requests that failed as the store was out of service."),
      handling(registry, "countersign_page_seconds", "Time that it took to answer a request.") {}

}  // namespace countersign::challenge
