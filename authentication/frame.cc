// SPDX-License-Identifier: Apache-2.0
#include "authentication/frame.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace countersign {
namespace {

constexpr std::size_t kHeadBytes = 5;
constexpr std::size_t kMostText = 4096;  // of a string of the origin
constexpr milliseconds kMostPatience = std::chrono::hours(1);

void put_number(std::string& out, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((number >> shift) & 0xff);
}

std::size_t number_at(std::string_view bytes) {
  std::size_t number = 0;
  for (int i = 0; i < 4; ++i)
    number = number << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  return number;
}

bool is_known(char kind) {
  return kind != '\0' && std::string_view("OHBER").find(kind) != std::string_view::npos;
}

Error gone(const char* what) {
  return Error{Errc::unavailable, std::string(what) + ": " + std::strerror(errno)};
}

/// Waits until the socket is ready. Errors: unavailable (the deadline).
Status wait_for(int socket, short events, Deadline deadline) {
  for (;;) {
    pollfd polled{socket, events, 0};
    const int ready = ::poll(&polled, 1, poll_timeout(deadline));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return gone("poll");
    if (ready == 0) return Error{Errc::unavailable, "the deadline is over"};
  }
}

}  // namespace

std::size_t most_bytes(FrameKind kind) {
  switch (kind) {
    case FrameKind::origin:
      return 4 + 4 * (4 + kMostText);
    case FrameKind::header:
      return 8 * 1024 * 1024;
    case FrameKind::body:
      return 1024 * 1024;
    case FrameKind::end:
      return 0;
    case FrameKind::results:
      return 64 * 1024;
  }
  return 0;
}

Result<std::optional<Frame>> FrameDecoder::next() {
  if (pending_.empty()) return std::optional<Frame>();
  if (!is_known(pending_.front())) return Error{Errc::invalid, "a frame of no known kind"};
  const auto kind = static_cast<FrameKind>(pending_.front());
  if (pending_.size() < kHeadBytes) return std::optional<Frame>();
  const std::size_t size = number_at(std::string_view(pending_).substr(1));
  if (size > most_bytes(kind)) return Error{Errc::invalid, "a frame that is too large"};
  if (pending_.size() < kHeadBytes + size) return std::optional<Frame>();
  Frame frame{kind, pending_.substr(kHeadBytes, size)};
  pending_.erase(0, kHeadBytes + size);
  return std::optional<Frame>(std::move(frame));
}

std::string encode_frame(FrameKind kind, std::string_view payload) {
  std::string out(1, static_cast<char>(kind));
  put_number(out, payload.size());
  return out.append(payload);
}

std::string encode_origin(const OriginFrame& frame) {
  std::string out;
  const auto patience = std::clamp(frame.patience, milliseconds(0), kMostPatience);
  put_number(out, static_cast<std::size_t>(patience.count()));
  for (const std::string* text : {&frame.origin.client, &frame.origin.helo,
                                  &frame.origin.reverse_path, &frame.origin.author_domain}) {
    // What no name or path can be is not asked about.
    const bool odd = text->size() > kMostText || text->find('\0') != std::string::npos;
    put_number(out, odd ? 0 : text->size());
    if (!odd) out += *text;
  }
  return out;
}

Result<OriginFrame> decode_origin(std::string_view payload) {
  const Error malformed{Errc::invalid, "an origin that does not decode"};
  OriginFrame out;
  if (payload.size() < 4) return malformed;
  out.patience = milliseconds(number_at(payload));
  payload.remove_prefix(4);
  for (std::string* text : {&out.origin.client, &out.origin.helo, &out.origin.reverse_path,
                            &out.origin.author_domain}) {
    if (payload.size() < 4) return malformed;
    const std::size_t size = number_at(payload);
    payload.remove_prefix(4);
    if (size > kMostText || size > payload.size()) return malformed;
    *text = payload.substr(0, size);
    if (text->find('\0') != std::string::npos) return malformed;
    payload.remove_prefix(size);
  }
  if (!payload.empty() || out.patience > kMostPatience) return malformed;
  return out;
}

Status send_frame(int socket, FrameKind kind, std::string_view payload, Deadline deadline) {
  const std::string bytes = encode_frame(kind, payload);
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t sent = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      CS_TRY(wait_for(socket, POLLOUT, deadline));
    } else if (errno != EINTR) {
      return gone("send");
    }
  }
  return {};
}

Result<Frame> receive_frame(int socket, FrameDecoder& decoder, Deadline deadline) {
  for (;;) {
    CS_ASSIGN(std::optional<Frame> frame, decoder.next());
    if (frame) return *std::move(frame);
    std::array<char, 65536> piece{};
    const ssize_t got = ::recv(socket, piece.data(), piece.size(), MSG_DONTWAIT);
    if (got > 0) {
      decoder.feed({piece.data(), static_cast<std::size_t>(got)});
    } else if (got == 0) {
      return Error{Errc::unavailable, "the other side hung up"};
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      CS_TRY(wait_for(socket, POLLIN, deadline));
    } else if (errno != EINTR) {
      return gone("recv");
    }
  }
}

}  // namespace countersign
