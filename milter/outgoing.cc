// SPDX-License-Identifier: Apache-2.0
#include "milter/outgoing.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "mail/address_list.h"
#include "mail/author.h"
#include "mail/folded_path.h"
#include "mail/machine.h"
#include "mail/message_id.h"
#include "milter/asked_tuple.h"

namespace countersign {
namespace {

constexpr std::size_t kMostRecipients = 1000;
constexpr milliseconds kMoment{100};
constexpr milliseconds kLater{5000};
constexpr milliseconds kRhythm{1000};

/// Whose mail it is, if author and reverse-path agree on that.
std::optional<Mailbox> sender_of(const MilterSettings& settings, const Envelope& envelope,
                                 const std::optional<Mailbox>& author) {
  if (!author || !envelope.reverse_path.mailbox) return std::nullopt;
  const Mailbox path = without_batv(*envelope.reverse_path.mailbox);
  if (!settings.protects(*author) || !settings.protects(path)) return std::nullopt;
  const auto owners = settings.ownership_of({*author, path}, kMoment);
  if (!owners || owners->at(0).owner != owners->at(1).owner) return std::nullopt;
  return owners->at(0).owner;
}

}  // namespace

std::optional<SentNote> gather_sent(const MilterSettings& settings, const SentDigests& digests,
                                    const Envelope& envelope, const HeaderSection& header,
                                    WallTime now) {
  const auto author = parse_author(header).mailbox;
  const auto owner = sender_of(settings, envelope, author);
  if (!owner || !machine_mark(envelope.reverse_path, header, author).empty()) return std::nullopt;

  std::set<Mailbox> known;
  const auto add = [&](const Mailbox& mailbox) {
    if (!settings.protects(mailbox) && known.size() < kMostRecipients) known.insert(mailbox);
  };
  for (const ForwardPath& path : envelope.recipients)
    if (path.mailbox) add(*path.mailbox);
  const std::vector<Mailbox> went_to(known.begin(), known.end());
  for (const std::string_view name : {"To", "Cc"})
    for (const HeaderField* field : header.all(name))
      for (const Mailbox& mailbox : parse_address_list(field->value).mailboxes) add(mailbox);
  if (known.empty()) return std::nullopt;

  SentNote note{.owner = owner->key(), .contacts = {}, .digests = {}, .ways = {}, .now = now};
  ContactEntry entry;
  entry.source = "learnt";
  entry.created = now;
  for (const Mailbox& mailbox : known) note.contacts.emplace_back("a:" + mailbox.address(), entry);
  std::set<std::string> ways;
  for (const Mailbox& mailbox : went_to) ways.insert(way_of_domain(mailbox.domain()));
  note.ways.assign(ways.begin(), ways.end());
  if (const HeaderField* field = header.first("Message-ID"))
    for (const std::string& id : message_ids(field->value))
      note.digests = digests.of_sent(id, went_to);
  return note;
}

OutgoingMail::OutgoingMail(SentMail& sent, const Directory& directory, const Clock& clock,
                           MilterMetrics& metrics, std::size_t most)
    : sent_(sent),
      directory_(directory),
      clock_(clock),
      metrics_(metrics),
      most_(most),
      worker_([this] { work(); }) {}

OutgoingMail::~OutgoingMail() { stop(); }

bool OutgoingMail::tell(const SentNote& sent, milliseconds time) {
  const Status done = sent_.note(sent, clock_.steady() + time);
  if (!done) log::debug("sent mail not noted yet", {{"error", done.error().detail}});
  return bool(done);
}

void OutgoingMail::note(SentNote sent) {
  if (directory_.healthy() && tell(sent, kMoment)) return;
  bool given_up = false;
  {
    std::lock_guard lock(mutex_);
    if (!stopped_) waiting_.push_back(std::move(sent));
    given_up = stopped_ || waiting_.size() > most_;
    if (waiting_.size() > most_) waiting_.pop_front();
  }
  if (given_up) metrics_.outgoing_unlearnt.increment();
  changed_.notify_all();
}

std::size_t OutgoingMail::waiting() const {
  std::lock_guard lock(mutex_);
  return waiting_.size();
}

void OutgoingMail::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopped_ || !waiting_.empty(); });
    if (stopped_) return;
    const SentNote next = waiting_.front();
    lock.unlock();
    const bool told = directory_.healthy() && tell(next, kLater);
    lock.lock();
    if (told) {
      // While it was told, it may have been given up to make room.
      if (!waiting_.empty() && waiting_.front().digests == next.digests &&
          waiting_.front().owner == next.owner)
        waiting_.pop_front();
    } else {
      changed_.wait_for(lock, kRhythm, [&] { return stopped_; });
    }
  }
}

void OutgoingMail::stop() {
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
  }
  changed_.notify_all();
  worker_.join();
  std::deque<SentNote> left;
  {
    std::lock_guard lock(mutex_);
    left.swap(waiting_);
  }
  const Deadline end = clock_.steady() + kRhythm;
  while (!left.empty() && directory_.healthy() && clock_.steady() < end &&
         tell(left.front(), std::chrono::ceil<milliseconds>(end - clock_.steady())))
    left.pop_front();
  if (left.empty()) return;
  metrics_.outgoing_unlearnt.increment(static_cast<double>(left.size()));
  log::warning("contacts of outgoing mail not learnt",
               {{"messages", static_cast<long long>(left.size())}});
}

}  // namespace countersign
