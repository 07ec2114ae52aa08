// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/memory_store.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "mail/domain.h"
#include "tokenstore/memory_permits.h"
#include "tokenstore/rules.h"

namespace countersign {
namespace {

template <class T>
struct Mortal {
  T value;
  WallTime dies;
};

/// By owner: names to their ends.
using MortalNames = std::map<std::string, std::map<std::string, WallTime>>;

/// Puts them in until `until`, and drops what has ended, and what ends first of over `most`.
void add_mortals(std::map<std::string, WallTime>& names, const std::vector<std::string>& added,
                 WallTime now, WallTime until, std::size_t most) {
  for (const std::string& name : added) names.insert_or_assign(name, until);
  std::erase_if(names, [&](const auto& one) { return one.second <= now; });
  while (names.size() > most)
    names.erase(std::min_element(names.begin(), names.end(),
                                 [](const auto& a, const auto& b) { return a.second < b.second; }));
}

std::string name_of(const Scope& scope) { return scope.level == Level::site ? "" : scope.name; }

}  // namespace

struct MemoryStore::State {
  explicit State(const Clock& c) : clock(c) {}

  /// Counts the call; returns the error that it must end with.
  Status enter() {
    ++calls;
    const bool fails = fail_at > 0 && --fail_at == 0;
    if (down || fails) return Error{Errc::unavailable, "memory store: down"};
    return {};
  }
  template <class T>
  T* alive(std::map<std::string, Mortal<T>>& in, const std::string& key) {
    const auto at = in.find(key);
    if (at == in.end()) return nullptr;
    if (at->second.dies > clock.wall()) return &at->second.value;
    in.erase(at);
    return nullptr;
  }
  template <class T>
  void keep(std::map<std::string, Mortal<T>>& in, const std::string& key, T value,
            milliseconds life) {
    in.insert_or_assign(key, Mortal<T>{std::move(value), clock.wall() + life});
  }

  /// Returns whether it is new.
  bool learn(const Scope& scope, const Subject& subject, const ContactEntry& entry) {
    auto& list = contacts[name_of(scope)];
    const auto at = list.find(subject);
    const auto before = at == list.end() ? std::nullopt : std::optional(at->second);
    list.insert_or_assign(subject, learnt(before, entry));
    return !before;
  }

  const Clock& clock;
  std::mutex mutex;
  std::condition_variable arrived;
  bool down = false;
  int fail_at = 0;
  int calls = 0;
  int look_ups = 0;
  int modes_version = 0;

  std::optional<AskedRecord> asked_record(const std::string& owner, const std::string& id,
                                          WallTime now) {
    const auto& records = asked[owner];
    const auto at = records.find(id);
    if (at == records.end() || at->second.expires <= now) return std::nullopt;
    return at->second;
  }

