// SPDX-License-Identifier: Apache-2.0
#include "holding/release.h"

#include <algorithm>

#include "base/log.h"
#include "holding/field_remover.h"
#include "holding/history.h"
#include "mail/domain.h"

namespace countersign {
namespace {

using Kind = DeliveryOutcome::Kind;

constexpr seconds kFirstWait{30};
constexpr seconds kLongestWait = std::chrono::hours(1);

/// Returns the time until the next try after `deferrals` failed ones, at least one.
seconds backoff(int deferrals) {
  seconds wait = kFirstWait;
  for (int i = 1; i < deferrals && wait < kLongestWait; ++i) wait *= 2;
  return std::min(wait, kLongestWait);
}

/// Returns `text` if it is made of letters, digits and `others` only, else `instead`: no word of a
/// stranger may add a word to our field.
std::string word_or(const std::string& text, std::string_view others, std::string_view instead) {
  const auto good = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != others.npos;
  };
  return !text.empty() && std::ranges::all_of(text, good) ? text : std::string(instead);
}

std::string in_brackets(const ReversePath& path) {
  if (path.null) return "<>";
  return path.raw.starts_with('<') ? path.raw : '<' + path.raw + '>';
}

std::string for_log(const ForwardPath& path) {
  return path.mailbox ? path.mailbox->address() : path.raw;
}

/// "550 5.1.1 No such user", in one line; without a code when there was no reply.
std::string text_of(const PeerReply& reply) {
  std::string text = (reply.code == 0 ? "" : std::to_string(reply.code) + " ") + reply.text;
  std::ranges::replace(text, '\n', ' ');
  return text;
}

/// Those to whom it is on its way by the same word: one field tells it to all of them.
std::vector<std::uint32_t> to_try(const History& history, History::Leave leave) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < history.recipients.size(); ++i)
    if (history.goes_to(i) && history.leaves[i] == leave) out.push_back(i);
  return out;
}

bool any_refused(const History& history) {
  return std::ranges::count(history.recipients, RecipientState::refused) > 0;
}

/// The content as it goes out, and the spool's error when it could not be read: the relay sees that
/// as a message it cannot send, but the caller is to know.
struct Content {
  Spool& spool;
  const HeldId& id;
  const std::string ours;  ///< the fields that stand on top
  Status spool_failed;

  Status operator()(const std::function<Status(std::string_view)>& sink) {
    CS_TRY(sink(ours));
    FieldRemover remover("countersign");
    std::string kept;
    bool sink_failed = false;
    const auto pass_on = [&]() -> Status {
      if (kept.empty()) return {};
      const Status taken = sink(kept);
      sink_failed = !taken;
      kept.clear();
      return taken;
    };
    const Status read = spool.content(id, [&](std::string_view piece) {
      remover.add(piece, kept);
      return pass_on();
    });
    if (!read && !sink_failed) spool_failed = read;
    CS_TRY(read);
    remover.finish(kept);
    return pass_on();
  }
};

/// Whether a report to the reverse-path would go to who wrote it: else a forger's victim would get
/// the bounces of mail that was let in (law 2).
bool is_vouched_for(const HeldEnvelope& envelope) {
  const auto& path = envelope.envelope.reverse_path.mailbox;
  return !envelope.fingerprint.empty() && path && aligned(path->domain(), envelope.fingerprint);
}

Delivery delivery_of(const HeldMessage& message, const std::vector<std::uint32_t>& recipients,
                     Content& content) {
  const Envelope& envelope = message.envelope.envelope;
  Delivery delivery{.reverse_path = in_brackets(envelope.reverse_path),
                    .mail_parameters = envelope.reverse_path.parameters,
                    .recipients = {},
                    .unreported = !is_vouched_for(message.envelope),
                    .size_bytes = content.ours.size() + message.content_bytes,
                    .content = std::ref(content)};
  for (const std::uint32_t i : recipients)
    delivery.recipients.push_back(
        {envelope.recipients[i].without_route(), envelope.recipients[i].parameters});
  return delivery;
}

}  // namespace

std::string released_field(const HeldEnvelope& envelope, const History& history,
                           History::Leave leave) {
  const bool answered = leave == History::Leave::answer;
  std::string field = "Countersign: released; reason=";
  field += answered ? "answered" : "released";
  field += "; author=" + word_or(envelope.fingerprint, ".-", "unverified");
  field += "; held=" + envelope.id.text() + "; since=" + rfc3339(envelope.arrived);
  if (answered) {
    field += "; proof=" + word_or(history.proof, "+-", "unknown");
  } else {
    const bool recipient =
        history.approved_by == "recipient" || history.approved_by.find('@') != std::string::npos;
    field += recipient ? "; by=recipient" : "; by=operator";
  }
  return field + "\r\n";
}

