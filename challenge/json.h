// SPDX-License-Identifier: Apache-2.0
//
// The pages as JSON (RFC 8259), for clients that ask for it; docs/page.md lists the members. Bytes
// that are not UTF-8 are replaced. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "answering/answer.h"
#include "answering/retract.h"
#include "answering/views.h"

namespace countersign::challenge {

/// Where a code is to be had; all "" if there is none now.
struct CodeLinks {
  std::string id;
  std::string image;  ///< path
  std::string sound;  ///< path
};

/// How a message stands: {"state": "waiting", "to": [...], ...}.
std::string view_json(const TokenView& view, const CodeLinks& code);

/// An answer that was not taken: {"error": "wrong-address", "state": "waiting", "proofs": [...]},
/// with "wait": {"stamp": ..., "seconds": 10} where that proof is under way, and without "error"
/// where that is its first step.
std::string result_json(const AnswerResult& result, seconds wait, const CodeLinks& code);

/// A step of taking back: {"state": "waiting", "confirm": STAMP}, or with "error".
std::string retract_json(const RetractResult& result);

/// Anything else: {"error": "not-found"}.
std::string error_json(std::string_view error);

}  // namespace countersign::challenge