  std::map<std::string, std::map<Subject, ContactEntry>> contacts;  ///< by level and name
  std::map<std::string, PolicyValues> policies;
  MortalNames sent;  ///< by owner: digest to end
  MortalNames ways;  ///< by owner: way to end
  MemoryPermits permits;
  std::map<std::string, Mortal<HeldView>> held;
  std::map<std::string, std::string> digest_of;  ///< held id -> token digest
  std::map<std::string, std::set<std::string>> held_for;
  std::map<std::string, Mortal<TokenRecord>> tokens;
  std::map<std::string, std::map<std::string, AskedRecord>> asked;  ///< by owner and id
  std::map<std::string, Mortal<std::string>> retries;
  std::map<std::string, std::map<long long, Request>> requests;
  long long next_entry = 0;
  std::map<std::string, Mortal<bool>> marks;  ///< claims, nonces, budgets
  std::map<std::string, Mortal<std::string>> answered;
  std::map<std::string, Mortal<int>> counts;        ///< failures, unanswered
  std::map<std::string, std::set<WallTime>> hours;  ///< challenges by domain
  std::optional<WallTime> heartbeat;
};

struct MemoryStore::Parts {
  struct MemoryDirectory final : Directory {
    explicit MemoryDirectory(State& s) : state(s) {}
    Result<Knowledge> look_up(const Inquiry& inquiry, Deadline) override {
      std::lock_guard lock(state.mutex);
      ++state.look_ups;
      CS_TRY(state.enter());
      Knowledge out;
      for (const Mailbox& recipient : inquiry.recipients) {
        RecipientKnowledge knowledge;
        std::optional<Standing> list_post;
        const std::pair<Level, std::string> levels[] = {{Level::mailbox, recipient.key()},
                                                        {Level::domain, recipient.domain()},
                                                        {Level::site, ""}};
        for (const auto& [level, name] : levels) {
          const auto& list = state.contacts[name];
          for (const Subject& subject : subjects_of(inquiry))
            if (list.contains(subject))
              knowledge.matches.push_back({level, subject, list.at(subject)});
          if (const auto at = list.find(list_post_subject(inquiry)); !list_post && at != list.end())
            list_post = at->second.standing;
          join_policy(knowledge.policy, state.policies[name]);
        }
        knowledge.wrote_to_list = list_post == Standing::allow;
        knowledge.own_mode = state.policies[recipient.key()].contains("mode");
        const auto& ids = state.sent[recipient.key()];
        for (const std::string& digest : inquiry.answers)
          if (const auto at = ids.find(digest); at != ids.end() && at->second > inquiry.now)
            knowledge.replied = true;
        for (const auto& [name, window] :
             state.permits.all(PermitName::Kind::window, recipient.key()))
          knowledge.windows.push_back(window);
        if (inquiry.author)
          if (const Permit* window =
                  state.permits.find({PermitName::Kind::window, recipient.key(),
                                      organizational_domain(inquiry.author->domain())}))
            knowledge.window = *window;
        if (const std::size_t i = out.recipients.size(); i < inquiry.asked.size())
          for (const std::string& id : inquiry.asked[i])
            knowledge.asked.push_back(state.asked_record(recipient.key(), id, inquiry.now));
        if (knowledge.asked.empty() && inquiry.any_asked)
          knowledge.has_asked = !state.asked[recipient.key()].empty();
        const auto& ways = state.ways[recipient.key()];
        for (const std::string& way : inquiry.ways)
          if (const auto at = ways.find(way); at != ways.end())
            knowledge.way_until = std::max(knowledge.way_until, at->second);
        out.recipients.push_back(std::move(knowledge));
      }
      for (const TokenQuestion& token : inquiry.tokens) {
        const Permit* permit = state.permits.find({PermitName::Kind::token, token.owner, token.id});
        out.tokens.push_back(permit == nullptr ? std::nullopt : std::optional(*permit));
      }
      if (state.heartbeat) {
        const milliseconds left = kHeartbeatLife - (state.clock.wall() - *state.heartbeat);
        if (left > milliseconds(0)) out.page_age = heartbeat_age(left);
      }
      return out;
    }
    struct MemoryLookUp final : LookUp {
      explicit MemoryLookUp(const Result<Knowledge>& k) : known(k) {}
      Result<Knowledge> answer(Deadline) override { return std::move(known); }
      Result<Knowledge> known;
    };
    std::unique_ptr<LookUp> ask(const Inquiry& inquiry) override {
      if (!healthy()) return nullptr;
      return std::make_unique<MemoryLookUp>(look_up(inquiry, {}));
    }
    bool healthy() const override {
      std::lock_guard lock(state.mutex);
      return !state.down;
    }
    State& state;
  };

