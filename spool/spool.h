// SPDX-License-Identifier: Apache-2.0
//
// Held messages on disk (design section 5). One daemon a spool.
//
//   node                       this spool's node id, 26 characters as HeldId, made at first use
//   lock                       held by flock(2) while a daemon, or a command in its place, writes
//   tmp/<id>.msg               being written; emptied at start
//   held/<2 of id>/<id>.msg    immutable: header, envelope, Received, header section, body, trailer
//   held/<2 of id>/<id>.log    append-only slots: what happened
//   orders/<id>.<verb>         an operator's order for the daemon, written by `countersign held`
//   reports/<id>.msg           what an author is to be told yet: owed_report.h
//   damaged/                   files that do not decode; never deleted by us
//   paused                     exists while the operator said: pass everything
//   modes                      which modes are set in the store, for when that is out of service
//
// docs/spool-format.md has the bytes. Thread-safe: different messages in any threads; one message's
// log by one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/envelope.h"
#include "mail/held_id.h"
#include "spool/spool_fs.h"

namespace countersign {

/// All of a held message but its content: what desk, release and index need.
struct HeldEnvelope {
  HeldId id;
  std::string node{};  ///< of the spool that took it; it may have been moved since
  WallTime arrived{};
  WallTime expires{};
  /// The spool's own clock at arrival: running time of its daemons, which no step of the wall clock
  /// moves. A message expires by both.
  milliseconds kept_since{0};
  Envelope envelope{};                ///< only the recipients for which it is held
  std::vector<std::string> owners{};  ///< Mailbox::key(), one for each recipient, in its order
  std::string author{};               ///< address; "" if there is none
  std::string fingerprint{};          ///< organizational domain; "" if unauthenticated
  /// By what the recipient may know the author if nothing authenticates him (is_network()), or "".
  std::string network_fingerprint{};
  /// Addresses that count as an answer (From, reverse-path, ...).
  std::vector<std::string> addresses{};
  std::string reason{};  ///< word of Reason: the first of those that follow
  /// Word of Reason for each recipient, in order; "", or no entry: as `reason`.
  std::vector<std::string> reasons{};
  bool challenged = false;     ///< it has an answer token
  bool by_mail = false;        ///< the challenge goes by mail
  int generation = 1;          ///< of the answer token
  std::string answer_key{};    ///< id of the key that made it; "": the current one
  std::string message_id{};    ///< unfolded, with brackets; "" if there is none
  std::string subject{};       ///< readable()
  std::string date{};          ///< Date, unfolded; "" if there is none that can be read
  std::string queue_id{};      ///< the MTA's, for the log; may be ""
  std::string received{};      ///< our own Received field, whole, with final CRLF
  std::string retry_digest{};  ///< hex; known only at commit, see Draft::commit
  std::string share{};         ///< "authenticated", "machine", "unauthenticated"

  /// Why it is held for recipient `i`.
  const std::string& reason_for(std::size_t i) const {
    return i < reasons.size() && !reasons[i].empty() ? reasons[i] : reason;
  }
};

/// What happened to a held message: one slot of its log.
struct HeldEvent {
  enum class Kind : std::uint8_t {
    answered = 1,    ///< all may go; text: proof ("address+pow")
    approved = 2,    ///< all may go, on the word of recipient or operator; text: who
    released = 3,    ///< recipient `recipient` was taken by the MTA; text: its reply
    refused = 4,     ///< recipient `recipient` was refused for good; text: its reply
    deferred = 5,    ///< a try that failed for now; text: why
    dropped = 6,     ///< text: who
    announced = 7,   ///< a digest that listed it was taken by the MTA
    challenged = 8,  ///< the challenge mail: text "sending", then "sent" or "failed ..."
    reported = 9,    ///< the DSN to the author: text as above
    expired = 10,
    contact = 11,    ///< the contact was written
    withdrawn = 12,  ///< its sender took it back; text: "withdraw", "not-me"
    restored = 13,   ///< that was undone by recipient or operator; text: who
    declined = 14,   ///< recipient `recipient` lists its author as blocked: no answer lets it in
    freed = 15,      ///< recipient `recipient` may go: the author answered for another; text: proof
    let_in = 16,     ///< recipient `recipient` may go, on somebody's word; text: who
    dropped_for = 17,  ///< recipient `recipient` wants it no more; text: who
    unreached = 18,    ///< its author's answer was taken, and does not let it in for recipient
                       ///< `recipient`; text: word of the reason for which it stays held for him
  };
  Kind kind;
  WallTime when{};
  std::uint32_t recipient = 0;  ///< index into envelope.recipients
  std::string text{};           ///< at most 200 bytes are kept
};

/// A held message and its history.
struct HeldMessage {
  HeldEnvelope envelope;
  std::uint64_t content_bytes = 0;  ///< header section, empty line and body
  std::vector<HeldEvent> events;    ///< oldest first
};

/// How much the spool may take (design section 5: shares, so that spam cannot fill it).
struct SpoolLimits {
  std::uint64_t bytes = 10'000'000'000;
  double authenticated_least = 0.5;  ///< of `bytes`, kept for authenticated authors
  double machines_most = 0.2;
  std::uint64_t per_recipient = 1000;      ///< messages held for one owner
  std::uint64_t per_author_domain = 1000;  ///< messages held from one fingerprint or author domain
  std::uint64_t per_network = 1000;        ///< messages held from one /24 or /64, not authenticated
  std::uint64_t message_bytes = 25'000'000;
};

class Spool {
 public:
  /// Opens `directory`, making what is missing inside it (the folder itself must exist), takes the
  /// lock, empties tmp/, moves what does not decode to damaged/. `fs` must outlive the spool.
  /// Errors: already_exists (another process has the lock), unavailable.
  static Result<std::unique_ptr<Spool>> open(SpoolFs& fs, const SpoolLimits& limits);
  virtual ~Spool() = default;

