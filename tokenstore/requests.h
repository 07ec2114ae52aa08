// SPDX-License-Identifier: Apache-2.0
//
// The stream from web host and operators to the node that holds a message. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace countersign {

/// In place of a node's id: the stream of answers to challenges of which no node holds anything.
/// Every node takes from it, so that it does not matter which one dies.
inline constexpr std::string_view kAnyNode = "any";

/// One request. All fields are text from outside until the node has checked MAC and token.
struct Request {
  std::string kind;     ///< by the web host: "answer", "withdraw", "not-me"; by an operator:
                        ///< "release", "drop", "restore"; by another node: "free", "reply"
  std::string id;       ///< held id
  std::string token;    ///< canonical answer token, of "reply" ReplyAddress::place; else ""
  std::string address;  ///< as typed
  std::string proof;    ///< "address+pow", "address+code", "address+wait", "address", "reply"
  std::string nonce;    ///< 32 hex digits, one use
  std::string mac;      ///< hex HMAC-SHA-256 over mac_input() by key "web" or "operator"

  /// The bytes under `mac`: every other field and the node's id, framed.
  std::string mac_input(std::string_view node) const;
};

struct RequestEntry {
  std::string entry;  ///< stream id, for done()
  Request request;
};

class Requests {
 public:
  virtual ~Requests() = default;
  /// Errors: unavailable.
  virtual Status append(const std::string& node, const Request& request, Deadline deadline) = 0;
  /// Returns up to kRequestsAtOnce requests that are not done, oldest first, of those that came
  /// after the entry `after` ("": of all); waits for one until `deadline`, then returns none.
  /// Errors: unavailable.
  virtual Result<std::vector<RequestEntry>> read(const std::string& node, const std::string& after,
                                                 Deadline deadline) = 0;
  Result<std::vector<RequestEntry>> read(const std::string& node, Deadline deadline) {
    return read(node, "", deadline);
  }
  /// Removes an entry. Errors: unavailable.
  virtual Status done(const std::string& node, const std::string& entry, Deadline deadline) = 0;
};

}  // namespace countersign
