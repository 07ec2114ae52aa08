// SPDX-License-Identifier: Apache-2.0
//
// An SMTP server in memory that answers by a script: the other end of a ByteStream. It unstuffs
// content by its own code, so that it can tell when the client's is wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relay/smtp_client.h"

namespace countersign::test {

/// Replies that are none.
inline const std::string kDrop = "(drop)";    ///< the connection ends
inline const std::string kStall = "(stall)";  ///< nothing comes before the deadline

/// Each reply with its CRLF.
struct Script {
  std::string greeting = "220 mx.example.org ESMTP\r\n";
  std::string ehlo =
      "250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 10000000\r\n250-8BITMIME\r\n"
      "250-SMTPUTF8\r\n250 DSN\r\n";
  std::string helo = "250 mx.example.org\r\n";
  std::string mail = "250 2.1.0 Ok\r\n";
  std::vector<std::string> rcpt;  ///< of the n-th RCPT; those beyond: 250
  std::string data = "354 End data with <CR><LF>.<CR><LF>\r\n";
  std::string final_dot = "250 2.0.0 Ok: queued as 4XYZ\r\n";
  std::string quit = "221 2.0.0 Bye\r\n";
  std::size_t content_limit = SIZE_MAX;  ///< octets of content after which writing fails
  std::size_t octets_a_read = SIZE_MAX;  ///< how replies arrive
};

class ScriptedPeer final : public ByteStream {
 public:
  explicit ScriptedPeer(Script script) : script_(std::move(script)) { say(script_.greeting); }

  std::vector<std::string> commands;  ///< without CRLF, in order
  std::string content;                ///< unstuffed; with the CRLF before the final dot
  bool whole = false;                 ///< the final dot came
  std::size_t writes = 0;
  Deadline last_deadline{};  ///< of the last read

  Status write(std::string_view bytes, Deadline) override {
    ++writes;
    if (gone_) return Error{Errc::unavailable, "send: Broken pipe"};
    input_ += bytes;
    for (;;) {
      if (in_content_ && taken_ > script_.content_limit) {
        gone_ = true;
        return Error{Errc::unavailable, "send: Connection reset by peer"};
      }
      const std::size_t end = input_.find("\r\n");
      if (end == std::string::npos) return {};
      const std::string line = input_.substr(0, end);
      input_.erase(0, end + 2);
      if (in_content_) {
        content_line(line);
      } else {
        command(line);
      }
    }
  }

  Result<std::string> read(Deadline deadline) override {
    last_deadline = deadline;
    if (output_.empty() && gone_) return std::string();
    if (output_.empty()) return Error{Errc::unavailable, "the peer took too long"};
    const std::string piece = output_.substr(0, script_.octets_a_read);
    output_.erase(0, piece.size());
    return piece;
  }

 private:
  void say(const std::string& reply) {
    if (reply == kDrop) gone_ = true;
    if (reply != kDrop && reply != kStall && !stalled_) output_ += reply;
    if (reply == kStall) stalled_ = true;
    if (reply.starts_with("421")) gone_ = true;
  }
  void command(const std::string& line) {
    commands.push_back(line);
    const std::string verb = line.substr(0, 4);
    if (verb == "EHLO") say(script_.ehlo);
    if (verb == "HELO") say(script_.helo);
    if (verb == "MAIL") say(script_.mail);
    if (verb == "RCPT") {
      say(rcpts_ < script_.rcpt.size() ? script_.rcpt[rcpts_] : "250 2.1.5 Ok\r\n");
      ++rcpts_;
    }
    if (verb == "DATA") {
      in_content_ = script_.data.starts_with("354");
      say(script_.data);
    }
    if (verb == "QUIT") {
      say(script_.quit);
      gone_ = true;
    }
  }
  void content_line(const std::string& line) {
    taken_ += line.size() + 2;
    if (line == ".") {
      whole = true;
      in_content_ = false;
      say(script_.final_dot);
    } else {
      content += line.starts_with('.') ? line.substr(1) : line;
      content += "\r\n";
    }
  }

  const Script script_;
  std::string input_;
  std::string output_;
  std::size_t rcpts_ = 0;
  std::size_t taken_ = 0;
  bool in_content_ = false;
  bool gone_ = false;
  bool stalled_ = false;
};

/// Returns `content` cut into pieces of `size` octets, as Delivery::content.
inline std::function<Status(const std::function<Status(std::string_view)>&)> pieces(
    std::string content, std::size_t size = SIZE_MAX) {
  return [content = std::move(content),
          size](const std::function<Status(std::string_view)>& sink) -> Status {
    for (std::size_t at = 0; at < content.size(); at += std::min(size, content.size() - at))
      CS_TRY(sink(std::string_view(content).substr(at, size)));
    return {};
  };
}

/// Returns an outcome as text: "taken 250, refused 550, deferred 0".
inline std::string summary(const DeliveryOutcome& outcome) {
  std::string out;
  for (const auto& r : outcome.recipients) {
    using Kind = DeliveryOutcome::Kind;
    out += out.empty() ? "" : ", ";
    out += r.kind == Kind::taken ? "taken " : r.kind == Kind::refused ? "refused " : "deferred ";
    out += std::to_string(r.reply.code);
  }
  return out;
}

}  // namespace countersign::test
