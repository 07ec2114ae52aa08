// SPDX-License-Identifier: Apache-2.0
#include "relay/smtp_client.h"

#include <algorithm>
#include <optional>

#include "relay/commands.h"
#include "relay/content_encoder.h"
#include "relay/reply_reader.h"

namespace countersign {
namespace {

using Kind = DeliveryOutcome::Kind;

// A group of commands must not fill both directions' buffers (RFC 2920 §3.1): 50 replies of 512
// octets fit in the smallest that Linux gives.
constexpr std::size_t kGroup = 50;
constexpr std::size_t kPiece = 65536;
constexpr seconds kFinalDotPatience = std::chrono::minutes(5);
constexpr seconds kQuitPatience{2};

Kind kind_of(const PeerReply& reply) {
  if (reply.positive()) return Kind::taken;
  return reply.permanent() ? Kind::refused : Kind::deferred;
}

PeerReply no_reply(std::string_view why) { return {0, printable_reply(why)}; }

/// One mail transaction. Each step returns whether the next one makes sense.
class Transaction {
 public:
  Transaction(ByteStream& stream, const Delivery& delivery, const std::string& helo_name,
              seconds patience)
      : stream_(stream),
        delivery_(delivery),
        helo_name_(helo_name),
        patience_(patience),
        fates_(delivery.recipients.size()) {}

  DeliveryOutcome run() {
    if (prepare() && greet() && envelope() && data()) content();
    // Without a final dot, QUIT would be a line of the message.
    if (spoke_ && !lost_ && !in_content_) quit();
    DeliveryOutcome outcome;
    for (const Fate& fate : fates_)
      outcome.recipients.push_back(
          fate.settled.value_or(DeliveryOutcome::Recipient{Kind::deferred, no_reply("not tried")}));
    return outcome;
  }

  /// These speak no further than EHLO.
  Welcome welcome() {
    greet();
    if (spoke_ && !lost_) quit();
    return welcome_;
  }
  Result<std::uint64_t> offered_size() {
    if (!greet()) return Error{Errc::unavailable, "no welcome: " + why_lost_.text};
    quit();
    return peer_.size();
  }

 private:
  struct Fate {
    bool accepted = false;  ///< RCPT was answered 2yz
    std::optional<DeliveryOutcome::Recipient> settled;
  };

  bool open_left() const {
    return std::ranges::any_of(fates_, [](const Fate& f) { return !f.settled; });
  }
  bool any_accepted() const {
    return std::ranges::any_of(fates_, [](const Fate& f) { return f.accepted && !f.settled; });
  }
  /// Settles every recipient whose fate is open. Returns false, for the steps.
  bool settle_rest(Kind kind, const PeerReply& reply) {
    for (Fate& fate : fates_)
      if (!fate.settled) fate.settled = {kind, reply};
    return false;
  }

  bool prepare();
  bool greet();
  bool envelope();
  bool exchange(const std::vector<std::size_t>& recipients, bool with_mail);
  bool take_mail_reply(const PeerReply& reply);
  bool take_rcpt_reply(Fate& fate, const PeerReply& reply);
  bool data();
  void content();
  Status send_content();
  void quit();

  bool write(std::string_view bytes);
  PeerReply read_reply(seconds patience, bool at_data = false);
  PeerReply command(const std::string& line, bool at_data = false) {
    if (!write(line)) return why_lost_;
    return read_reply(patience_, at_data);
  }
  /// Gives the connection up: what comes after this is not believed.
  PeerReply lose(std::string_view why) {
    lost_ = true;
    return why_lost_ = no_reply(why);
  }
  Deadline within(seconds patience) const { return std::chrono::steady_clock::now() + patience; }

