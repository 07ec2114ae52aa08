// SPDX-License-Identifier: Apache-2.0
#include "authentication/examine.h"

#include "authentication/dmarc.h"
#include "authentication/frame.h"
#include "authentication/spf.h"

namespace countersign {
namespace {

/// A message's body comes as slowly as its client sends it.
constexpr auto kIdle = std::chrono::hours(1);
constexpr auto kToAnswer = seconds(10);

SteadyTime now() { return std::chrono::steady_clock::now(); }

/// Takes the frame that must come next. Errors: unavailable, invalid.
Result<std::string> expect(int socket, FrameDecoder& decoder, FrameKind kind) {
  CS_ASSIGN(Frame frame, receive_frame(socket, decoder, now() + kIdle));
  if (frame.kind != kind) return Error{Errc::invalid, "a frame out of turn"};
  return std::move(frame.payload);
}

Status run(int socket, Dns& dns, DkimLibrary& library) {
  FrameDecoder decoder;
  CS_ASSIGN(const std::string first, expect(socket, decoder, FrameKind::origin));
  CS_ASSIGN(const OriginFrame from, decode_origin(first));
  CS_ASSIGN(const std::string header, expect(socket, decoder, FrameKind::header));
  DnsBudget budget(dns, now() + from.patience, kMostQuestions);

  // Keys first: a sender whose SPF asks for ever must not take the time from his signature.
  const auto dkim = make_dkim_verifier(library, budget);
  dkim->header(header);
  DnsBudget for_spf = budget.part(SteadyTime::max(), kSpfQuestions);
  std::vector<AuthResult> results{check_spf(for_spf, from.origin)};
  for (;;) {
    CS_ASSIGN(const Frame frame, receive_frame(socket, decoder, now() + kIdle));
    if (frame.kind == FrameKind::end) break;
    if (frame.kind != FrameKind::body) return Error{Errc::invalid, "a frame out of turn"};
    dkim->body(frame.payload);
  }
  for (AuthResult& result : dkim->finish()) results.push_back(std::move(result));
  if (!from.origin.author_domain.empty()) {
    results.push_back(check_dmarc(budget, from.origin, results));
    tell_published_spf(budget, from.origin, results.back());
  }
  return send_frame(socket, FrameKind::results,
                    write_authentication_results({"countersign", std::move(results)}),
                    now() + kToAnswer);
}

}  // namespace

void examine(UniqueFd socket, Dns& dns, DkimLibrary& library) {
  // Whoever hangs up, or speaks nonsense, needs no answer.
  (void)run(socket.get(), dns, library);
}

}  // namespace countersign
