// SPDX-License-Identifier: Apache-2.0
//
// A peer's bytes against the SMTP client. The first octet says how many arrive in each read; the
// rest is all that the peer ever says.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "relay/smtp_client.h"

namespace countersign {
namespace {

class Peer final : public ByteStream {
 public:
  explicit Peer(std::string_view says, std::size_t piece) : says_(says), piece_(piece) {}
  Status write(std::string_view bytes, Deadline) override {
    written += bytes;
    return {};
  }
  Result<std::string> read(Deadline) override {
    const std::string out(says_.substr(0, piece_));
    says_.remove_prefix(out.size());
    return out;
  }
  std::string written;

 private:
  std::string_view says_;
  const std::size_t piece_;
};

void require(bool holds) {
  if (!holds) std::abort();
}

void try_peer(std::string_view says, std::size_t piece) {
  Delivery d;
  d.reverse_path = "<>";
  d.mail_parameters = {"BODY=8BITMIME", "ENVID=1"};
  d.recipients = {{"<a@b>", {"NOTIFY=NEVER"}}, {"<c@d>", {}}, {"<e@f>", {}}};
  d.content = [](const std::function<Status(std::string_view)>& sink) { return sink("x\r\n"); };
  Peer peer(says, piece);
  const auto outcome = deliver(peer, d, "gate", seconds(0));
  require(outcome.recipients.size() == 3);
  using Kind = DeliveryOutcome::Kind;
  for (const auto& r : outcome.recipients) {
    require((r.kind == Kind::taken) <= r.reply.positive());
    require((r.kind == Kind::taken) <= (peer.written.find("x\r\n.\r\n") != std::string::npos));
    require((r.kind == Kind::refused) == r.reply.permanent() || r.kind == Kind::deferred);
    require(r.reply.text.size() <= 2000);
    require(std::ranges::all_of(r.reply.text,
                                [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  }
}

}  // namespace
}  // namespace countersign

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  countersign::try_peer(input.substr(1), data[0] == 0 ? std::string_view::npos : data[0]);
  return 0;
}
