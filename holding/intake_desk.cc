// SPDX-License-Identifier: Apache-2.0
#include "holding/intake_desk.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/log.h"
#include "holding/answer_token.h"
#include "holding/release.h"
#include "holding/view.h"
#include "mail/header_section.h"

namespace countersign {
namespace {

/// What tells two mails without a Message-ID apart.
struct Distinction {
  std::string date;
  std::string subject;
};

Distinction distinction_of(const HeaderSection& header) {
  const auto value = [&](std::string_view name) {
    const HeaderField* field = header.first(name);
    return field == nullptr ? std::string() : unfold(field->value);
  };
  return {value("Date"), value("Subject")};
}

/// The digest by which a second try of the same mail is known (design section 5, retry:). Date and
/// Subject stand beside what the design lists, because without a Message-ID two mails of one author
/// with one body are not one mail. The fingerprint does, so that a forger's copy and the author's
/// own never join; `challenged`, so that nobody is told of a page that does not exist.
std::string retry_digest(const HeldEnvelope& e, const Distinction& header,
                         const std::string& body_digest) {
  std::vector<std::string> recipients;
  for (const ForwardPath& path : e.envelope.recipients)
    recipients.push_back(path.mailbox ? path.mailbox->address() : path.raw);
  std::ranges::sort(recipients);
  std::string list;
  for (const std::string& r : recipients) list += framed(r);
  return hex_encode(sha256(framed(e.author, e.fingerprint, e.envelope.reverse_path.raw, list,
                                  e.message_id, header.date, header.subject, body_digest,
                                  e.challenged ? "challenged" : "silent")));
}

/// An authenticated author meets only the whole spool's limit: a full disk by another name.
bool has_no_room(const Spool::Draft& draft, const HeldEnvelope& envelope) {
  return draft.over_share() && envelope.share != "authenticated";
}

class SpoolIntake final : public Intake {
 public:
  SpoolIntake(const IntakeParts& parts, std::string base_url, HeldEnvelope envelope,
              const HeaderSection& header, std::unique_ptr<Spool::Draft> draft)
      : parts_(parts),
        base_url_(std::move(base_url)),
        envelope_(std::move(envelope)),
        header_(distinction_of(header)),
        draft_(std::move(draft)),
        fields_(most_release_fields(envelope_)),
        size_(header.size_bytes() + 2) {}

  Status body(std::string_view bytes) override {
    size_ += bytes.size();
    if (size_ > parts_.release_limit.most(fields_))
      return Error{Errc::invalid, "larger than the MTA would take back"};
    hash_.update(bytes);
    return draft_->append(bytes);
  }

  bool over_share() const override { return draft_ && has_no_room(*draft_, envelope_); }

  Result<HeldReceipt> commit(Deadline deadline) override {
    // Its body was empty, or the MTA has another limit since it came.
    if (size_ > parts_.release_limit.most(fields_))
      return Error{Errc::unavailable, "larger than the MTA would take back"};
    envelope_.retry_digest = retry_digest(envelope_, header_, hash_.finish());
    if (const auto here = parts_.table.find_retry(envelope_.retry_digest)) return join_here(*here);
    CS_ASSIGN(const IndexEntry entry, index_entry(envelope_, envelope_.node, {}, parts_.keys));
    CS_ASSIGN(const auto earlier, seal_and_find_earlier(deadline));
    if (earlier && still_held(*earlier)) return join(*earlier);
    CS_TRY(draft_->commit());
    // From here on the message is kept, whatever the store says: to take it back now could leave a
    // record that makes another node promise what nobody has. The index is mended by the sweep.
    const Status indexed =
        parts_.index.put(entry.view, entry.digest, envelope_.retry_digest, deadline);
    if (!indexed)
      log::warning("held, but not in the store yet",
                   {{"held", envelope_.id.text()}, {"error", indexed.error().detail}});
    parts_.table.put({.envelope = envelope_, .content_bytes = 0, .events = {}});
    parts_.on_held(envelope_.id, bool(indexed));
    return HeldReceipt{.id = envelope_.id,
                       .url = url_of(entry.token),
                       .expires = envelope_.expires,
                       .by_mail = envelope_.by_mail};
  }

 private:
  /// Brings the message to the disk, as a draft still, and returns what an earlier try became.
  Result<std::optional<HeldView>> seal_and_find_earlier(Deadline deadline) {
    const std::string& digest = envelope_.retry_digest;
    // The store looks while the disk writes.
    const auto asked = parts_.index.begin_find_retry(digest);
    if (asked) CS_TRY(draft_->seal(digest));
    auto earlier = asked ? asked->finish(deadline) : parts_.index.find_retry(digest, deadline);
    if (!earlier && earlier.error().code == Errc::unavailable) return earlier.error();
    // A store that could not be asked at once may have been down: nothing was written in vain.
    if (!asked) CS_TRY(draft_->seal(digest));
    // A record that does not decode is no reason to refuse mail: the message is held anew.
    return earlier ? std::optional(*std::move(earlier)) : std::nullopt;
  }

