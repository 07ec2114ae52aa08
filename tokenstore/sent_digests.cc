// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/sent_digests.h"

#include <algorithm>

#include "base/crypto.h"
#include "mail/domain.h"
#include "screening/words.h"

namespace countersign {
namespace {

constexpr std::size_t kDigestBytes = 16;

std::string digest(const Secret& key, std::string_view purpose, std::string_view id,
                   std::string_view whom) {
  return hmac_sha256(key.bytes, framed(purpose, id, whom)).substr(0, kDigestBytes);
}

std::string to_address(const Secret& key, std::string_view id, const Mailbox& whom) {
  return digest(key, "to", id, whom.address());
}

std::string to_domain(const Secret& key, std::string_view id, const Mailbox& whom) {
  return digest(key, "domain", id, organizational_domain(whom.domain()));
}

std::string to_stranger(const Secret& key, std::string_view id, std::size_t place) {
  return digest(key, "stranger", id, std::to_string(place));
}

void add_once(std::vector<std::string>& list, std::string text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
}

}  // namespace

std::vector<std::string> SentDigests::of_sent(std::string_view message_id,
                                              std::span<const Mailbox> recipients) const {
  std::vector<std::string> out;
  if (keys_.empty() || message_id.empty() || recipients.empty()) return out;
  const Secret& key = keys_.front();
  for (std::size_t i = 0; i < std::min(recipients.size(), kMostStrangers); ++i)
    out.push_back(to_stranger(key, message_id, i));
  for (const Mailbox& recipient : recipients) {
    out.push_back(to_address(key, message_id, recipient));
    out.push_back(to_domain(key, message_id, recipient));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::string> SentDigests::of_answer(std::span<const std::string> ids,
                                                const Mailbox& author) const {
  std::vector<std::string> out;
  for (const Secret& key : keys_) {
    for (const std::string& id : ids) {
      add_once(out, to_address(key, id, author));
      add_once(out, to_domain(key, id, author));
    }
  }
  return out;
}

void SentDigests::mark_returned(const ReturnedMail& found, ReturnedNote& note) const {
  // A warning that a mail is delayed must not use up the place of the report that it failed.
  const auto purpose = [](Returned what) {
    return "returned " + std::string(word(kReturnedWords, what));
  };
  for (const Secret& key : keys_) {
    for (const std::string& id : found.message_ids) {
      for (const auto& [mailbox, what] : found.recipients)
        note.named.push_back(
            {to_address(key, id, mailbox), digest(key, purpose(what), id, mailbox.address())});
      for (std::size_t i = 0; i < kMostStrangers; ++i)
        note.unnamed.push_back(
            {to_stranger(key, id, i), digest(key, purpose(found.what), id, std::to_string(i))});
    }
  }
}

}  // namespace countersign
