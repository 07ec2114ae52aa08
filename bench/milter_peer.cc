// SPDX-License-Identifier: Apache-2.0
#include "bench/milter_peer.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace countersign::bench {
namespace {

// Protocol flags (libmilter/mfdef.h).
constexpr std::uint32_t kNoConnect = 0x1, kNoHelo = 0x2, kNoMail = 0x4, kNoRcpt = 0x8;
constexpr std::uint32_t kNoBody = 0x10, kNoHeaders = 0x20, kNoEoh = 0x40, kSilentHeader = 0x80;
constexpr std::uint32_t kNoUnknown = 0x100, kNoData = 0x200, kSkip = 0x400;
constexpr std::uint32_t kSilentConnect = 0x1000, kSilentHelo = 0x2000, kSilentMail = 0x4000;
constexpr std::uint32_t kSilentRcpt = 0x8000, kSilentData = 0x10000, kSilentEoh = 0x40000;
constexpr std::uint32_t kSilentBody = 0x80000, kLeadingSpace = 0x100000;
constexpr std::uint32_t kAllSteps = 0x1fffff;
constexpr std::uint32_t kAllActions = 0x1ff;
constexpr std::size_t kChunk = 65535;

std::string number(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::string terminated(std::string_view text) { return std::string(text) + '\0'; }

}  // namespace

MilterPeer::MilterPeer(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (fd_ < 0 || ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect to " + path + ": " + std::strerror(errno));
  send('O', number(6) + number(kAllActions) + number(kAllSteps));
  const Packet answer = receive();
  if (answer.command != 'O' || answer.data.size() < 12) throw std::runtime_error("no negotiation");
  steps_ = number_at(answer.data, 8);
}

MilterPeer::~MilterPeer() {
  if (fd_ >= 0) close(fd_);
}

void MilterPeer::send(char command, std::string_view data) {
  out_ += number(static_cast<std::uint32_t>(data.size() + 1));
  out_ += command;
  out_ += data;
}

void MilterPeer::macros(char command, std::initializer_list<std::string_view> words) {
  std::string data(1, command);
  for (const std::string_view word : words) data += terminated(word);
  send('D', data);
}

void MilterPeer::flush() {
  for (std::size_t done = 0; done < out_.size();) {
    const ssize_t n = ::send(fd_, out_.data() + done, out_.size() - done, MSG_NOSIGNAL);
    if (n <= 0) throw std::runtime_error("the filter closed the connection");
    done += static_cast<std::size_t>(n);
  }
  out_.clear();
}

void MilterPeer::fill() {
  char buffer[4096];
  const ssize_t n = read(fd_, buffer, sizeof buffer);
  if (n <= 0) throw std::runtime_error("the filter closed the connection");
  in_.append(buffer, static_cast<std::size_t>(n));
}

MilterPeer::Packet MilterPeer::receive() {
  flush();
  while (in_.size() < 4) fill();
  const std::size_t size = number_at(in_, 0);
  while (in_.size() < 4 + size) fill();
  Packet packet{in_[4], in_.substr(5, size - 1)};
  in_.erase(0, 4 + size);
  return packet;
}

MilterPeer::Packet MilterPeer::step(std::uint32_t silent_flag) {
  return skipped(silent_flag) ? Packet{'c', ""} : receive();
}

void MilterPeer::connect(const std::string& address) {
  if (!skipped(kNoConnect)) {
    macros('C', {"j", "mx.example.org", "{daemon_name}", "mx.example.org", "v", "Postfix 3.7.11"});
    // A client's name, the family '4', its port and its address.
    send('C',
         terminated("client.example") + '4' + std::string("\x30\x39", 2) + terminated(address));
    if (step(kSilentConnect).command != 'c') throw std::runtime_error("connect refused");
  }
  if (!skipped(kNoHelo)) {
    macros('H', {});
    send('H', terminated("client.example"));
    if (step(kSilentHelo).command != 'c') throw std::runtime_error("EHLO refused");
  }
}

void MilterPeer::begin(const Message& message) {
  if (!skipped(kNoMail)) {
    macros('M',
           {"{mail_addr}",
            std::string_view(message.reverse_path).substr(1, message.reverse_path.size() - 2)});
    send('M', terminated(message.reverse_path));
    if (step(kSilentMail).command != 'c') throw std::runtime_error("MAIL refused");
  }
  for (const std::string& recipient : message.recipients) {
    if (skipped(kNoRcpt)) break;
    macros('R', {"{rcpt_addr}", std::string_view(recipient).substr(1, recipient.size() - 2)});
    send('R', terminated(recipient));
    if (step(kSilentRcpt).command != 'c') throw std::runtime_error("RCPT refused");
  }
  flush();
}

Outcome MilterPeer::play(const Message& message) {
  begin(message);
  const auto id = [this](char command) { macros(command, {"i", "4TtK0c1nN2z9vGw"}); };
  if (!skipped(kNoData)) {
    id('T');
    send('T', "");
    if (step(kSilentData).command != 'c') throw std::runtime_error("DATA refused");
  }
  for (const auto& [name, value] : message.fields) {
    if (skipped(kNoHeaders)) break;
    id('L');
    send('L', terminated(name) + terminated(skipped(kLeadingSpace) ? " " + value : value));
    const Packet answer = step(kSilentHeader);
    if (answer.command != 'c') return {answer.command, answer.data, 0};
  }
  if (!skipped(kNoEoh)) {
    id('N');
    send('N', "");
    const Packet answer = step(kSilentEoh);
    if (answer.command != 'c') {
      macros('A', {});
      return {answer.command, answer.data, 0};
    }
  }
  for (std::size_t at = 0; at < message.body.size() && !skipped(kNoBody); at += kChunk) {
    id('B');
    send('B', std::string_view(message.body).substr(at, kChunk));
    const Packet answer = step(kSilentBody);
    if (answer.command == 's' && skipped(kSkip)) break;
    if (answer.command != 'c') return {answer.command, answer.data, 0};
  }
  id('E');
  send('E', "");
  return end_of_message();
}

Outcome MilterPeer::end_of_message() {
  Outcome outcome;
  for (;;) {
    const Packet answer = receive();
    switch (answer.command) {
      case 'h':
      case 'i':
        ++outcome.added_fields;
        break;
      case 'm':
      case '-':
      case 'p':
        break;  // change header, delete recipient, progress
      default:
        outcome.verdict = answer.command;
        outcome.reply = answer.data;
        return outcome;
    }
  }
}

}  // namespace countersign::bench
