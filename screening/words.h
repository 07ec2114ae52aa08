// SPDX-License-Identifier: Apache-2.0
//
// The words of the decision (design section 4). They are public: logged, counted, put in the header
// field, stored, and taken from configuration.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace countersign {

/// Why; in the order of the rules.
enum class Reason {
  internal,
  unprotected,
  exempt,
  blocked,
  infected,
  token,
  token_refused,
  own_domain,
  contact,
  forged_contact,
  unauthentic,
  reply,
  bounce,
  expected,
  malformed,
  machine,
  spam,
  forwarded,
  answered,  ///< a first contact who answered, when nothing of his was held: one message passes
  first_contact,
  paused,     ///< the operator said: pass everything
  unscreened  ///< a fault of ours under law 7: passed without a decision
};
inline constexpr std::array<std::string_view, 22> kReasonWords = {
    "internal",      "unprotected",   "exempt",    "blocked",        "infected",    "token",
    "token-refused", "own-domain",    "contact",   "forged-contact", "unauthentic", "reply",
    "bounce",        "expected",      "malformed", "machine",        "spam",        "forwarded",
    "answered",      "first-contact", "paused",    "unscreened"};

/// What becomes of the message for one recipient.
enum class Disposition {
  pass,
  aside,          ///< pass, marked for filing
  hold,           ///< hold, and challenge the author
  hold_silently,  ///< hold, and tell nobody but the recipient
  refuse,         ///< 554
  defer           ///< 4yz: doubt
};
inline constexpr std::array<std::string_view, 6> kDispositionWords = {
    "pass", "aside", "hold", "hold-silently", "refuse", "defer"};

enum class Mode { observe, aside, hold, refuse, defer };
inline constexpr std::array<std::string_view, 5> kModeWords = {"observe", "aside", "hold", "refuse",
                                                               "defer"};

/// The state of a held message, as pages and `countersign held` show it.
enum class HeldState {
  held,      ///< waits for an answer or for its recipient
  answered,  ///< is being delivered: answered or let in, the MTA has not taken it yet
  released,  ///< an MTA took it
  dropped,   ///< its recipient or an operator dropped it
  expired,   ///< its lifetime is over
  failed,    ///< the MTA refused it for good
  withdrawn  ///< its sender took it back; its recipient can still restore it, or let it in
};
inline constexpr std::array<std::string_view, 7> kHeldStateWords = {
    "held", "answered", "released", "dropped", "expired", "failed", "withdrawn"};
/// What became of a held message for one of its recipients.
enum class RecipientState {
  waiting,   ///< nothing was tried, or it was deferred
  taken,     ///< the MTA took it
  refused,   ///< the MTA refused it for good since the last word that it may go
  declined,  ///< the answer does not count: its owner had blocked the author meanwhile
  dropped    ///< its owner, or an operator for him, wants it no more; nobody is told
};
inline constexpr std::array<std::string_view, 5> kRecipientStateWords = {
    "waiting", "taken", "refused", "declined", "dropped"};

/// Whether a message may still come to a recipient of whom this is so.
inline constexpr bool is_left(RecipientState s) {
  return s == RecipientState::waiting || s == RecipientState::refused;
}
/// Whether it waits for somebody's word, until its lifetime is over.
inline constexpr bool waits_for_a_word(HeldState s) {
  return s == HeldState::held || s == HeldState::withdrawn;
}
/// Whether its recipient can still let it in, and digests list it: it waits for a word, or the MTA
/// refused it.
inline constexpr bool may_be_let_in(HeldState s) {
  return waits_for_a_word(s) || s == HeldState::failed;
}
/// Whether nothing can become of the message any more.
inline constexpr bool is_over(HeldState s) {
  return s == HeldState::released || s == HeldState::dropped || s == HeldState::expired;
}

/// By whom a permit may be used.
enum class Binding {
  anyone,
  first,  ///< whose authenticated domain used it first; until then anyone
  domain  ///< Permit::bound_to
};
inline constexpr std::array<std::string_view, 3> kBindingWords = {"anyone", "first", "domain"};

/// What an address token is good for.
enum class TokenUse {
  none,     ///< no token of ours: no detail, or a wrong tag
  valid,    ///< one use is there to be spent
  over,     ///< revoked, expired or spent
  stranger  ///< used by another domain than it is bound to
};
inline constexpr std::array<std::string_view, 4> kTokenUseWords = {"none", "valid", "over",
                                                                   "stranger"};

/// Returns the word of an enumerator.
template <class Enum, std::size_t N>
constexpr std::string_view word(const std::array<std::string_view, N>& words, Enum value) {
  return words[static_cast<std::size_t>(value)];
}
inline constexpr std::string_view word(Reason r) { return word(kReasonWords, r); }
inline constexpr std::string_view word(Disposition d) { return word(kDispositionWords, d); }
inline constexpr std::string_view word(Mode m) { return word(kModeWords, m); }
inline constexpr std::string_view word(Binding b) { return word(kBindingWords, b); }
inline constexpr std::string_view word(TokenUse u) { return word(kTokenUseWords, u); }
inline constexpr std::string_view word(HeldState s) { return word(kHeldStateWords, s); }
inline constexpr std::string_view word(RecipientState s) { return word(kRecipientStateWords, s); }

/// Returns the enumerator of a word, or nothing.
template <class Enum, std::size_t N>
constexpr std::optional<Enum> from_word(const std::array<std::string_view, N>& words,
                                        std::string_view text) {
  for (std::size_t i = 0; i < N; ++i)
    if (words[i] == text) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace countersign