  virtual const std::string& node() const = 0;

  /// A message being written. Destroyed without commit, it leaves nothing behind.
  class Draft {
   public:
    virtual ~Draft() = default;
    /// Appends content: the header section's bytes, the empty line, then the body.
    /// Errors: unavailable; invalid (over message_bytes).
    virtual Status append(std::string_view bytes) = 0;
    /// Whether append() failed as the share of such mail is reached, or the limit: it is not the
    /// disk, and another class of mail may still have room.
    virtual bool over_share() const { return false; }
    /// Ends the content and makes its bytes durable, as a draft still: destroyed now, it leaves
    /// nothing behind. On error nothing is left. Errors: unavailable: answer 4yz.
    virtual Status seal(const std::string& retry_digest) = 0;
    /// Makes what is sealed a held message. On return it survives a power cut (RFC 5321 §6.1). On
    /// error nothing is left. Errors: unavailable: answer 4yz.
    virtual Status commit() = 0;
    Status commit(const std::string& retry_digest) {
      CS_TRY(seal(retry_digest));
      return commit();
    }
  };
  /// Starts a message. `network` is the client's /24 or /64 as text, for the caps; counted only for
  /// unauthenticated mail. Errors: unavailable (disk); already_exists never; invalid (over a share
  /// or cap: detail says which).
  virtual Result<std::unique_ptr<Draft>> begin(const HeldEnvelope& envelope,
                                               const std::string& network) = 0;

  /// Errors: not_found; corrupt (moved to damaged/); unavailable.
  virtual Result<HeldMessage> read(const HeldId& id) = 0;
  /// Calls `sink` with pieces of the content, from its first byte, until it returns an error (which
  /// is returned) or the end. The digest is checked before the first call: no damaged byte reaches
  /// `sink`. Errors: as read(), and sink's.
  virtual Status content(const HeldId& id, const std::function<Status(std::string_view)>& sink) = 0;
  /// Appends one slot, durable on return. Errors: not_found, unavailable.
  virtual Status log(const HeldId& id, const HeldEvent& event) = 0;
  /// Removes message and log; done when both are gone. Errors: unavailable.
  virtual Status remove(const HeldId& id) = 0;
  /// Returns the ids of all held messages (from memory). Order is not said.
  virtual std::vector<HeldId> list() const = 0;
  /// Bytes held, in all shares.
  virtual std::uint64_t used_bytes() const = 0;
};

/// Read-only access without the lock: what `countersign held` needs beside a running daemon. A
/// message that is being removed while it is read is not_found. Errors as in Spool.
class SpoolReader {
 public:
  explicit SpoolReader(SpoolFs& fs) : fs_(fs) {}
  Result<std::string> node() const;
  Result<std::vector<HeldId>> list() const;
  Result<HeldMessage> read(const HeldId& id) const;
  Status content(const HeldId& id, const std::function<Status(std::string_view)>& sink) const;

 private:
  SpoolFs& fs_;
};

/// An operator's word to the daemon that owns the spool, as a file in orders/: durable, taken by
/// the daemon within a second, removed when done.
struct Order {
  HeldId id;
  std::string verb;                          ///< "release", "drop", "restore"
  std::string who;                           ///< login name, for the log
  std::optional<std::uint32_t> recipient{};  ///< index; none: all
};
Status give_order(SpoolFs& fs, const Order& order);
Result<std::vector<Order>> read_orders(SpoolFs& fs);
Status remove_order(SpoolFs& fs, const Order& order);

/// The file `paused`. Errors: unavailable.
Status set_paused(SpoolFs& fs, bool paused);
Result<bool> is_paused(SpoolFs& fs);

/// The file `modes`: text that the daemon keeps for itself. Errors: unavailable; not_found: none
/// was put yet.
Status put_modes(SpoolFs& fs, std::string_view text);
Result<std::string> read_modes(SpoolFs& fs);

}  // namespace countersign
