// SPDX-License-Identifier: Apache-2.0
//
// What a transaction does with mail that is held: its way into the spool, what is not taken there,
// and what its sender hears.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "mail/network.h"
#include "milter/gather.h"
#include "milter/transaction.h"
#include "screening/replies.h"

namespace countersign {
namespace {

/// Postfix cuts a header field that does not end within 60 000 bytes, before any milter sees it,
/// and leaves 54 000 of them at least: a longer one is perhaps not whole.
constexpr std::size_t kMostFieldBytes = 53'000;

constexpr milliseconds kBegin{3000};

/// Whether the lines of a field's value but the first start with white space: others would be
/// fields of their own once the section is written again.
bool is_folded_well(std::string_view value) {
  for (std::size_t at = 0; (at = value.find('\n', at)) != std::string_view::npos; ++at)
    if (at + 1 == value.size() || (value[at + 1] != ' ' && value[at + 1] != '\t')) return false;
  return true;
}

bool may_be_cut(const HeaderSection& header) {
  return std::any_of(header.fields().begin(), header.fields().end(), [](const HeaderField& field) {
    return field.name.size() + field.value.size() > kMostFieldBytes;
  });
}

bool is_clean(const HeaderSection& header) {
  ByteCheck check;
  return check.take(header.bytes()) && check.finish() &&
         std::all_of(header.fields().begin(), header.fields().end(),
                     [](const HeaderField& field) { return is_folded_well(field.value); });
}

}  // namespace

Verdict Transaction::begin_hold() {
  if (header_.size_bytes() > settings_->max_message_bytes)
    return not_held(too_large_reply(), "over max_message");
  if (may_be_cut(header_)) return not_held(field_too_large_reply(), "a header field is too large");
  if (!is_clean(header_)) return not_held(bad_bytes_reply(), "bare CR or bare LF in header");
  const auto network = network_of(client_.address);
  auto intake = services_.intake.begin(
      gather_held(plan_.held, plan_, decisions_, facts_, recipients_, client_, envelope_, header_,
                  queue_id_),
      marking_.header_to_hold(results()), network ? *network : "", within(kBegin));
  if (!intake && intake.error().code == Errc::invalid) return no_room(intake.error());
  if (!intake) return not_held(try_later_reply(), intake.error().detail);
  intake_ = *std::move(intake);
  return {};
}

Verdict Transaction::body(std::string_view bytes) {
  if (final_) return *final_;
  if (waiting_) {
    begin_step();
    if (verification_ && verification_->wants_body()) verification_->body(bytes, step_ends_);
    if (report_) report_->body(bytes);
    // Only those who are to be held need it; they hear of a failure then.
    (void)waiting_->append(bytes);
    if (needs_body()) return {};
    const Verdict decided = decide_behind_body();
    return intake_ || body_counts_ || final_ ? decided : Verdict{Verdict::Kind::skip};
  }
  if (body_counts_) {
    permits_.body(bytes);
    correspondence_.body(bytes);
  }
  if (intake_) return spool(bytes);
  return {body_counts_ ? Verdict::Kind::proceed : Verdict::Kind::skip};
}

Verdict Transaction::spool(std::string_view bytes) {
  body_bytes_ += bytes.size();
  if (header_.size_bytes() + 2 + body_bytes_ > settings_->max_message_bytes)
    return not_held(too_large_reply(), "over max_message");
  if (!check_.take(bytes)) return not_held(bad_bytes_reply(), "bare CR or bare LF in body");
  if (const Status taken = intake_->body(bytes); !taken)
    return intake_->over_share() ? no_room(taken.error())
                                 : not_held(taken.error().code == Errc::invalid ? too_large_reply()
                                                                                : try_later_reply(),
                                            taken.error().detail);
  return {};
}

/// The decision, once enough of the body is here: what would have happened on the way happens now.
Verdict Transaction::decide_behind_body() {
  const BodyBuffer body = *std::exchange(waiting_, std::nullopt);
  const Verdict decided = decide();
  if (final_ || (!intake_ && !body_counts_)) return decided;
  Verdict spooled;
  const Status read = body.replay([&](std::string_view piece) {
    if (body_counts_) {
      permits_.body(piece);
      correspondence_.body(piece);
    }
    if (intake_) spooled = spool(piece);
    return !final_;
  });
  // A use that is taken by the header section alone is better than mail that waits for our disk.
  if (!read && intake_)
    return not_held(read.error().code == Errc::invalid ? too_large_reply() : try_later_reply(),
                    read.error().detail);
  return spooled;
}

/// What the domain of the first recipient says.
const ReplyTexts& Transaction::reply_texts() const {
  for (const ForwardPath& path : envelope_.recipients)
    if (path.mailbox) return settings_->replies_for(path.mailbox->address());
  return settings_->replies;
}

/// The message is ours: says so to its author, or drops the MTA's copy.
Verdict Transaction::keep(const HeldReceipt& receipt) {
  if (receipt.url.empty() || receipt.by_mail)
    return finish(report_refused() ? Verdict{Verdict::Kind::discard}
                                   : Verdict::say(try_later_reply()));
  return finish(Verdict::say(kept_reply(receipt.url, receipt.expires, reply_texts())));
}

/// Promises a report of those whose refusal no reply tells, once for each. Errors: answer 451.
Status Transaction::report_refused() {
  if (!services_.owe_report) return {};
  std::vector<std::size_t> fresh;
  std::ranges::set_difference(plan_.reported, reported_, std::back_inserter(fresh));
  if (fresh.empty()) return {};
  HeldEnvelope refused = gather_held(fresh, plan_, decisions_, facts_, recipients_, client_,
                                     envelope_, header_, queue_id_);
  refused.challenged = refused.by_mail = false;
  const Status owed = services_.owe_report(refused, marking_.header_to_hold(results()).bytes());
  if (owed) reported_ = plan_.reported;
  if (!owed)
    log::error("refusal not reported", {{"queue_id", queue_id_}, {"error", owed.error().detail}});
  return owed;
}

Verdict Transaction::not_held(const SmtpReply& said, std::string_view why) {
  intake_.reset();
  // A machine would strike the address off at its first 5yz.
  const bool machine = said.code().front() == '5' && !facts_.machine_mark.empty();
  const SmtpReply reply = machine ? no_room_reply() : said;
  const Disposition now = reply.code().front() == '4' ? Disposition::defer : Disposition::refuse;
  for (Decision& decision : decisions_) {
    decision.disposition = now;
    decision.would.reset();
  }
  record("", why);
  return finish(Verdict::say(reply));
}

}  // namespace countersign
