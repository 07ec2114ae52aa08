// SPDX-License-Identifier: Apache-2.0
#include "holding/node.h"

#include <pthread.h>

#include <algorithm>

#include "base/log.h"
#include "holding/view.h"

namespace countersign {
namespace {

using Kind = HeldEvent::Kind;
constexpr int kReleaseWorkers = 2;
constexpr seconds kStoreTime{3};
constexpr seconds kSoon{5};        ///< until a step that failed on store or disk comes again
constexpr milliseconds kBusy{50};  ///< until a message that another thread has is asked for again
constexpr std::chrono::minutes kComplainAgain{1};  ///< until a fault that lasts is logged again

/// Deadlines of I/O are the system's: a clock that a test moves would stretch or cut them.
Deadline within(milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

std::vector<log::Field> order_fields(const Order& order, const Status& done) {
  std::vector<log::Field> fields = {
      {"verb", order.verb}, {"held", order.id.text()}, {"who", order.who}};
  const bool is_gone = !done && done.error().code == Errc::not_found;
  fields.emplace_back("result", done ? "done" : is_gone ? "gone" : "failed");
  if (!done && !is_gone) fields.emplace_back("error", done.error().detail);
  return fields;
}

NodeMetrics::NodeMetrics(metrics::Registry& r)
    : answers(r, "countersign_requests_total", "Requests from pages and operators, by outcome.",
              "outcome", kDeskOutcomeWords),
      ended(r, "countersign_held_ended_total", "Held messages that came to an end, by state.",
            "state", kHeldStateWords),
      withdrawn(r, "countersign_withdrawn_total",
                "Messages that their senders took back, or said not to be theirs.", "by",
                {"withdraw", "not-me"}),
      deferred(r, "countersign_release_deferred_total", "Tries to release that failed for now."),
      held(r, "countersign_held_messages", "Messages in this node's spool."),
      spool_bytes(r, "countersign_spool_bytes", "Bytes in this node's spool."),
      release_limit(
          r, "countersign_release_limit_bytes",
          "The largest message that the MTA takes at its re-entry port; 0: unknown or any."),
      store_up(r, "countersign_store_up", "1 while the store answers and is this site's, else 0."),
      release(r, "countersign_release_seconds", "Time of a try to release.") {}

Node::Node(NodeParts parts, std::chrono::minutes digest_at)
    : parts_(parts),
      notifier_({.spool = parts.spool,
                 .spool_clock = parts.spool_clock,
                 .table = parts.table,
                 .claims = parts.claims,
                 .announcer = parts.announcer,
                 .reports = parts.reports,
                 .clock = parts.clock},
                digest_at, [this](const HeldId& id) { changed(id); }),
      desk_requests_(parts.requests, parts.spool.node()),
      asking_requests_(parts.requests, std::string(kAnyNode)) {}

Node::~Node() { stop(); }

Status Node::start() {
  for (const HeldId& id : parts_.spool.list()) load(id);
  notifier_.start();
  run("desk", &Node::desk_loop);
  run("asking", &Node::asking_loop);
  for (int i = 0; i < kReleaseWorkers; ++i) run("release", &Node::release_loop);
  run("chores", &Node::chores_loop);
  run("notices", &Node::notices_loop);
  return {};
}

void Node::run(const char* name, void (Node::*loop)()) {
  threads_.emplace_back([this, name, loop] {
    (void)pthread_setname_np(pthread_self(), name);
    while (!stopping_) {
      try {
        (this->*loop)();
      } catch (const std::exception& e) {
        log::error("a step failed", {{"loop", name}, {"error", e.what()}});
        wait(seconds(1));
      }
    }
  });
}

void Node::stop() {
  if (stopping_.exchange(true)) return;
  agenda_.stop();
  {
    std::lock_guard lock(sleep_mutex_);
    sleep_.notify_all();
  }
  for (std::thread& t : threads_) t.join();
  threads_.clear();
  if (auto saved = parts_.spool_clock.save(); !saved)
    log::warning("the spool's clock was not saved", {{"error", saved.error().detail}});
}

bool Node::wait(milliseconds time) {
  std::unique_lock lock(sleep_mutex_);
  sleep_.wait_for(lock, time, [this] { return stopping_.load(); });
  return !stopping_;
}

void Node::held(const HeldId& id, bool indexed) {
  if (!indexed) unindexed_.with([&](auto& s) { s.insert(id); });
  notifier_.may_want_challenge(id);
}

void Node::changed(const HeldId& id) { agenda_.add(id, std::chrono::steady_clock::now()); }

void Node::load(const HeldId& id) {
  // Whoever has it tells the table himself, and what was read before would be older.
  const auto claim = parts_.claims.take(id);
  if (!claim) {
    unindexed_.with([&](auto& s) { s.insert(id); });
    return;
  }
  const auto message = parts_.spool.read(id);
  if (!message && message.error().code == Errc::not_found) return;
  if (!message) {
    log::error("held message cannot be read",
               {{"held", id.text()}, {"error", message.error().detail}});
    return;
  }
  parts_.table.put(*message);
  unindexed_.with([&](auto& s) { s.insert(id); });
  const auto line = parts_.table.find(id);
  notifier_.may_want_challenge(id);
  if (line && (line->under_way || !waits_for_a_word(line->state))) changed(id);
}

// --- requests

void Node::desk_loop() {
  const Status turned =
      desk_requests_.turn([this](const Request& request) { return take_request(request); });
  if (turned) return requests_complaint_.reset();
  complain_of_requests(turned.error());
  wait(seconds(1));
}

Status Node::take_request(const Request& request) {
  const auto id = HeldId::parse(request.id);
  const auto claim = id ? parts_.claims.take(*id) : std::nullopt;
  if (id && !claim) return Error{Errc::already_exists, "busy"};
  CS_ASSIGN(const DeskOutcome outcome, parts_.desk.handle(request, within(kStoreTime)));
  note(request, "held", outcome);
  if (id && outcome == DeskOutcome::unknown) CS_TRY(end_unknown(*id));
  if (id && (outcome == DeskOutcome::accepted || outcome == DeskOutcome::not_wanted))
    (void)index_again(*id);
  if (outcome == DeskOutcome::accepted && (request.kind == "withdraw" || request.kind == "not-me"))
    parts_.metrics.withdrawn.increment(request.kind == "not-me");
  return {};
}

/// The store was put back to an older state: its page is not to say for ever that what is not in
/// the spool any more waits.
Status Node::end_unknown(const HeldId& id) {
  const auto view = parts_.index.get(id, within(kStoreTime));
  if (!view) return view.error().code == Errc::unavailable ? Status(view.error()) : Status();
  if (view->node != parts_.spool.node() || is_over(view->state)) return {};
  log::warning("the store had a message that is not in the spool", {{"held", id.text()}});
  return parts_.index.set_state(*view, HeldState::dropped, parts_.clock.wall(), within(kStoreTime));
}

/// Answers wait meanwhile, and their senders believe them on their way.
void Node::complain_of_requests(const Error& error) {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (requests_complaint_ && now - *requests_complaint_ < kComplainAgain) return;
  requests_complaint_ = now;
  log::error("requests of pages cannot be read",
             {{"node", parts_.spool.node()}, {"error", error.detail}});
}

void Node::asking_loop() {
  const Status turned = asking_requests_.turn([this](const Request& request) -> Status {
    CS_ASSIGN(const DeskOutcome outcome, parts_.asking.handle(request, within(kStoreTime)));
    note(request, "asked", outcome);
    return {};
  });
  if (!turned) wait(seconds(1));
}

/// `id_name`: what the log calls the request's id.
void Node::note(const Request& request, std::string_view id_name, DeskOutcome outcome) {
  parts_.metrics.answers.increment(outcome);
  log::info("request", {{"kind", request.kind},
                        {id_name, request.id},
                        {"outcome", word(kDeskOutcomeWords, outcome)},
                        {"proof", request.proof}});
}

// --- releases

void Node::release_loop() {
  const auto id = agenda_.take(std::chrono::steady_clock::now() + seconds(1));
  if (id) work_on(*id);
}

void Node::work_on(const HeldId& id) {
  const auto claim = parts_.claims.take(id);
  const auto again = [&](milliseconds wait) {
    agenda_.add(id, std::chrono::steady_clock::now() + wait);
  };
  if (!claim) return again(kBusy);
  const auto message = parts_.spool.read(id);
  if (!message) {
    if (message.error().code == Errc::unavailable) again(kSoon);
    if (message.error().code != Errc::unavailable) parts_.table.erase(id);
    return;
  }
  const History history = history_of(*message);
  Status done;
  if (history.is_under_way()) {
    done = parts_.desk.finish_answer(id);
    if (!done) log::warning("contact waits", {{"held", id.text()}, {"error", done.error().detail}});
    done = release(id);
  } else if (!waits_for_a_word(history.state)) {
    done = finish(*message, history.state);
  }
  if (!done) {
    log::warning("step waits", {{"held", id.text()}, {"error", done.error().detail}});
    again(kSoon);
  }
}

Status Node::release(const HeldId& id) {
  const SteadyTime began = parts_.clock.steady();
  CS_ASSIGN(const ReleaseStep step, parts_.releaser.try_once(id));
  parts_.metrics.release.observe(parts_.clock.steady() - began);
  CS_ASSIGN(const HeldMessage message, parts_.spool.read(id));
  parts_.table.put(message);
  if (!step.finished) {
    parts_.metrics.deferred.increment();
    agenda_.add(id, std::chrono::steady_clock::now() + step.wait);
    (void)index_again(id);  // its page says "being delivered"; the sweep says so too
    return {};
  }
  const HeldState state = history_of(message).state;
  if (waits_for_a_word(state)) return index_again(id);  // for the others
  return finish(message, state);
}

/// The index first, then the file: while the index says `held`, the message is on the disk.
Status Node::finish(const HeldMessage& message, HeldState state) {
  const HeldEnvelope& envelope = message.envelope;
  const History history = history_of(message);
  // Its file is all that knows of an answer that is not done yet.
  if (state == HeldState::released) CS_TRY(parts_.desk.finish_answer(envelope.id));
  if (std::ranges::count(history.recipients, RecipientState::refused) > 0)
    CS_TRY(parts_.announcer.report_failure(message));
  CS_ASSIGN(const IndexEntry entry,
            index_entry(envelope, parts_.spool.node(), history, parts_.keys));
  const auto deadline = within(kStoreTime);
  // put() first: after FLUSHALL there is nothing that could change its state.
  CS_TRY(parts_.index.put(entry.view, entry.digest, deadline));
  CS_TRY(parts_.index.set_state(entry.view, state, history.changed, deadline));
  if (state == HeldState::failed) return {};  // stays for its owner until its lifetime is over
  CS_TRY(parts_.spool.remove(envelope.id));
  parts_.table.erase(envelope.id);
  parts_.metrics.ended.increment(state);
  log::info("held message ended", {{"held", envelope.id.text()},
                                   {"state", word(state)},
                                   {"queue_id", envelope.queue_id},
                                   {"author", envelope.author}});
  return {};
}

// --- chores

void Node::chores_loop() {
  SteadyTime next_minute = std::chrono::steady_clock::now();
  SteadyTime next_sweep = next_minute + std::chrono::hours(1);
  bool store_was_up = true;
  while (!stopping_) {
    take_orders();
    mend_index();
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_minute) {
      next_minute = now + std::chrono::minutes(1);
      if (auto saved = parts_.spool_clock.save(); !saved)
        log::warning("the spool's clock was not saved", {{"error", saved.error().detail}});
    }
    if (now >= next_sweep) {
      next_sweep = now + std::chrono::hours(1);
      sweep();
    }
    const bool store_is_up = parts_.directory.healthy();
    // It may have come back without what it had.
    if (store_is_up && !store_was_up) next_sweep = std::min(next_sweep, now);
    store_was_up = store_is_up;
    parts_.metrics.store_up.set(store_is_up ? 1 : 0);
    const std::uint64_t offered = parts_.release_limit.offered();
    parts_.metrics.release_limit.set(offered == ReleaseLimit::kAny ? 0
                                                                   : static_cast<double>(offered));
    parts_.metrics.held.set(static_cast<double>(parts_.table.size()));
    parts_.metrics.spool_bytes.set(static_cast<double>(parts_.spool.used_bytes()));
    wait(seconds(1));
  }
}

void Node::notices_loop() {
  SteadyTime next_limit{};
  while (!stopping_) {
    notifier_.turn(stopping_);
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_limit)
      next_limit = now + (parts_.release_limit.refresh() ? std::chrono::minutes(60)
                                                         : std::chrono::minutes(1));
    wait(seconds(1));
  }
}

void Node::sweep() {
  for (const HeldId& id : parts_.spool.list()) {
    if (stopping_) return;
    load(id);
  }
}

void Node::take_orders() {
  const auto orders = read_orders(parts_.fs);
  if (!orders) return;
  for (const Order& order : *orders) {
    const auto claim = parts_.claims.take(order.id);
    if (!claim) continue;
    const Status done = follow(order);
    if (!done && done.error().code == Errc::unavailable) continue;
    log::event(log::Level::info, "order", order_fields(order, done));
    if (auto removed = remove_order(parts_.fs, order); !removed)
      log::error("order stays", {{"held", order.id.text()}, {"error", removed.error().detail}});
  }
}

/// The caller holds the claim.
Status Node::follow(const Order& order) {
  const bool drops = order.verb == "drop";
  if (!drops && order.verb != "restore")
    return parts_.desk.approve(order.id, order.who, order.recipient, within(kStoreTime));
  CS_TRY(drops ? parts_.desk.drop(order.id, order.who, order.recipient)
               : parts_.desk.restore(order.id, order.who));
  // What waits on its page is to say so.
  unindexed_.with([&](auto& s) { s.insert(order.id); });
  return {};
}

Status Node::index_again(const HeldId& id) {
  const auto message = parts_.spool.read(id);
  if (!message)
    return message.error().code == Errc::unavailable ? Status(message.error()) : Status();
  const History history = history_of(*message);
  if (is_over(history.state)) return {};
  CS_ASSIGN(const IndexEntry entry,
            index_entry(message->envelope, parts_.spool.node(), history, parts_.keys));
  const bool held = history.state == HeldState::held;
  return parts_.index.put(entry.view, entry.digest, held ? message->envelope.retry_digest : "",
                          within(kStoreTime));
}

void Node::mend_index() {
  if (!parts_.directory.healthy()) return;
  const auto ids = unindexed_.with([](auto& s) { return s; });
  for (const HeldId& id : ids) {
    if (stopping_) return;
    // Without the claim a release could end in between, and the index would call it held again.
    const auto claim = parts_.claims.take(id);
    if (!claim) continue;
    if (auto done = index_again(id); !done) {
      log::warning("index waits", {{"held", id.text()}, {"error", done.error().detail}});
      if (!parts_.directory.healthy()) return;
      continue;
    }
    unindexed_.with([&](auto& s) { s.erase(id); });
  }
}

}  // namespace countersign
