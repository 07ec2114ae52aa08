// SPDX-License-Identifier: Apache-2.0
//
// One SMTP transaction as a client (RFC 5321), with SIZE (1870), 8BITMIME (6152), SMTPUTF8 (6531),
// DSN (3461) and PIPELINING (2920). Content goes byte for byte, dot-stuffed; content with a bare CR
// or LF is not sent at all, because a lax next hop could see two messages in it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace countersign {

/// A peer's reply (RFC 5321 §4.2); code 0: there was none (connection lost, time over, nonsense).
struct PeerReply {
  int code = 0;
  std::string
      text;  ///< all lines joined by "\n", without codes; printable ASCII, at most 2000 octets
  bool positive() const { return code >= 200 && code < 300; }
  bool permanent() const { return code >= 500 && code < 600; }
};

struct Delivery {
  std::string reverse_path;  ///< "<alice@example.com>" or "<>"
  std::vector<std::string>
      mail_parameters;  ///< as received; those the peer does not offer are left out
  struct Recipient {
    std::string forward_path;  ///< "<joe@example.org>"
    std::vector<std::string> parameters;
  };
  std::vector<Recipient> recipients;
  /// Nobody vouches for the reverse-path: no MTA is to report to it, whatever becomes of the mail.
  /// NOTIFY=NEVER (RFC 3461 §4.1), or, where the peer does not offer DSN, the null reverse-path.
  bool unreported = false;
  std::uint64_t size_bytes = 0;  ///< of the content, for SIZE
  /// Gives the content in pieces to its argument, each call from the first byte. Called twice: once
  /// to look for bare CR and LF, once to send.
  std::function<Status(const std::function<Status(std::string_view)>&)> content;
};

/// What became of each recipient. taken only after the 250 to the final dot.
struct DeliveryOutcome {
  enum class Kind { taken, deferred, refused };
  struct Recipient {
    Kind kind = Kind::deferred;
    PeerReply reply;
  };
  std::vector<Recipient> recipients;  ///< in the order of Delivery::recipients
};

/// Bytes to and from a peer: the seam for tests. Errors: unavailable.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  virtual Status write(std::string_view bytes, Deadline deadline) = 0;
  /// Returns at least one byte; "" is the peer's end.
  virtual Result<std::string> read(Deadline deadline) = 0;
};

/// When the program ends: who waits for a peer waits no longer than until then. Thread-safe.
class Ending {
 public:
  void at(Deadline when) { when_.store(when); }
  Deadline when() const { return when_.load(); }

 private:
  std::atomic<Deadline> when_{Deadline::max()};
};

/// Connects to "host:port", "[v6]:port" or "unix:/path". Every address of a host name is tried
/// until `deadline`; the look-up of a name (not of a number) takes the resolver's own time. Errors:
/// unavailable; invalid (says what is allowed). `ending` may be null; else it must outlive the
/// stream.
Result<std::unique_ptr<ByteStream>> connect_stream(const std::string& address, Deadline deadline,
                                                   const Ending* ending = nullptr);

/// Runs one transaction over an open stream and QUITs; the stream is of no use afterwards. Never
/// throws; a lost connection after the final dot leaves recipients deferred (they may get it twice,
/// with the same held id). `helo_name` is our EHLO argument. `patience` is the time for each reply
/// and for each 64 kB of content (5 min at least for the reply to the final dot).
///
/// Deferred with code 0, before anything is written: all recipients when `reverse_path` or a
/// parameter cannot stand in a command (check_mail), or the content has a bare CR or LF or cannot
/// be read; one recipient when its path or parameters cannot (check_rcpt). The same after EHLO when
/// a path outside ASCII came with SMTPUTF8 and that is not offered. Greeting, EHLO and HELO only
/// ever defer: a 5yz there is about the host, not about this message. 421 and nonsense end the
/// transaction; recipients whose fate is open are deferred. 552 to RCPT defers once another
/// recipient was accepted, as it may mean "too many" (RFC 5321 §4.5.3.1.10); the next try, without
/// the others, tells.
DeliveryOutcome deliver(ByteStream& stream, const Delivery& delivery, const std::string& helo_name,
                        seconds patience);

/// Asks a peer at an address as for connect_stream() how many octets of content it takes: EHLO,
/// then QUIT. Returns 0 if it names no limit (RFC 1870 §6). Errors: unavailable; invalid.
Result<std::uint64_t> offered_size(const std::string& address, const std::string& helo_name,
                                   seconds patience);

/// What a peer says before any mail.
struct Welcome {
  PeerReply greeting;
  PeerReply hello;  ///< to EHLO, or to HELO where that was refused; code 0: it was not asked
};

/// Asks a peer at an address as for connect_stream(): EHLO, then QUIT. `patience` is the time for
/// the connection and for each reply. Errors: unavailable (no connection); invalid.
Result<Welcome> ask_welcome(const std::string& address, const std::string& helo_name,
                            seconds patience);

/// Sends by `deliver`, connecting to a fixed address; the interface that holding/ takes.
class Relay {
 public:
  virtual ~Relay() = default;
  /// Returns an outcome for each recipient, whatever happens.
  virtual DeliveryOutcome send(const Delivery& delivery) = 0;
};
/// The relay connects anew for each message and is thread-safe.
std::unique_ptr<Relay> make_relay(std::string address, std::string helo_name, seconds patience,
                                  const Ending* ending = nullptr);

}  // namespace countersign
