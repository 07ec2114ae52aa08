// SPDX-License-Identifier: Apache-2.0
//
// HTTP as values: what the edge (http_server.h) hands to the site, and gets from it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace countersign::challenge {

struct HeaderField {
  std::string name;  ///< as it came
  std::string value;
};

/// The head of a request as it came over the wire, not yet believed.
struct RequestHead {
  std::string method;
  std::string path;     ///< raw: no escape is undone, no query
  std::string version;  ///< "HTTP/1.1"
  std::vector<HeaderField> fields;
  std::string peer;     ///< IP address of the connection, "" if it has none
  std::string query{};  ///< raw, without the question mark; "" if there is none
};

enum class Method { get, head, post };

/// What a path names.
enum class Route { page, pow, code_image, code_sound, withdraw, not_me, why, health, asset, none };

/// A request that was admitted.
struct HttpRequest {
  Method method = Method::get;
  Route route = Route::none;
  std::string name;  ///< under /c/: the token as it came; of asset: the file's name
  /// What stands in the query, escapes undone; empty if that is malformed: no page needs it.
  std::map<std::string, std::string> query{};
  bool json = false;              ///< JSON is wanted rather than HTML
  std::string host{};             ///< the field, lower case, without port
  std::string accept_language{};  ///< the field; "" if there is none
  std::string network;            ///< network_of() the client; "" if it is not known
  std::string body;               ///< of POST
  Deadline deadline{};            ///< by which the response is ready
};

struct HttpResponse {
  int status = 200;
  std::string type;  ///< Content-Type
  std::string body;
  std::vector<HeaderField> fields = {};  ///< beside those that every response has
};

/// What to do with a head: answer at once, or take the body and handle() the request.
using Admission = std::variant<HttpResponse, HttpRequest>;

/// Requests whose answers are under way. For one thread at a time.
class PendingResponses {
 public:
  virtual ~PendingResponses() = default;
  /// To be polled for reading; another one after each advance(). -1: advance() has something now.
  virtual int descriptor() const = 0;
  /// Nothing while they are under way; then the responses in the order of the requests, once. Where
  /// one is absent, Site::handle() may still give it. Never throws.
  virtual std::optional<std::vector<std::optional<HttpResponse>>> advance() = 0;
};

/// Answers requests. All functions but begin() are called in several threads at once.
class Site {
 public:
  virtual ~Site() = default;
  /// Judges a head; must not block.
  virtual Admission admit(const RequestHead& head) const = 0;
  /// Answers a request; may take until its deadline. Never throws.
  virtual HttpResponse handle(const HttpRequest& request) = 0;
  /// Whether begin() may answer such a request.
  virtual bool may_begin(const HttpRequest& /*request*/) const { return false; }
  /// Begins to answer requests, all in one question to the store, without waiting. They stay where
  /// they are until it is over. None where that cannot be done now: handle() each.
  virtual std::unique_ptr<PendingResponses> begin(std::vector<const HttpRequest*> /*requests*/) {
    return nullptr;
  }
  /// The answer when as many requests wait as may; must not block.
  virtual HttpResponse busy(const HttpRequest& request) const = 0;
};

}  // namespace countersign::challenge