  struct MemoryAddressTokens final : AddressTokens {
    explicit MemoryAddressTokens(State& s) : state(s) {}
    Status add(const PermitName& name, const Permit& permit, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      if (state.permits.find(name) != nullptr) return Error{Errc::already_exists, name.name};
      state.permits.put(name, permit);
      return {};
    }
    Status put(const PermitName& name, const Permit& permit, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      state.permits.put(name, permit);
      return {};
    }
    Result<Permit> get(const PermitName& name, Deadline) override {
      return change(name, [](Permit&) {});
    }
    Result<std::vector<std::pair<std::string, Permit>>> list(PermitName::Kind kind,
                                                             const std::string& owner,
                                                             Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      return state.permits.all(kind, owner);
    }
    Status remove(const PermitName& name, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      if (!state.permits.remove(name)) return Error{Errc::not_found, name.name};
      return {};
    }
    Result<Permit> revoke(const PermitName& name, WallTime when, Deadline) override {
      return change(name, [&](Permit& permit) {
        if (permit.revoked == WallTime{}) permit.revoked = when;
      });
    }
    Result<std::vector<Spent>> spend(const std::vector<Spending>& all, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      std::vector<Spent> out;
      for (const Spending& one : all) out.push_back(state.permits.spend(one, state.clock.wall()));
      return out;
    }
    Result<bool> spent_before(const PermitName& name, const std::string& header_digest,
                              Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      return state.permits.spent_before(name, header_digest, state.clock.wall());
    }
    Result<Permit> note_leak(const PermitName& name, const std::string& fingerprint, WallTime when,
                             Deadline) override {
      return change(name, [&](Permit& permit) {
        ++permit.leaks;
        permit.last_leak = when;
        permit.leaked_to = fingerprint;
      });
    }
    template <class Change>
    Result<Permit> change(const PermitName& name, Change make) {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      Permit* permit = state.permits.find(name);
      if (permit == nullptr) return Error{Errc::not_found, name.name};
      make(*permit);
      return *permit;
    }
    State& state;
  };

  struct MemoryContacts final : Contacts, Policies {
    explicit MemoryContacts(State& s) : state(s) {}
    Status put(const Scope& scope, const Subject& subject, const ContactEntry& entry,
               Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      state.contacts[name_of(scope)].insert_or_assign(subject, entry);
      return {};
    }
    Result<ContactEntry> learn(const Scope& scope, const Subject& subject,
                               const ContactEntry& entry, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      state.learn(scope, subject, entry);
      return state.contacts[name_of(scope)].at(subject);
    }
    Result<ContactEntry> approve(const Scope& scope, const Subject& subject,
                                 const ContactEntry& entry, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      auto& list = state.contacts[name_of(scope)];
      const auto at = list.find(subject);
      const auto before = at == list.end() ? std::nullopt : std::optional(at->second);
      ContactEntry after = approved(before, entry);
      list.insert_or_assign(subject, after);
      return after;
    }
    Result<std::vector<bool>> learn_all(
        const Scope& scope, const std::vector<std::pair<Subject, ContactEntry>>& entries,
        Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      std::vector<bool> out;
      for (const auto& [subject, entry] : entries)
        out.push_back(state.learn(scope, subject, entry));
      return out;
    }
    Status remove(const Scope& scope, const Subject& subject, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      if (state.contacts[name_of(scope)].erase(subject) == 0)
        return Error{Errc::not_found, subject};
      return {};
    }
    Result<std::vector<std::pair<Subject, ContactEntry>>> list(const Scope& scope,
                                                               Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      const auto& list = state.contacts[name_of(scope)];
      return std::vector<std::pair<Subject, ContactEntry>>(list.begin(), list.end());
    }
    Result<PolicyValues> get(const Scope& scope, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      return state.policies[name_of(scope)];
    }
    Status set(const Scope& scope, const PolicyValues& values, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      auto& policy = state.policies[name_of(scope)];
      for (const auto& [key, value] : values) {
        if (value.empty())
          policy.erase(key);
        else
          policy[key] = value;
      }
      if (values.contains("mode")) ++state.modes_version;
      return {};
    }
    Result<std::optional<SetModes>> modes(const std::string& version, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      SetModes out;
      if (state.modes_version > 0) out.version = std::to_string(state.modes_version);
      if (out.version == version) return std::optional<SetModes>();
      for (const auto& [name, policy] : state.policies)
        if (const auto mode = policy.find("mode"); mode != policy.end())
          out.modes.emplace(name, *from_word<Mode>(kModeWords, mode->second));
      return std::optional<SetModes>(std::move(out));
    }
    State& state;
  };