  /// The index may be older than the spool: of our own messages the spool is asked.
  bool still_held(const HeldView& view) const {
    if (view.state != HeldState::held) return false;
    if (view.node != parts_.spool.node()) return true;
    const auto line = parts_.table.find(view.id);
    return line && line->state == HeldState::held;
  }

  Result<HeldReceipt> join_here(const HeldId& id) {
    draft_.reset();
    const auto line = parts_.table.find(id);
    if (!line) return Error{Errc::unavailable, "it was released in between"};
    HeldReceipt out{
        .id = id, .url = {}, .expires = line->expires, .by_mail = line->by_mail, .joined = true};
    if (!line->challenged) return out;
    CS_ASSIGN(const std::string token,
              answer_token(parts_.keys, id, line->generation, line->answer_key));
    out.url = url_of(token);
    return out;
  }

  Result<HeldReceipt> join(const HeldView& view) {
    draft_.reset();
    HeldReceipt out{
        .id = view.id, .url = {}, .expires = view.expires, .by_mail = view.by_mail, .joined = true};
    if (!view.challenged) return out;
    CS_ASSIGN(const std::string token,
              answer_token_by_digest(parts_.keys, view.id, envelope_.generation, view.digest));
    out.url = url_of(token);
    return out;
  }

  std::string url_of(const std::string& token) const {
    return token.empty() ? "" : page_url(base_url_, token);
  }

  const IntakeParts& parts_;
  std::string base_url_;
  HeldEnvelope envelope_;
  const Distinction header_;
  std::unique_ptr<Spool::Draft> draft_;
  Sha256 hash_;
  const std::uint64_t fields_;  ///< bytes that come on top when it is released
  std::uint64_t size_;          ///< of header section and body so far
};

/// Puts the held id where the Received field wants it.
void name_id(HeldEnvelope& envelope) {
  constexpr std::string_view kPlace = "{id}";
  if (const auto at = envelope.received.find(kPlace); at != std::string::npos)
    envelope.received.replace(at, kPlace.size(), envelope.id.text());
}

}  // namespace

SpoolIntakeDesk::SpoolIntakeDesk(IntakeParts parts, IntakeSettings settings)
    : parts_(std::move(parts)),
      settings_(std::make_shared<const IntakeSettings>(std::move(settings))) {}

void SpoolIntakeDesk::set(IntakeSettings settings) {
  auto next = std::make_shared<const IntakeSettings>(std::move(settings));
  settings_.with([&](auto& s) { s = std::move(next); });
}

Result<std::unique_ptr<Intake>> SpoolIntakeDesk::begin(HeldEnvelope envelope,
                                                       const HeaderSection& header,
                                                       const std::string& network,
                                                       Deadline deadline) {
  const auto shared = settings_.with([](const auto& s) { return s; });
  const IntakeSettings& settings = *shared;
  envelope.node = parts_.spool.node();
  envelope.arrived = parts_.clock.wall();
  envelope.expires = envelope.arrived + settings.lifetime;
  envelope.kept_since = parts_.spool_clock.now();
  name_id(envelope);
  if (envelope.challenged) {
    CS_ASSIGN(const Secret key, parts_.keys.current("answer"));
    envelope.answer_key = key.id;
  }
  if (envelope.by_mail) {
    // The owners share one mail, so one challenge: the first owner's budget is asked.
    CS_ASSIGN(envelope.by_mail,
              parts_.budgets.take_challenge(envelope.owners.empty() ? "" : envelope.owners.front(),
                                            envelope.author, envelope.fingerprint,
                                            envelope.id.text(), settings.limits, deadline));
  }
  CS_ASSIGN(auto draft, parts_.spool.begin(envelope, network));
  if (const Status taken = draft->append(header.bytes() + "\r\n"); !taken)
    return has_no_room(*draft, envelope) ? Error{Errc::invalid, taken.error().detail}
                                         : taken.error();
  const PageUrls urls{settings.base_url, settings.domain_urls};
  const auto& recipients = envelope.envelope.recipients;
  const std::string first = recipients.empty() || !recipients.front().mailbox
                                ? ""
                                : recipients.front().mailbox->address();
  return std::unique_ptr<Intake>(std::make_unique<SpoolIntake>(
      parts_, urls.for_address(first), std::move(envelope), header, std::move(draft)));
}

}  // namespace countersign
