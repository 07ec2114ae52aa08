// SPDX-License-Identifier: Apache-2.0
//
// The fields of a held file's head: HeldEnvelope as bytes and back. Tags are listed in
// docs/spool-format.md and are never used again for something else. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "spool/fields.h"
#include "spool/spool.h"

namespace countersign {

/// Returns the fields of `envelope` (without retry_digest, which stands in the trailer) and
/// `network`. Errors: invalid (owners are not one for each recipient).
Result<std::string> encode_head_fields(const HeldEnvelope& envelope, const std::string& network);

struct DecodedHead {
  HeldEnvelope envelope;
  std::string network;
};
/// Errors: corrupt (a field is cut, or the id is missing).
Result<DecodedHead> decode_head_fields(std::string_view fields);

}  // namespace countersign