  struct MemorySentMail final : SentMail {
    explicit MemorySentMail(State& s) : state(s) {}
    Status note(const SentNote& note, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      for (const auto& [subject, entry] : note.contacts)
        state.learn({Level::mailbox, note.owner}, subject, entry);
      const WallTime until = note.now + kSentLife;
      add_mortals(state.sent[note.owner], note.digests, note.now, until, kMostSent);
      add_mortals(state.ways[note.owner], note.ways, note.now, until, kMostWays);
      return {};
    }
    Result<bool> may_return(const ReturnedNote& note, Deadline) override {
      return mark(note, false);
    }
    Result<bool> take_returned(const ReturnedNote& note, Deadline) override {
      return mark(note, true);
    }
    Result<bool> mark(const ReturnedNote& note, bool take) {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      auto& ids = state.sent[note.owner];
      bool known = false;
      bool taken = false;
      const auto mark = [&](const ReturnedNote::Mark& one) {
        const auto at = ids.find(one.sent);
        if (at == ids.end() || at->second <= note.now) return;
        known = true;
        taken = taken || !ids.contains(one.taken);
        if (take) ids.emplace(one.taken, at->second);
      };
      for (const auto& one : note.named) mark(one);
      if (!known)
        for (const auto& one : note.unnamed)
          if (!taken) mark(one);
      return taken;
    }
    State& state;
  };

  struct MemoryHeldIndex final : HeldIndex {
    explicit MemoryHeldIndex(State& s) : state(s) {}
    using HeldIndex::put;
    Status put(const HeldView& view, const std::string& digest, const std::string& retry,
               Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      const milliseconds life = view.expires - state.clock.wall() + kTombstone;
      state.keep(state.held, view.id.text(), view, life);
      for (const std::string& owner : view.owners) {
        if (is_final(view.state))
          state.held_for[owner].erase(view.id.text());
        else
          state.held_for[owner].insert(view.id.text());
      }
      if (!retry.empty()) bind(retry, view.id, view.expires);
      if (digest.empty()) return {};
      state.held.at(view.id.text()).value.digest = digest;
      state.digest_of[view.id.text()] = digest;
      state.keep(state.tokens, digest, TokenRecord{view.id, view.node}, life);
      return {};
    }
    Status set_state(const HeldView& view, HeldState to, WallTime when, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      const std::string& id = view.id.text();
      if (is_final(to))
        for (const std::string& owner : view.owners) state.held_for[owner].erase(id);
      HeldView* stored = state.alive(state.held, id);
      if (stored == nullptr) return Error{Errc::not_found, "held:" + id};
      stored->state = to;
      stored->changed = when;
      if (!view.outcomes.empty()) stored->outcomes = view.outcomes;
      const milliseconds life = when + kTombstone - state.clock.wall();
      const auto extend = [&](WallTime& dies) {
        dies = is_final(to) ? state.clock.wall() + life : std::max(dies, state.clock.wall() + life);
      };
      extend(state.held.at(id).dies);
      if (const auto digest = state.digest_of.find(id); digest != state.digest_of.end())
        if (state.alive(state.tokens, digest->second) != nullptr)
          extend(state.tokens.at(digest->second).dies);
      return {};
    }
    Result<HeldView> get(const HeldId& id, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      if (const HeldView* view = state.alive(state.held, id.text())) return *view;
      return Error{Errc::not_found, "held:" + id.text()};
    }
    std::vector<Result<HeldView>> get_all(std::span<const HeldId> ids, Deadline deadline) override {
      std::vector<Result<HeldView>> out;
      for (const HeldId& id : ids) out.push_back(get(id, deadline));
      return out;
    }
    using HeldIndex::look_up;
    std::vector<Result<PageStanding>> look_up(std::span<const PageQuestion> questions,
                                              Deadline) override {
      std::lock_guard lock(state.mutex);
      const Status entered = state.enter();
      std::vector<Result<PageStanding>> out;
      for (const PageQuestion& question : questions)
        out.push_back(entered ? standing(question) : Result<PageStanding>(entered.error()));
      return out;
    }
    std::unique_ptr<PendingStandings> begin_look_up(std::vector<PageQuestion> questions) override {
      struct Known final : PendingStandings {
        explicit Known(std::vector<Result<PageStanding>> s) : standings(std::move(s)) {}
        int descriptor() const override { return -1; }
        std::optional<std::vector<Result<PageStanding>>> advance() override {
          return std::move(standings);
        }
        std::vector<Result<PageStanding>> standings;
      };
      return std::make_unique<Known>(look_up(questions, Deadline::max()));
    }
    Result<PageStanding> standing(const PageQuestion& question) {
      const TokenRecord* record = state.alive(state.tokens, question.digest);
      const HeldView* view = record ? state.alive(state.held, record->id.text()) : nullptr;
      if (!view) return Error{Errc::not_found, "answer:" + question.digest};
      const std::string* mark = state.alive(state.answered, view->id.text());
      const int* used = state.alive(state.counts, "f:" + code_counter(view->id, question.window));
      return PageStanding{*view, mark ? *mark : "", used ? *used : 0};
    }
    Result<std::vector<HeldId>> held_for(const std::string& owner, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      std::vector<HeldId> out;
      for (const std::string& id : state.held_for[owner]) out.push_back(*HeldId::parse(id));
      return out;
    }
    Result<HeldView> find_retry(const std::string& digest, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      if (const HeldView* view = bound(digest)) return *view;
      return Error{Errc::not_found, "retry:" + digest};
    }
    std::unique_ptr<PendingRetry> begin_find_retry(const std::string& digest) override {
      struct Pending final : PendingRetry {
        Pending(MemoryHeldIndex& i, std::string d) : index(i), digest(std::move(d)) {}
        Result<HeldView> finish(Deadline deadline) override {
          return index.find_retry(digest, deadline);
        }
        MemoryHeldIndex& index;
        std::string digest;
      };
      return std::make_unique<Pending>(*this, digest);
    }
    Status bind_retry(const std::string& digest, const HeldId& id, WallTime until,
                      Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      bind(digest, id, until);
      return {};
    }
    void bind(const std::string& digest, const HeldId& id, WallTime until) {
      if (bound(digest) == nullptr)
        state.keep(state.retries, digest, id.text(), until - state.clock.wall());
    }
    const HeldView* bound(const std::string& digest) {
      const std::string* id = state.alive(state.retries, digest);
      if (id == nullptr) return nullptr;
      const HeldView* view = state.alive(state.held, *id);
      return view != nullptr && view->state == HeldState::held ? view : nullptr;
    }
    State& state;
  };

