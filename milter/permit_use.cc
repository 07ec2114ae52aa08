// SPDX-License-Identifier: Apache-2.0
#include "milter/permit_use.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/log.h"
#include "mail/message_digest.h"
#include "tokenstore/rules.h"

namespace countersign {
namespace {

/// Whether what is over may have been used up by a first try of the same mail.
bool may_be_second_try(const Permit& permit, WallTime now) {
  return permit.uses_left && permit.revoked == WallTime{} && permit.last_use != WallTime{} &&
         now < permit.last_use + kSpentBefore;
}

std::string_view why_over(const Permit& permit, WallTime now) {
  if (permit.revoked != WallTime{}) return "revoked";
  return permit.expires != WallTime{} && now >= permit.expires ? "expired" : "over";
}

std::string uses_left(const Permit& permit) {
  return permit.uses_left ? std::to_string(*permit.uses_left) : "unlimited";
}

}  // namespace

Status PermitUse::judge(const Facts& facts, const HeaderSection& header,
                        const std::vector<TokenQuestion>& questions,
                        const std::vector<std::optional<Permit>>& known,
                        std::span<RecipientFacts> recipients, Deadline deadline) {
  const auto has_permit = [](const RecipientFacts& recipient) {
    return recipient.address_token || recipient.knowledge.window;
  };
  if (std::ranges::none_of(recipients, has_permit)) return {};
  header_digest_ = header_digest(header);
  tokens_.assign(recipients.size(), std::nullopt);
  windows_.assign(recipients.size(), std::nullopt);
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    RecipientFacts& recipient = recipients[i];
    if (const auto& window = recipient.knowledge.window) {
      windows_[i] =
          Held{{PermitName::Kind::window, recipient.owner->key(), window->bound_to}, *window};
      // Whether the author is who he says is the rule's question, not the window's.
      CS_ASSIGN(const TokenUse use,
                use_now(*windows_[i], window->bound_to, facts.arrived, deadline));
      recipient.knowledge.expected = use == TokenUse::valid;
    }
    if (!recipient.address_token) continue;
    const TokenQuestion question{recipient.owner->key(), recipient.address_token->id};
    const auto asked = std::ranges::find(questions, question);
    if (asked == questions.end()) continue;
    const auto& permit = known.at(static_cast<std::size_t>(asked - questions.begin()));
    if (!permit) {
      // Only a store that was put back to an older state does not know its own token.
      services_.metrics.tokens_missing.increment();
      log::warning("token is not in the store", {{"owner", question.owner}, {"id", question.id}});
      continue;
    }
    tokens_[i] = Held{{PermitName::Kind::token, question.owner, question.id}, *permit};
    CS_ASSIGN(recipient.token,
              use_now(*tokens_[i], facts.authentication.fingerprint, facts.arrived, deadline));
  }
  return {};
}

Result<TokenUse> PermitUse::use_now(const Held& held, const std::string& fingerprint, WallTime now,
                                    Deadline deadline) {
  const TokenUse use = use_of(held.permit, fingerprint, now, false);
  if (use == TokenUse::valid || !may_be_second_try(held.permit, now)) return use;
  CS_ASSIGN(const bool before, services_.tokens.spent_before(held.name, header_digest_, deadline));
  return use_of(held.permit, fingerprint, now, before);
}

bool PermitUse::wants_body(std::span<const Decision> decisions) const {
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    if (decisions[i].spend_token && tokens_[i] && tokens_[i]->permit.uses_left) return true;
    if (decisions[i].spend_window && windows_[i] && windows_[i]->permit.uses_left) return true;
  }
  return false;
}

Result<bool> PermitUse::spend(const Facts& facts, std::span<const Decision> decisions,
                              std::span<RecipientFacts> recipients, std::string_view queue_id,
                              Deadline deadline) {
  std::vector<Spending> all;
  std::vector<std::size_t> whose;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const auto& held = decisions[i].spend_token    ? tokens_.at(i)
                       : decisions[i].spend_window ? windows_.at(i)
                                                   : std::nullopt;
    if (!held) continue;
    all.push_back({.permit = held->name,
                   .fingerprint = facts.authentication.fingerprint,
                   .header_digest = header_digest_,
                   .body_digest = {},
                   .when = facts.arrived});
    whose.push_back(i);
  }
  if (all.empty()) return false;
  const std::string digest = hex_encode(body_.finish());
  for (Spending& one : all) one.body_digest = digest;
  CS_ASSIGN(const auto spent, services_.tokens.spend(all, deadline));

  bool lost = false;
  for (std::size_t n = 0; n < all.size(); ++n) {
    RecipientFacts& recipient = recipients[whose[n]];
    const bool valid = spent[n].use == TokenUse::valid;
    const bool is_token = all[n].permit.kind == PermitName::Kind::token;
    lost = lost || !valid;
    if (is_token)
      recipient.token = spent[n].use;
    else
      recipient.knowledge.expected = valid;
    services_.metrics.spent.increment(!valid            ? SpendOutcome::lost
                                      : spent[n].before ? SpendOutcome::repeated
                                                        : SpendOutcome::spent);
    log::info(is_token ? "token" : "window", {{"queue_id", queue_id},
                                              {"owner", all[n].permit.owner},
                                              {"id", all[n].permit.name},
                                              {"result", !valid            ? word(spent[n].use)
                                                         : spent[n].before ? "repeated"
                                                                           : "spent"},
                                              {"left", uses_left(spent[n].permit)},
                                              {"bound", spent[n].permit.bound_to}});
  }
  return lost;
}

void PermitUse::report_refused(const Facts& facts, std::span<const Decision> decisions,
                               std::span<const RecipientFacts> recipients,
                               std::string_view queue_id, Deadline deadline) {
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const Decision& decision = decisions[i];
    const bool refused = decision.would.value_or(decision.disposition) == Disposition::refuse;
    if (decision.reason != Reason::token_refused || !refused || !tokens_.at(i)) continue;
    const Held& held = *tokens_[i];
    if (recipients[i].token == TokenUse::stranger)
      raise_alarm(facts, held, !decision.would, queue_id, deadline);
    else
      log::info("token", {{"queue_id", queue_id},
                          {"owner", held.name.owner},
                          {"id", held.name.name},
                          {"result", why_over(held.permit, facts.arrived)}});
  }
}

void PermitUse::raise_alarm(const Facts& facts, const Held& held, bool refused,
                            std::string_view queue_id, Deadline deadline) {
  const std::string& fingerprint = facts.authentication.fingerprint;
  services_.metrics.leaks.increment();
  log::warning("token leaked", {{"queue_id", queue_id},
                                {"owner", held.name.owner},
                                {"id", held.name.name},
                                {"label", held.permit.label},
                                {"bound", held.permit.bound_to},
                                {"fingerprint", fingerprint}});
  if (const auto noted =
          services_.tokens.note_leak(held.name, fingerprint, facts.arrived, deadline);
      !noted)
    log::warning("leak not noted", {{"queue_id", queue_id}, {"error", noted.error().detail}});
  if (!services_.on_leak) return;
  services_.on_leak({.owner = held.name.owner,
                     .id = held.name.name,
                     .label = held.permit.label,
                     .mailbox = held.permit.mailbox,
                     .bound_to = held.permit.bound_to,
                     .used_by = fingerprint,
                     .author = facts.author.mailbox ? facts.author.mailbox->address() : "",
                     .refused = refused,
                     .when = facts.arrived});
}

}  // namespace countersign