  ByteStream& stream_;
  const Delivery& delivery_;
  const std::string& helo_name_;
  const seconds patience_;
  std::vector<Fate> fates_;
  ReplyReader replies_;
  Extensions peer_;
  PeerReply why_lost_;
  Welcome welcome_;
  bool spoke_ = false;       ///< something was written
  bool lost_ = false;        ///< the connection is of no use any more
  bool in_content_ = false;  ///< between 354 and the final dot
};

bool Transaction::prepare() {
  if (const auto good = check_mail(delivery_); !good)
    return settle_rest(Kind::deferred, no_reply("not sent: " + good.error().detail));
  for (std::size_t i = 0; i < fates_.size(); ++i)
    if (const auto good = check_rcpt(delivery_.recipients[i]); !good)
      fates_[i].settled = {Kind::deferred, no_reply("not sent: " + good.error().detail)};
  if (!open_left()) return false;
  LineEndCheck check;
  auto good = delivery_.content([&](std::string_view piece) { return check.add(piece); });
  if (good) good = check.finish();
  if (!good) return settle_rest(Kind::deferred, no_reply("not sent: " + good.error().detail));
  return true;
}

bool Transaction::greet() {
  welcome_.greeting = read_reply(patience_);
  if (!welcome_.greeting.positive()) return settle_rest(Kind::deferred, welcome_.greeting);
  PeerReply& hello = welcome_.hello = command("EHLO " + helo_name_ + "\r\n");
  if (hello.positive()) {
    peer_ = Extensions::parse(hello.text);
  } else if (hello.permanent()) {
    hello = command("HELO " + helo_name_ + "\r\n");
  }
  if (!hello.positive()) return settle_rest(Kind::deferred, hello);
  if (needs_smtputf8(delivery_) && !peer_.offers("SMTPUTF8"))
    return settle_rest(Kind::deferred,
                       no_reply("not sent: a path outside ASCII, and the peer has no SMTPUTF8"));
  return true;
}

bool Transaction::envelope() {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < fates_.size(); ++i)
    if (!fates_[i].settled) open.push_back(i);
  if (!peer_.offers("PIPELINING")) {
    if (!exchange({}, true)) return false;
    for (const std::size_t i : open)
      if (!exchange({i}, false)) return false;
    return any_accepted();
  }
  for (std::size_t at = 0; at < open.size(); at += kGroup) {
    const auto first = open.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last =
        open.begin() + static_cast<std::ptrdiff_t>(std::min(at + kGroup, open.size()));
    if (!exchange({first, last}, at == 0)) return false;
  }
  return any_accepted();
}

// Sends MAIL, if asked to, and these recipients in one group, and takes their replies.
bool Transaction::exchange(const std::vector<std::size_t>& recipients, bool with_mail) {
  std::string group = with_mail ? mail_command(delivery_, peer_) : "";
  for (const std::size_t i : recipients) group += rcpt_command(delivery_, i, peer_);
  if (!write(group)) return settle_rest(Kind::deferred, why_lost_);
  const bool mail_taken = !with_mail || take_mail_reply(read_reply(patience_));
  for (const std::size_t i : recipients) {
    if (lost_) return false;
    const PeerReply reply = read_reply(patience_);
    // After a refused MAIL these only say that there is no transaction.
    if (mail_taken && !take_rcpt_reply(fates_[i], reply)) return false;
  }
  return mail_taken && !lost_;
}

bool Transaction::take_mail_reply(const PeerReply& reply) {
  if (reply.positive()) return true;
  return settle_rest(reply.permanent() ? Kind::refused : Kind::deferred, reply);
}

bool Transaction::take_rcpt_reply(Fate& fate, const PeerReply& reply) {
  if (lost_) return settle_rest(Kind::deferred, reply);
  if (reply.positive()) {
    fate.accepted = true;
    return true;
  }
  const bool too_many = reply.code == 552 && any_accepted();
  if (reply.permanent() && !too_many) {
    fate.settled = {Kind::refused, reply};
  } else {
    fate.settled = {Kind::deferred, reply};
  }
  return true;
}

bool Transaction::data() {
  const PeerReply reply = command("DATA\r\n", true);
  if (reply.code == 354) return true;
  // What the peer would take the content for after a 2yz, nobody knows.
  if (reply.positive()) return settle_rest(Kind::deferred, lose("2yz in answer to DATA"));
  return settle_rest(reply.permanent() ? Kind::refused : Kind::deferred, reply);
}

void Transaction::content() {
  in_content_ = true;
  if (const auto sent = send_content(); !sent) {
    // A message without its final dot is none: the peer drops it when the connection ends.
    settle_rest(Kind::deferred, lost_ ? why_lost_ : no_reply("not sent: " + sent.error().detail));
    return;
  }
  in_content_ = false;
  const PeerReply reply = read_reply(std::max(patience_, kFinalDotPatience));
  settle_rest(kind_of(reply), reply);
}

Status Transaction::send_content() {
  const Error lost{Errc::unavailable, "connection lost"};
  LineEndCheck check;
  DotStuffer stuffer;
  std::string wire;
  const auto take = [&](std::string_view piece) -> Status {
    CS_TRY(check.add(piece));
    while (!piece.empty()) {
      stuffer.add(piece.substr(0, kPiece), wire);
      piece.remove_prefix(std::min(piece.size(), kPiece));
      if (wire.size() < kPiece) continue;
      if (!write(wire)) return lost;
      wire.clear();
    }
    return {};
  };
  CS_TRY(delivery_.content(take));
  CS_TRY(check.finish());
  stuffer.finish(wire);
  if (!write(wire)) return lost;
  return {};
}

void Transaction::quit() {
  // Politeness only: what became of the message is known, and the peer may be gone.
  if (write("QUIT\r\n")) read_reply(std::min(patience_, kQuitPatience));
}

bool Transaction::write(std::string_view bytes) {
  if (!lost_ && !replies_.empty()) lose("the peer spoke out of turn");
  if (lost_) return false;
  spoke_ = true;
  if (const auto sent = stream_.write(bytes, within(patience_)); !sent) lose(sent.error().detail);
  return !lost_;
}

PeerReply Transaction::read_reply(seconds patience, bool at_data) {
  if (lost_) return why_lost_;
  const Deadline deadline = within(patience);
  for (;;) {
    auto reply = replies_.next();
    if (!reply) return lose(reply.error().detail);
    if (*reply) {
      const int code = (*reply)->code;
      if (code / 100 == 3 && !(at_data && code == 354)) return lose("3yz out of turn");
      if (code == 421) {  // the peer closes the channel, whatever it was asked (RFC 5321 §3.8)
        lost_ = true;
        why_lost_ = **reply;
      }
      return **std::move(reply);
    }
    const auto bytes = stream_.read(deadline);
    if (!bytes) return lose(bytes.error().detail);
    if (bytes->empty()) return lose("the peer closed the connection");
    replies_.feed(*bytes);
  }
}

class FixedRelay final : public Relay {
 public:
  FixedRelay(std::string address, std::string helo_name, seconds patience, const Ending* ending)
      : address_(std::move(address)),
        helo_name_(std::move(helo_name)),
        patience_(patience),
        ending_(ending) {}