  struct MemoryAsked final : Asked {
    MemoryAsked(State& s, MemoryHeldIndex& h) : state(s), held(h) {}
    Status ask(const HeldView& view, const std::string& digest, const std::vector<AskedFor>& wanted,
               Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      const WallTime now = state.clock.wall();
      state.keep(state.held, view.id.text(), view, view.expires - now);
      state.held.at(view.id.text()).value.digest = digest;
      state.digest_of[view.id.text()] = digest;
      state.keep(state.tokens, digest, TokenRecord{view.id, view.node}, view.expires - now);
      for (const AskedFor& one : wanted) {
        auto& records = state.asked[one.owner];
        const auto before = state.asked_record(one.owner, one.id, now);
        records[one.id] = countersign::asked(before, one.record, now);
        if (records.size() <= kMostAsked) continue;
        forget(records, now);
      }
      return {};
    }
    Result<bool> has_room(const std::string& owner, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      auto& records = state.asked[owner];
      if (records.size() >= kMostDeferred) forget(records, state.clock.wall());
      return records.size() < kMostDeferred;
    }
    void forget(std::map<std::string, AskedRecord>& records, WallTime now) {
      for (const std::string& id : to_be_forgotten(records, kMostAsked, now)) {
        state.held.erase(records.at(id).view);
        state.tokens.erase(records.at(id).digest);
        records.erase(id);
      }
    }
    Result<bool> answer(const std::string& owner, const std::string& id, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      const WallTime now = state.clock.wall();
      const auto before = state.asked_record(owner, id, now);
      return store(owner, id, before ? countersign::answered(*before, now) : std::nullopt);
    }
    Result<bool> spend(const std::string& owner, const std::string& id, const AskedUse& use,
                       WallTime now, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      const auto before = state.asked_record(owner, id, now);
      return store(owner, id, before ? countersign::spent(*before, use, now) : std::nullopt);
    }
    Status end(const std::string& owner, const std::string& id, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      state.asked[owner].erase(id);
      return {};
    }
    Status remember_ways(const std::string& owner, const std::vector<std::string>& ways,
                         WallTime now, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      add_mortals(state.ways[owner], ways, now, now + kWayLife, kMostWays);
      return {};
    }
    Status set_state(const HeldView& view, HeldState to, WallTime when,
                     Deadline deadline) override {
      return held.set_state(HeldView{.id = view.id, .outcomes = view.outcomes}, to, when, deadline);
    }
    bool store(const std::string& owner, const std::string& id,
               const std::optional<AskedRecord>& after) {
      if (after) state.asked[owner][id] = *after;
      return after.has_value();
    }
    State& state;
    MemoryHeldIndex& held;
  };

