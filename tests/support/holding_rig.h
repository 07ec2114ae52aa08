// SPDX-License-Identifier: Apache-2.0
//
// A node of holding/ with a real spool in a temporary folder, the store in memory and a relay that
// keeps what it is given: what the tests of the use cases stand on.
#pragma once

#include <stdlib.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/keyring.h"
#include "holding/answer_token.h"
#include "holding/desk.h"
#include "holding/intake_desk.h"
#include "holding/node.h"
#include "spool/posix_fs.h"
#include "tokenstore/memory_store.h"

namespace countersign::test {

/// A relay that takes everything, or answers what it was told to. Thread-safe.
class KeepingRelay final : public Relay {
 public:
  struct Sent {
    Delivery delivery;
    std::string bytes;
  };
  DeliveryOutcome send(const Delivery& delivery) override {
    std::string bytes;
    (void)delivery.content([&](std::string_view piece) -> Status {
      bytes += piece;
      return {};
    });
    std::lock_guard lock(mutex_);
    DeliveryOutcome outcome;
    const auto refused = delivery.recipients.empty()
                             ? by_path_.end()
                             : by_path_.find(delivery.recipients.front().forward_path);
    const int code = refused != by_path_.end() ? refused->second
                     : codes_.empty()          ? 250
                                               : codes_.front();
    if (refused == by_path_.end() && !codes_.empty()) codes_.pop_front();
    using Kind = DeliveryOutcome::Kind;
    for (std::size_t i = 0; i < delivery.recipients.size(); ++i)
      outcome.recipients.push_back({code >= 500                ? Kind::refused
                                    : code >= 400 || code == 0 ? Kind::deferred
                                                               : Kind::taken,
                                    {code, "scripted"}});
    if (code == 250) sent_.push_back({delivery, bytes});
    return outcome;
  }
  /// The codes of the next tries; then 250 again.
  void answer(std::deque<int> codes) {
    std::lock_guard lock(mutex_);
    codes_ = std::move(codes);
  }
  /// What is always said of mail to `path`, "<alice@example.com>".
  void answer_for(const std::string& path, int code) {
    std::lock_guard lock(mutex_);
    by_path_[path] = code;
  }
  std::vector<Sent> sent() const {
    std::lock_guard lock(mutex_);
    return sent_;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<int> codes_;
  std::map<std::string, int> by_path_;
  std::vector<Sent> sent_;
};

/// Returns whether `condition` came true within thirty seconds.
template <class Condition>
bool eventually(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

/// `above`: lines above the others, as when a key is changed.
inline Keyring test_keys(const std::string& above = "") {
  const auto line = [](const std::string& purpose, char digit) {
    return purpose + " 1 " + std::string(64, digit) + "\n";
  };
  return *Keyring::parse(above + line("answer", 'a') + line("operator", 'b') + line("web", 'c') +
                             line("sent", 'd') + line("token", 'e'),
                         "test");
}

/// What the rest is built on: a folder, a clock, a spool.
struct HoldingGround {
  HoldingGround() {
    char path[] = "/tmp/holding-test-XXXXXX";
    root = mkdtemp(path);
    fs = *PosixFs::open_folder(root);
    spool = *Spool::open(*fs, {});
    spool_clock = *SpoolClock::open(*fs, clock);
  }
  ~HoldingGround() {
    spool.reset();
    std::filesystem::remove_all(root);
  }
  HoldingGround(const HoldingGround&) = delete;
  HoldingGround& operator=(const HoldingGround&) = delete;

  std::string root;
  ManualClock clock{WallTime(seconds(1'811'339'000))};
  std::unique_ptr<PosixFs> fs;
  std::unique_ptr<Spool> spool;
  std::unique_ptr<SpoolClock> spool_clock;
};

class HoldingRig : public HoldingGround {
 public:
  ~HoldingRig() { node.stop(); }

  static Deadline soon() { return std::chrono::steady_clock::now() + seconds(5); }

  /// An envelope from alice@example.com for joe@example.org, to be challenged.
  static HeldEnvelope envelope(const std::string& fingerprint = "example.com") {
    HeldEnvelope e{.id = HeldId::random()};
    e.envelope.reverse_path = parse_reverse_path({"<alice@example.com>"});
    e.envelope.recipients = {parse_forward_path({"<joe@example.org>"}, "joe@example.org")};
    e.owners = {"joe@example.org"};
    e.author = "alice@example.com";
    e.fingerprint = fingerprint;
    e.addresses = {"alice@example.com"};
    e.reason = "first-contact";
    e.challenged = true;
    e.message_id = "<1@example.com>";
    e.subject = "Offer for 40 chairs";
    e.received = "Received: from x by y (countersign) id {id}; date\r\n";
    e.share = fingerprint.empty() ? "unauthenticated" : "authenticated";
    return e;
  }

  static HeaderSection header_section() {
    return HeaderSection::parse("From: alice@example.com\r\nSubject: Offer for 40 chairs\r\n");
  }

  /// Holds a message of its own.
  Result<HeldReceipt> hold(HeldEnvelope e, const std::string& body = "hello\r\n") {
    e.id = HeldId::random();
    CS_ASSIGN(auto intake, intake_desk.begin(e, header_section(), "192.0.2.0/24", soon()));
    CS_TRY(intake->body(body));
    return intake->commit(soon());
  }

  /// A good answer to the challenge of `id`.
  Request answer(const HeldId& id, const std::string& address = "Alice@Example.COM") const {
    Request r{.kind = "answer",
              .id = id.text(),
              .token = *answer_token(keys, id, 1),
              .address = address,
              .proof = "address+pow",
              .nonce = hex_encode(random_bytes(16)),
              .mac = {}};
    sign(r, "web");
    return r;
  }
  void sign(Request& r, const std::string& purpose) const {
    r.mac = hex_encode(hmac_sha256(keys.current(purpose)->bytes, r.mac_input(spool->node())));
  }

  MemoryStore store{clock};
  Keyring keys = test_keys();
  HeldTable table;
  Claims claims;
  KeepingRelay mta, notices;
  metrics::Registry registry;
  NodeMetrics metrics{registry};
  std::atomic<std::uint64_t> offered_size{0};  ///< by the MTA, as SIZE
  ReleaseLimit release_limit{[this]() -> Result<std::uint64_t> { return offered_size.load(); }};

  SpoolIntakeDesk intake_desk{
      {.spool = *spool,
       .spool_clock = *spool_clock,
       .index = store.held(),
       .budgets = store.budgets(),
       .table = table,
       .keys = keys,
       .clock = clock,
       .release_limit = release_limit,
       .on_held = [this](const HeldId& id, bool indexed) { node.held(id, indexed); }},
      {.base_url = "https://gate.example.org", .lifetime = std::chrono::hours(24), .limits = {}}};
  Desk desk{{.spool = *spool,
             .table = table,
             .index = store.held(),
             .directory = store.directory(),
             .contacts = store.contacts(),
             .requests = store.requests(),
             .budgets = store.budgets(),
             .claims = claims,
             .keys = keys,
             .clock = clock,
             .on_change = [this](const HeldId& id) { node.changed(id); }}};
  StoreAskingDesk asking{{.asked = store.asked(),
                          .index = store.held(),
                          .directory = store.directory(),
                          .desk = desk,
                          .keys = keys,
                          .clock = clock},
                         {.base_url = "https://gate.example.org"}};
  Releaser releaser{*spool, mta, clock};
  Announcer announcer{{.spool = *spool,
                       .table = table,
                       .claims = claims,
                       .outbox = store.outbox(),
                       .notices = notices,
                       .keys = keys,
                       .clock = clock},
                      {.from = "countersign@{domain}", .base_url = "https://gate.example.org"},
                      "mx.example.org"};
  ReportDesk reports{*fs, announcer};
  Node node{{.spool = *spool,
             .fs = *fs,
             .spool_clock = *spool_clock,
             .table = table,
             .claims = claims,
             .index = store.held(),
             .directory = store.directory(),
             .requests = store.requests(),
             .desk = desk,
             .asking = asking,
             .releaser = releaser,
             .announcer = announcer,
             .reports = reports,
             .release_limit = release_limit,
             .keys = keys,
             .clock = clock,
             .metrics = metrics},
            std::chrono::hours(7)};
};

}  // namespace countersign::test