  DeliveryOutcome send(const Delivery& delivery) override {
    if (delivery.recipients.empty()) return {};
    const auto stream =
        connect_stream(address_, std::chrono::steady_clock::now() + patience_, ending_);
    if (stream) return deliver(**stream, delivery, helo_name_, patience_);
    DeliveryOutcome outcome;
    outcome.recipients.resize(delivery.recipients.size(),
                              {Kind::deferred, no_reply(stream.error().detail)});
    return outcome;
  }

 private:
  const std::string address_;
  const std::string helo_name_;
  const seconds patience_;
  const Ending* const ending_;
};

}  // namespace

DeliveryOutcome deliver(ByteStream& stream, const Delivery& delivery, const std::string& helo_name,
                        seconds patience) {
  return Transaction(stream, delivery, helo_name, patience).run();
}

Result<std::uint64_t> offered_size(const std::string& address, const std::string& helo_name,
                                   seconds patience) {
  CS_ASSIGN(const auto stream,
            connect_stream(address, std::chrono::steady_clock::now() + patience));
  const Delivery nothing;
  return Transaction(*stream, nothing, helo_name, patience).offered_size();
}

Result<Welcome> ask_welcome(const std::string& address, const std::string& helo_name,
                            seconds patience) {
  CS_ASSIGN(const auto stream,
            connect_stream(address, std::chrono::steady_clock::now() + patience));
  const Delivery nothing;
  return Transaction(*stream, nothing, helo_name, patience).welcome();
}

std::unique_ptr<Relay> make_relay(std::string address, std::string helo_name, seconds patience,
                                  const Ending* ending) {
  return std::make_unique<FixedRelay>(std::move(address), std::move(helo_name), patience, ending);
}

}  // namespace countersign
