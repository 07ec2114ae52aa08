// SPDX-License-Identifier: Apache-2.0
//
// What the milter and countersign-authenticate say to each other: for each message a stream of its
// own, frames of one octet of kind, four of size (big-endian) and the payload.
//
//   O  origin: 4 octets, milliseconds to the deadline, and four strings (4 octets of size each)
//   H  header section, CRLF lines           -> SPF, DMARC and keys are looked up
//   B  a piece of the body; any number
//   E  end, empty
//   R  the answer: the value of an Authentication-Results field; the other way
//
// Each side takes the other for hostile: sizes are checked before anything is kept, what does not
// decode ends the stream.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "authentication/authenticator.h"
#include "base/clock.h"
#include "base/result.h"

namespace countersign {

enum class FrameKind : char { origin = 'O', header = 'H', body = 'B', end = 'E', results = 'R' };

struct Frame {
  FrameKind kind = FrameKind::end;
  std::string payload;
};

/// The most octets that the payload of such a frame may have.
std::size_t most_bytes(FrameKind kind);

/// Takes frames out of a stream of octets. Not thread-safe.
class FrameDecoder {
 public:
  void feed(std::string_view bytes) { pending_ += bytes; }
  /// Returns the next whole frame, or nothing until more is fed. Errors: invalid (unknown kind, too
  /// large): the stream is of no use any more.
  Result<std::optional<Frame>> next();

 private:
  std::string pending_;
};

std::string encode_frame(FrameKind kind, std::string_view payload);

struct OriginFrame {
  MessageOrigin origin;
  milliseconds patience{0};  ///< from now on; at most an hour
};
std::string encode_origin(const OriginFrame& frame);
/// Errors: invalid (not wholly consumed, longer than names and paths are, a NUL in a string).
Result<OriginFrame> decode_origin(std::string_view payload);

/// Sends a frame over a socket that does not block. Errors: unavailable (the peer is gone, or takes
/// nothing by the deadline).
Status send_frame(int socket, FrameKind kind, std::string_view payload, Deadline deadline);
/// Receives a frame over such a socket. Errors: unavailable (as above), invalid.
Result<Frame> receive_frame(int socket, FrameDecoder& decoder, Deadline deadline);

}  // namespace countersign
