// SPDX-License-Identifier: Apache-2.0
#include "relay/reply_reader.h"

namespace countersign {
namespace {

constexpr std::size_t kMostLine = 4096;
constexpr std::size_t kMostReply = 65536;
constexpr std::size_t kMostText = 2000;

bool digit(char c, char least, char most) { return c >= least && c <= most; }

}  // namespace

std::string printable_reply(std::string_view text) {
  std::string out(text.substr(0, kMostText));
  for (char& c : out)
    if (c != '\n' && (c < ' ' || c > '~')) c = '?';
  return out;
}

Result<std::optional<PeerReply>> ReplyReader::next() {
  const Error nonsense{Errc::invalid, "the peer sent something that is no SMTP reply"};
  while (!broken_) {
    const std::size_t end = pending_.find('\n');
    if (end == std::string::npos) {
      if (pending_.size() <= kMostLine) return std::optional<PeerReply>{};
      break;
    }
    std::string_view line = std::string_view(pending_).substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    octets_ += end + 1;
    if (end > kMostLine || octets_ > kMostReply) break;
    const auto last = take_line(line);
    if (!last) break;
    pending_.erase(0, end + 1);
    if (!*last) continue;
    PeerReply reply{*code_, printable_reply(text_)};
    code_.reset();
    text_.clear();
    octets_ = 0;
    return std::optional<PeerReply>{std::move(reply)};
  }
  broken_ = true;
  return nonsense;
}

// Returns whether the line was the last one of its reply.
Result<bool> ReplyReader::take_line(std::string_view line) {
  const Error nonsense{Errc::invalid, "no reply line"};
  if (line.size() < 3 || !digit(line[0], '2', '5') || !digit(line[1], '0', '9') ||
      !digit(line[2], '0', '9'))
    return nonsense;
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  if (code_ && *code_ != code) return nonsense;
  const char separator = line.size() > 3 ? line[3] : ' ';
  if (separator != ' ' && separator != '-') return nonsense;
  if (code_) text_ += '\n';
  code_ = code;
  if (line.size() > 4) text_ += line.substr(4);
  return separator == ' ';
}

}  // namespace countersign
