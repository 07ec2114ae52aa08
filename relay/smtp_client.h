// SPDX-License-Identifier: Apache-2.0
//
// One SMTP transaction as a client (RFC 5321), with SIZE (1870), 8BITMIME (6152), SMTPUTF8 (6531),
// DSN (3461) and PIPELINING (2920). Content goes byte for byte, dot-stuffed; content with a bare CR
// or LF is refused before DATA, because a lax next hop could see two messages in it.
#pragma once

#include <functional>
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

/// Connects to "host:port", "[v6]:port" or "unix:/path". Errors: unavailable, invalid.
Result<std::unique_ptr<ByteStream>> connect_stream(const std::string& address, Deadline deadline);

/// Runs one transaction over an open stream and QUITs. Never throws; a lost connection after the
/// final dot leaves recipients deferred (they may get it twice, with the same held id).
/// `helo_name` is our EHLO argument. `patience` is the time for each reply (5 min for the final
/// dot).
DeliveryOutcome deliver(ByteStream& stream, const Delivery& delivery, const std::string& helo_name,
                        seconds patience);

/// Sends by `deliver`, connecting to a fixed address; the interface that holding/ takes.
class Relay {
 public:
  virtual ~Relay() = default;
  /// Returns an outcome for each recipient, whatever happens.
  virtual DeliveryOutcome send(const Delivery& delivery) = 0;
};
std::unique_ptr<Relay> make_relay(std::string address, std::string helo_name, seconds patience);

}  // namespace countersign