std::size_t most_release_fields(const HeldEnvelope& envelope) {
  History answered, approved;
  // The longest of our words.
  answered.proof = "address+code";
  approved.approved_by = "recipient";
  return envelope.received.size() +
         std::max(released_field(envelope, answered, History::Leave::answer).size(),
                  released_field(envelope, approved, History::Leave::approval).size());
}

Result<ReleaseStep> Releaser::try_once(const HeldId& id) {
  CS_TRY(log_remembered(id));
  CS_ASSIGN(const HeldMessage message, spool_.read(id));
  const History before = history_of(message);
  if (before.state == HeldState::dropped || before.state == HeldState::expired ||
      (waits_for_a_word(before.state) && !before.is_under_way()))
    return Error{Errc::invalid, "held message " + id.text() + " was not let in"};
  ReleaseStep step{.finished = true, .any_refused = any_refused(before), .wait = {}};
  for (const auto leave : {History::Leave::answer, History::Leave::approval})
    CS_TRY(try_for(message, before, leave, step));
  if (!step.finished) step.wait = backoff(before.deferrals + 1);
  return step;
}

/// Tries those to whom it is on its way by this word, and adds what came of it to `step`.
Status Releaser::try_for(const HeldMessage& message, const History& before, History::Leave leave,
                         ReleaseStep& step) {
  const std::vector<std::uint32_t> tried = to_try(before, leave);
  if (tried.empty()) return {};
  const HeldEnvelope& envelope = message.envelope;
  Content content{
      spool_, envelope.id, released_field(envelope, before, leave) + envelope.received, {}};
  const DeliveryOutcome outcome = relay_.send(delivery_of(message, tried, content));
  const Status logged = log_outcome(message, tried, outcome);
  CS_TRY(content.spool_failed);
  CS_TRY(logged);
  for (const auto& recipient : outcome.recipients) {
    if (recipient.kind == Kind::deferred) step.finished = false;
    if (recipient.kind == Kind::refused) step.any_refused = true;
  }
  return {};
}

/// Logs every recipient that is settled, then once that some are left. What cannot be logged is
/// remembered. Errors: unavailable, not_found.
Status Releaser::log_outcome(const HeldMessage& message, const std::vector<std::uint32_t>& tried,
                             const DeliveryOutcome& outcome) {
  const HeldId& id = message.envelope.id;
  std::vector<HeldEvent> events;
  const DeliveryOutcome::Recipient* deferred = nullptr;
  std::uint32_t deferred_index = 0;
  for (std::size_t i = 0; i < tried.size(); ++i) {
    const auto& [kind, reply] = outcome.recipients[i];
    log::event(kind == Kind::taken ? log::Level::info : log::Level::warning,
               kind == Kind::taken     ? "released"
               : kind == Kind::refused ? "release refused"
                                       : "release deferred",
               {{"queue_id", message.envelope.queue_id},
                {"held", id.text()},
                {"author", message.envelope.author},
                {"recipient", for_log(message.envelope.envelope.recipients[tried[i]])},
                {"reply", text_of(reply)}});
    if (kind != Kind::deferred) {
      events.push_back(
          {.kind = kind == Kind::taken ? HeldEvent::Kind::released : HeldEvent::Kind::refused,
           .when = clock_.wall(),
           .recipient = tried[i],
           .text = text_of(reply)});
    } else if (deferred == nullptr) {
      deferred = &outcome.recipients[i];
      deferred_index = tried[i];
    }
  }
  unlogged_.with([&](auto& all) {
    if (!events.empty()) all[id] = std::move(events);
  });
  CS_TRY(log_remembered(id));
  if (deferred == nullptr) return {};
  return spool_.log(id, {.kind = HeldEvent::Kind::deferred,
                         .when = clock_.wall(),
                         .recipient = deferred_index,
                         .text = text_of(deferred->reply)});
}

Status Releaser::log_remembered(const HeldId& id) {
  std::vector<HeldEvent> events = unlogged_.with([&](auto& all) {
    const auto found = all.find(id);
    return found == all.end() ? std::vector<HeldEvent>{} : std::move(found->second);
  });
  std::vector<HeldEvent> left;
  Status first;
  for (HeldEvent& event : events) {
    const Status logged = spool_.log(id, event);
    if (logged) continue;
    if (first) first = logged;
    if (logged.error().code != Errc::not_found) left.push_back(std::move(event));
  }
  unlogged_.with([&](auto& all) {
    if (left.empty()) {
      all.erase(id);
    } else {
      all[id] = std::move(left);
    }
  });
  return first;
}

}  // namespace countersign