  struct MemoryRequests final : Requests {
    explicit MemoryRequests(State& s) : state(s) {}
    Status append(const std::string& node, const Request& request, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      if (request.mac_input("").size() > kRequestBytes)
        return Error{Errc::invalid, "request over 8192 bytes"};
      state.requests[node].emplace(++state.next_entry, request);
      state.arrived.notify_all();
      return {};
    }
    using Requests::read;
    Result<std::vector<RequestEntry>> read(const std::string& node, const std::string& after,
                                           Deadline deadline) override {
      std::unique_lock lock(state.mutex);
      CS_TRY(state.enter());
      auto& stream = state.requests[node];
      const auto first = [&] { return stream.upper_bound(std::atoll(after.c_str())); };
      state.arrived.wait_until(lock, deadline,
                               [&] { return first() != stream.end() || state.down; });
      if (state.down) return Error{Errc::unavailable, "memory store: down"};
      std::vector<RequestEntry> out;
      for (auto at = first(); at != stream.end() && out.size() < kRequestsAtOnce; ++at)
        out.push_back({std::to_string(at->first) + "-0", at->second});
      return out;
    }
    Status done(const std::string& node, const std::string& entry, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      state.requests[node].erase(std::atoll(entry.c_str()));
      return {};
    }
    State& state;
  };

  struct MemoryBudgets final : Budgets, Outbox {
    explicit MemoryBudgets(State& s) : state(s) {}
    Result<bool> take_challenge(const std::string& owner, const std::string& author,
                                const std::string& fingerprint, const std::string& id,
                                const Limits& limits, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      if (const bool* before = state.alive(state.marks, "challenge:" + id)) return *before;
      const std::string recipient = "r:" + author + " " + owner;
      const std::string site = "s:" + author;
      auto& hour = state.hours[fingerprint];
      std::erase_if(hour,
                    [&](WallTime t) { return t <= state.clock.wall() - std::chrono::hours(1); });
      const int* unanswered = state.alive(state.counts, "u:" + fingerprint);
      const bool may = state.alive(state.marks, recipient) == nullptr &&
                       state.alive(state.marks, site) == nullptr &&
                       static_cast<int>(hour.size()) < limits.per_domain_hour &&
                       (unanswered == nullptr || *unanswered < limits.unanswered);
      state.keep(state.marks, "challenge:" + id, may, limits.per_recipient);
      if (!may) return false;
      state.keep(state.marks, recipient, true, limits.per_recipient);
      state.keep(state.marks, site, true, limits.per_site);
      // Entries of one hour must differ: the fake keeps their times apart.
      WallTime when = state.clock.wall();
      while (!hour.insert(when).second) when += milliseconds(1);
      state.keep(state.counts, "u:" + fingerprint, unanswered == nullptr ? 1 : *unanswered + 1,
                 limits.per_recipient);
      return true;
    }
    Status forbid_challenges(const std::string& author, const std::string&, seconds lifetime,
                             Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      state.keep(state.marks, "s:" + author, true, lifetime);
      return {};
    }
    Status challenge_answered(const std::string& fingerprint, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      state.counts.erase("u:" + fingerprint);
      return {};
    }
    Result<bool> claim(const std::string& name, seconds lifetime, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      if (state.alive(state.marks, "outbox:" + name) != nullptr) return false;
      state.keep(state.marks, "outbox:" + name, true, lifetime);
      return true;
    }
    Status give_back(const std::string& name, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      state.marks.erase("outbox:" + name);
      return {};
    }
    State& state;
  };

