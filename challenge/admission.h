// SPDX-License-Identifier: Apache-2.0
//
// Judges the head of a request before its body is read: malformed and ambiguous requests are
// refused (RFC 9112 §11.2), as is what no page of ours needs. The library below accepts most of
// them. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "challenge/forwarded.h"
#include "challenge/http.h"
#include "mail/network.h"

namespace countersign::challenge {

inline constexpr std::size_t kMostBody = 4096;    ///< bytes of a form
inline constexpr std::size_t kMostPath = 1024;    ///< bytes
inline constexpr std::size_t kMostFields = 64;    ///< header fields
inline constexpr std::size_t kMostHeader = 8192;  ///< bytes of all header fields

/// Why a request is not admitted.
struct Refusal {
  int status;       ///< 400, 403, 404, 405, 411, 413, 414, 415, 431, 505
  const char* why;  ///< for the log and the body: one phrase
};

struct AdmissionRules {
  std::string origin;   ///< of base_url: "https://gate.example.org", lower case
  NetworkList proxies;  ///< of web servers before ours, whose word on their clients counts
  ClientField client_field = ClientField::x_forwarded_for;  ///< that they write
};

/// Returns the request, without body and deadline, or why there is none.
std::variant<Refusal, HttpRequest> admit(const RequestHead& head, const AdmissionRules& rules);

// The parts of it:

/// Returns what `path` names; the token or file name goes to `name`.
Route parse_path(std::string_view path, std::string& name);

/// Whether POST may be sent there.
bool takes_post(Route route);

/// Whether an Accept field (RFC 9110 §12.5.1; all of them joined) wants JSON rather than HTML.
bool wants_json(std::string_view accept);

/// Returns the host of a field Host or of an authority, lower case: without its port.
std::string host_name(std::string_view authority);

/// Returns scheme and authority of a URL, lower case: "https://gate.example.org"; "" if it has
/// none.
std::string origin_of(std::string_view url);

}  // namespace countersign::challenge
