// SPDX-License-Identifier: Apache-2.0
//
// A node at work: the threads that take requests, release, announce, expire and sweep. Each is one
// loop over use cases of this folder; a step that fails is logged and comes again.
//
//   desk     requests from the node's stream
//   asking   answers from the stream of all nodes
//   release  two workers, messages that may go or are over
//   chores   every second: operator's orders, index, challenges by mail; every minute: expiry,
//   digest
//
// Streams are wake-ups: the sweep, at start and every hour, finds again whatever was lost.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "base/log.h"
#include "base/metrics.h"
#include "holding/announcer.h"
#include "holding/asking_desk.h"
#include "holding/claims.h"
#include "holding/desk.h"
#include "holding/held_table.h"
#include "holding/notifier.h"
#include "holding/release.h"
#include "holding/release_limit.h"
#include "holding/report_desk.h"
#include "holding/request_reader.h"
#include "holding/spool_clock.h"

namespace countersign {

/// What a node counts.
struct NodeMetrics {
  explicit NodeMetrics(metrics::Registry& registry);
  metrics::CounterBy<DeskOutcome, 5> answers;
  metrics::CounterBy<HeldState, kHeldStateWords.size()> ended;
  metrics::CounterBy<bool, 2> withdrawn;  ///< false: taken back; true: disowned
  metrics::Counter deferred;
  metrics::Gauge held;
  metrics::Gauge spool_bytes;
  metrics::Gauge release_limit;
  metrics::Gauge store_up;
  metrics::Latency release;
};

struct NodeParts {
  Spool& spool;
  SpoolFs& fs;
  SpoolClock& spool_clock;
  HeldTable& table;
  Claims& claims;
  HeldIndex& index;
  Directory& directory;
  Requests& requests;
  Desk& desk;
  StoreAskingDesk& asking;
  Releaser& releaser;
  Announcer& announcer;
  ReportDesk& reports;
  ReleaseLimit& release_limit;
  const Keyring& keys;
  const Clock& clock;
  NodeMetrics& metrics;
};

/// Returns what the log says of an order that was taken: verb, held, who, result: "done", "gone"
/// (the message had come to an end before), "failed" (and error).
std::vector<log::Field> order_fields(const Order& order, const Status& done);

class Node {
 public:
  /// `digest_at`: after midnight, local time.
  Node(NodeParts parts, std::chrono::minutes digest_at);
  ~Node();

  /// Reads the spool into the table, then starts the threads. Errors: unavailable.
  Status start();
  /// Ends the threads; a release that runs is finished first. Idempotent.
  void stop();

  /// For SpoolIntakeDesk::on_held and Desk::on_change. Never block.
  void held(const HeldId& id, bool indexed);
  void changed(const HeldId& id);
  /// As Notifier::leaked().
  void leaked(const LeakAlarm& alarm) { notifier_.leaked(alarm); }

 private:
  void run(const char* name, void (Node::*loop)());
  void desk_loop();
  Status take_request(const Request& request);
  Status end_unknown(const HeldId& id);
  void note(const Request& request, std::string_view id_name, DeskOutcome outcome);
  void complain_of_requests(const Error& error);
  void asking_loop();
  void release_loop();
  void chores_loop();
  void notices_loop();

  void work_on(const HeldId& id);
  Status finish(const HeldMessage& message, HeldState state);
  Status release(const HeldId& id);
  void load(const HeldId& id);
  void sweep();
  /// The caller holds the claim.
  Status index_again(const HeldId& id);
  void take_orders();
  Status follow(const Order& order);
  void mend_index();
  bool wait(milliseconds time);

  NodeParts parts_;
  Notifier notifier_;
  RequestReader desk_requests_;
  RequestReader asking_requests_;
  Agenda agenda_;
  Guarded<std::set<HeldId>> unindexed_;
  std::atomic<bool> stopping_{false};
  std::mutex sleep_mutex_;
  std::condition_variable sleep_;
  std::optional<SteadyTime> requests_complaint_;  ///< since they cannot be read: logged when last
  std::vector<std::thread> threads_;
};

}  // namespace countersign
