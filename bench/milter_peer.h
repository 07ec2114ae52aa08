// SPDX-License-Identifier: Apache-2.0
//
// The MTA's side of the milter protocol (version 6) over a Unix socket, as Postfix speaks it: the
// queue id macro before each packet, replies awaited only where the filter gives them. For load
// generation; one session a thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace countersign::bench {

/// One message to play.
struct Message {
  std::string reverse_path;  ///< "<alice@example.com>"
  std::vector<std::string> recipients;
  std::vector<std::pair<std::string, std::string>> fields;  ///< values without leading space
  std::string body;
};

/// What the filter did with a message.
struct Outcome {
  char verdict = 0;      ///< 'c' continue, 'a' accept, 'd' discard, 'r', 't', 'y' (reply code)
  std::string reply;     ///< text with 'y'
  int added_fields = 0;  ///< add and insert header requests
};

/// A connection to a filter. Every function throws std::runtime_error when the peer is gone or
/// talks nonsense.
class MilterPeer {
 public:
  /// Connects to the Unix socket `path` and negotiates.
  explicit MilterPeer(const std::string& path);
  ~MilterPeer();
  MilterPeer(const MilterPeer&) = delete;
  MilterPeer& operator=(const MilterPeer&) = delete;

  /// Tells of a client at `address` and its EHLO.
  void connect(const std::string& address);
  /// Plays one message from MAIL to the final dot; the connection is then ready for the next.
  Outcome play(const Message& message);
  /// Plays a message's envelope and leaves it there: an idle transaction.
  void begin(const Message& message);

 private:
  struct Packet {
    char command;
    std::string data;
  };
  void send(char command, std::string_view data);
  void macros(char command, std::initializer_list<std::string_view> words);
  void flush();
  Packet receive();
  void fill();
  /// Sends nothing more and returns 'c' if the filter said that it does not reply to this step.
  Packet step(std::uint32_t silent_flag);
  bool skipped(std::uint32_t flag) const { return (steps_ & flag) != 0; }
  Outcome end_of_message();

  int fd_ = -1;
  std::uint32_t steps_ = 0;
  std::string out_;
  std::string in_;
};

}  // namespace countersign::bench
