// SPDX-License-Identifier: Apache-2.0
//
// What every implementation of the store must do alike: which fields a look-up asks for, how levels
// join, how long things are kept. Pure, thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mail/mailbox.h"
#include "screening/knowledge.h"
#include "screening/words.h"
#include "tokenstore/contacts.h"
#include "tokenstore/directory.h"

namespace countersign {

/// How long held:{id} and its token remain after the message (design section 5).
inline constexpr milliseconds kTombstone = std::chrono::hours(30 * 24);
/// The life of web:heartbeat; its age is this less what is left of it.
inline constexpr milliseconds kHeartbeatLife{14'460'000};
/// For how long a message is known to have taken its use of a permit (design section 5).
inline constexpr milliseconds kSpentBefore = std::chrono::hours(24);
/// How long the message that spent an answer may come again.
inline constexpr milliseconds kSameMessage = std::chrono::hours(24);
/// Most requests that one read returns, and most bytes of one request.
inline constexpr std::size_t kRequestsAtOnce = 16;
inline constexpr std::size_t kRequestBytes = 8192;

/// Whether a message in that state has left {m}:held for good.
constexpr bool is_final(HeldState state) {
  return state != HeldState::held && state != HeldState::answered && state != HeldState::withdrawn;
}

/// How many digests of a mailbox's sent mail are kept, and how long (design section 5, {m}:sent).
inline constexpr std::size_t kMostSent = 20'000;
inline constexpr milliseconds kSentLife = std::chrono::hours(30 * 24);
/// How many ways of mail are remembered of a mailbox, and how long after the last (Asked). Who
/// writes once a month is not forgotten.
inline constexpr std::size_t kMostWays = 1000;
inline constexpr milliseconds kWayLife = std::chrono::hours(35 * 24);

/// Returns the fields of a contact list that match the author and the list of an inquiry, most
/// specific first: the author's address, the list, his domain alone ("d:example.com"), and with all
/// below them his domain and those above it ("d:.example.com").
std::vector<Subject> subjects_of(const Inquiry& inquiry);
/// Returns the field whose standing says whether the mailbox wrote to the list of an inquiry
/// (RecipientKnowledge::wrote_to_list); "" if there is none.
Subject list_post_subject(const Inquiry& inquiry);
/// Windows stand among a mailbox's policy, as "expect:DOMAIN". Returns that field, and the domain
/// of such a field; none of another one.
std::string window_field(std::string_view domain);
std::optional<std::string> window_of_field(std::string_view field);

/// Adds the values of a less specific level: those that are set already stay.
void join_policy(PolicyValues& into, const PolicyValues& less_specific);

/// Returns what stands after `entry` was learnt where `before` stood: see Contacts::learn.
ContactEntry learnt(const std::optional<ContactEntry>& before, const ContactEntry& entry);
/// Returns what stands after the recipient approved `entry` where `before` stood: see
/// Contacts::approve.
ContactEntry approved(const std::optional<ContactEntry>& before, const ContactEntry& entry);

/// Returns the ids of the records that an owner must lose so that `most` stay: those whose time is
/// over, then what waits of strangers, then what waits of authenticated authors, then the rest; the
/// oldest of whoever has most of them.
std::vector<std::string> to_be_forgotten(const std::map<std::string, AskedRecord>& records,
                                         std::size_t most, WallTime now);

/// Returns what stands after Asked::answer() and Asked::spend(), or nothing where they fail.
std::optional<AskedRecord> answered(const AskedRecord& before, WallTime now);
std::optional<AskedRecord> spent(const AskedRecord& before, const AskedUse& use, WallTime now);
/// Returns what stands after Asked::ask() of `wanted`.
AskedRecord asked(const std::optional<AskedRecord>& before, const AskedRecord& wanted,
                  WallTime now);

/// Returns the age that a heartbeat with `left` of its life has, at least 0.
milliseconds heartbeat_age(milliseconds left);

}  // namespace countersign