  struct MemoryWebState final : WebState {
    explicit MemoryWebState(State& s) : state(s) {}
    Status heartbeat(Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      state.heartbeat = state.clock.wall();
      return {};
    }
    Result<bool> spend(const std::string& nonce, seconds lifetime, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      if (state.alive(state.marks, "nonce:" + nonce) != nullptr) return false;
      state.keep(state.marks, "nonce:" + nonce, true, lifetime);
      return true;
    }
    Result<int> count_failure(const std::string& who, seconds window, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      if (int* count = state.alive(state.counts, "f:" + who)) return ++*count;
      state.keep(state.counts, "f:" + who, 1, window);
      return 1;
    }
    Result<int> failures(const std::string& who, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      const int* count = state.alive(state.counts, "f:" + who);
      return count == nullptr ? 0 : *count;
    }
    Result<seconds> until_forgotten(const std::string& who, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      if (!state.alive(state.counts, "f:" + who)) return seconds(0);
      return std::chrono::ceil<seconds>(state.counts.at("f:" + who).dies - state.clock.wall());
    }
    Status mark_answered(const std::string& id, const std::string& how, seconds lifetime,
                         Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      state.keep(state.answered, id, how, lifetime);
      return {};
    }
    Result<std::string> how_answered(const std::string& id, Deadline) override {
      std::lock_guard lock(state.mutex);
      CS_TRY(state.enter());
      const std::string* how = state.alive(state.answered, id);
      return how == nullptr ? std::string() : *how;
    }
    State& state;
  };

  explicit Parts(State& s)
      : directory(s),
        contacts(s),
        sent(s),
        tokens(s),
        held(s),
        asked(s, held),
        requests(s),
        budgets(s),
        web(s) {}
  MemoryDirectory directory;
  MemoryContacts contacts;
  MemorySentMail sent;
  MemoryAddressTokens tokens;
  MemoryHeldIndex held;
  MemoryAsked asked;
  MemoryRequests requests;
  MemoryBudgets budgets;
  MemoryWebState web;
};

MemoryStore::MemoryStore(const Clock& clock)
    : state_(std::make_unique<State>(clock)), parts_(std::make_unique<Parts>(*state_)) {}
MemoryStore::~MemoryStore() = default;

Directory& MemoryStore::directory() { return parts_->directory; }
Contacts& MemoryStore::contacts() { return parts_->contacts; }
Policies& MemoryStore::policies() { return parts_->contacts; }
SentMail& MemoryStore::sent() { return parts_->sent; }
AddressTokens& MemoryStore::tokens() { return parts_->tokens; }
HeldIndex& MemoryStore::held() { return parts_->held; }
Asked& MemoryStore::asked() { return parts_->asked; }
Requests& MemoryStore::requests() { return parts_->requests; }
Budgets& MemoryStore::budgets() { return parts_->budgets; }
Outbox& MemoryStore::outbox() { return parts_->budgets; }
WebState& MemoryStore::web() { return parts_->web; }

void MemoryStore::set_down(bool down) {
  std::lock_guard lock(state_->mutex);
  state_->down = down;
  state_->arrived.notify_all();
}
void MemoryStore::fail_call(int n) {
  std::lock_guard lock(state_->mutex);
  state_->fail_at = n;
}
int MemoryStore::look_ups() const {
  std::lock_guard lock(state_->mutex);
  return state_->look_ups;
}
int MemoryStore::calls() const {
  std::lock_guard lock(state_->mutex);
  return state_->calls;
}

}  // namespace countersign
