// SPDX-License-Identifier: Apache-2.0
#include "milter/milter_metrics.h"

namespace countersign {

MilterMetrics::MilterMetrics(metrics::Registry& registry)
    : messages(registry, "countersign_messages_total",
               "Decisions, one for each recipient of a message, by disposition and reason.",
               "disposition", kDispositionWords, "reason", kReasonWords),
      observed(registry, "countersign_observed_total",
               "Decisions that mode observe let pass, by what would have happened.", "would",
               kDispositionWords),
      holds(registry, "countersign_holds_total", "Messages held, with those joined."),
      joined(registry, "countersign_holds_joined_total",
             "Messages that joined the hold of an earlier try."),
      unscreened(registry, "countersign_unscreened_total",
                 "Messages that passed unjudged in mode observe, for a fault of ours."),
      unauthenticated(registry, "countersign_unauthenticated_total",
                      "Messages whose author nobody could check, for a fault of ours."),
      outgoing_unlearnt(registry, "countersign_outgoing_unlearnt_total",
                        "Messages of our own users whose recipients did not become contacts."),
      spent(registry, "countersign_permit_uses_total",
            "Uses of address tokens and expected windows, by outcome.", "outcome",
            kSpendOutcomeWords),
      leaks(registry, "countersign_token_leaks_total",
            "Mails to an address token by others than it is bound to."),
      tokens_missing(registry, "countersign_tokens_missing_total",
                     "Mails to an address token of ours that the store does not know."),
      authentication_latency(registry, "countersign_authentication_seconds",
                             "Time that a message waited for its author to be checked."),
      store_latency(registry, "countersign_store_seconds", "Time of a round trip to the store."),
      spool_latency(registry, "countersign_spool_seconds",
                    "Time that it took to make a held message durable and known.") {}

void MilterMetrics::count(const Decision& decision) noexcept {
  messages.increment(decision.disposition, decision.reason);
  if (decision.would) observed.increment(*decision.would);
}

}  // namespace countersign
