// SPDX-License-Identifier: Apache-2.0
//
// tokens issue, list and revoke.
#include <algorithm>

#include "admin/exit_status.h"
#include "admin/opening.h"
#include "admin/run.h"
#include "admin/token_words.h"
#include "admin/whom.h"
#include "config/values.h"

namespace countersign::admin {
namespace {

constexpr long long kMostUses = 1'000'000'000;
/// Ids are 40 random bits: to meet one that is taken is rare, to meet two is a fault.
constexpr int kMostTries = 3;

using Kind = PermitName::Kind;

/// What the verbs work with. Empty: it was said why not, and `status` is how to end.
struct Bench {
  std::optional<Config> config;
  std::vector<Secret> keys;  ///< purpose "token"; never empty
  std::unique_ptr<Store> store;
  int status = EX_OK;
};

Bench open_bench(const Invocation& invocation, Tools& tools, Output& output) {
  Bench bench;
  bench.config = load(invocation, output);
  if (!bench.config) return {std::nullopt, {}, nullptr, EX_CONFIG};
  const auto ring = tools.load_keys(bench.config->secrets.milter);
  const auto current = ring ? ring->current("token") : Result<Secret>(ring.error());
  if (!current) {
    bench.status = fail(current.error(), output);
    return bench;
  }
  const auto keys = ring->all("token");
  bench.keys = {keys.begin(), keys.end()};
  bench.store = open_store(*bench.config, tools, output);
  if (!bench.store) bench.status = EX_CONFIG;
  return bench;
}

void print(const Bench& bench, const Mailbox& owner, const std::string& id, const Permit& permit,
           WallTime now, Output& output) {
  const std::string address = address_of(*bench.config, bench.keys, owner, id, permit);
  output.put(token_record(address, owner, id, permit, now), token_line(address, id, permit, now));
}

Result<Permit> permit_of(const Invocation& invocation, WallTime now) {
  Permit permit;
  permit.created = now;
  const std::string& label = invocation.one("--label");
  const auto parsed = parse_token_label(label);
  if (!parsed)
    return Error{Errc::invalid, "--label: " + in_quotes(label) + " is " + parsed.error().detail};
  permit.label = *parsed;
  if (const auto until = invocation.option("--until")) {
    CS_ASSIGN(permit.expires, parse_until(*until, now));
  }
  if (const auto uses = invocation.option("--uses")) {
    const auto number = parse_number(*uses, 1, kMostUses);
    if (!number) return Error{Errc::invalid, "--uses: " + number.error().detail};
    permit.uses_left = *number;
  }
  CS_TRY(parse_binding(invocation.option("--bind").value_or("first"), permit));
  return permit;
}

/// Mail to a token comes to the mailbox that it is made for, so that no detail is dropped silently:
/// with the delimiter '-' it may be half of somebody else's name.
Result<Mailbox> mailbox_to_issue_for(const std::string& text, const Config& config) {
  CS_ASSIGN(const Mailbox mailbox, parse_token_mailbox(text, config));
  if (const auto given = Mailbox::parse(text); given && *given == mailbox) return mailbox;
  return Error{Errc::invalid, in_quotes(text) + " is " + mailbox.address() +
                                  " with a detail (protect.recipient_delimiter), whose token it "
                                  "would be; allowed: " +
                                  mailbox.address() +
                                  ", or an address that is an entry of protect.mailboxes"};
}

/// The tokens that the arguments of `revoke` name.
struct Named {
  Mailbox owner;
  std::string id;
};

/// Those of `owner` whose id or label it is.
Result<std::vector<Named>> tokens_called(const std::string& text, const Mailbox& owner,
                                         Store& store) {
  CS_ASSIGN(const auto all, store.tokens().list(Kind::token, owner.key(), store_deadline()));
  const auto id = parse_token_id(text);
  const auto label = parse_token_label(text);
  std::vector<Named> out;
  for (const auto& [name, permit] : all)
    if ((id && name == *id) || (label && permit.label == *label && permit.revoked == WallTime{}))
      out.push_back({owner, name});
  if (out.empty())
    return Error{Errc::not_found, owner.address() + " has no token " + in_quotes(text)};
  return out;
}

Result<std::vector<Named>> named_tokens(const Invocation& invocation, const Bench& bench) {
  std::vector<Named> out;
  std::optional<Mailbox> mailbox;
  for (const std::string& text : invocation.all("TOKEN")) {
    if (text.find('@') == std::string::npos) {
      if (!mailbox)
        return Error{Errc::invalid, in_quotes(text) +
                                        ": whose? Allowed: the address of a token; or a mailbox, "
                                        "and then ids or labels of its tokens"};
      CS_ASSIGN(const auto called, tokens_called(text, *mailbox, *bench.store));
      out.insert(out.end(), called.begin(), called.end());
      continue;
    }
    const auto address = Mailbox::parse(text);
    if (!address) return Error{Errc::invalid, in_quotes(text) + " is no address"};
    CS_ASSIGN(const auto token, token_of(*bench.config, bench.keys, *address));
    if (token) {
      out.push_back({token->owner, token->id});
      continue;
    }
    CS_ASSIGN(const Mailbox plain, parse_token_mailbox(text, *bench.config));
    if (plain != *address)
      return Error{Errc::invalid, in_quotes(text) + " carries no token of ours"};
    CS_ASSIGN(const Ownership found, ownership_of(*bench.config, plain));
    mailbox = found.owner;
  }
  if (out.empty()) return Error{Errc::invalid, "no token is named"};
  return out;
}

}  // namespace

int tokens_issue(const Invocation& invocation, Tools& tools, Output& output) {
  const Bench bench = open_bench(invocation, tools, output);
  if (!bench.store) return bench.status;
  const WallTime now = tools.clock.wall();
  const auto mailbox = mailbox_to_issue_for(invocation.one("MAILBOX"), *bench.config);
  if (!mailbox) return fail(mailbox.error(), output);
  auto permit = permit_of(invocation, now);
  if (!permit) return fail(permit.error(), output);
  const std::string& delimiter = bench.config->protect.recipient_delimiter;
  if (delimiter.empty())
    return fail({Errc::invalid, "protect.recipient_delimiter is empty: there can be no tokens"},
                output);
  const auto found = ownership_of(*bench.config, *mailbox);
  if (!found) return fail(found.error(), output);
  const Mailbox& owner = found->owner;
  permit->mailbox = mailbox->address();
  permit->key = bench.keys.front().id;
  for (int tries = 1;; ++tries) {
    const std::string id = random_token_id();
    const auto address = address_with_token({*mailbox, owner, permit->label, id}, delimiter.front(),
                                            bench.keys.front());
    if (!address) return fail(address.error(), output);
    const Status added =
        bench.store->tokens().add({Kind::token, owner.key(), id}, *permit, store_deadline());
    if (!added && added.error().code == Errc::already_exists && tries < kMostTries) continue;
    if (!added) return fail(added.error(), output);
    output.put(token_record(address->address(), owner, id, *permit, now), address->address());
    return EX_OK;
  }
}

int tokens_list(const Invocation& invocation, Tools& tools, Output& output) {
  const Bench bench = open_bench(invocation, tools, output);
  if (!bench.store) return bench.status;
  const auto mailbox = parse_token_mailbox(invocation.one("MAILBOX"), *bench.config);
  if (!mailbox) return fail(mailbox.error(), output);
  const auto found = ownership_of(*bench.config, *mailbox);
  if (!found) return fail(found.error(), output);
  const Mailbox& owner = found->owner;
  auto all = bench.store->tokens().list(Kind::token, owner.key(), store_deadline());
  if (!all) return fail(all.error(), output);
  std::ranges::stable_sort(*all, {}, [](const auto& one) { return one.second.created; });
  for (const auto& [id, permit] : *all) print(bench, owner, id, permit, tools.clock.wall(), output);
  return EX_OK;
}

int tokens_revoke(const Invocation& invocation, Tools& tools, Output& output) {
  const Bench bench = open_bench(invocation, tools, output);
  if (!bench.store) return bench.status;
  const auto named = named_tokens(invocation, bench);
  if (!named) return fail(named.error(), output);
  int worst = EX_OK;
  for (const auto& [owner, id] : *named) {
    const auto revoked = bench.store->tokens().revoke({Kind::token, owner.key(), id},
                                                      tools.clock.wall(), store_deadline());
    if (revoked)
      print(bench, owner, id, *revoked, tools.clock.wall(), output);
    else
      worst = worse(worst, fail(revoked.error(), output));
  }
  return worst;
}

}  // namespace countersign::admin
