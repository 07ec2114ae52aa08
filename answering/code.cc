// SPDX-License-Identifier: Apache-2.0
#include "answering/code.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/crypto.h"
#include "base/encoding.h"
#include "tokenstore/held_index.h"

namespace countersign {
namespace {

constexpr std::size_t kMacBytes = 16;
constexpr std::uint64_t kCodes = 1'000'000;
constexpr std::size_t kMostTyped = 12;
constexpr std::size_t kLongestId = 64;

Error refused(std::string_view why) { return {Errc::invalid, "code: " + std::string(why)}; }

std::string mac_of(const std::string& key, const std::string& binding, std::string_view window,
                   std::string_view place) {
  return hmac_sha256(key, framed("code-id", binding, window, place)).substr(0, kMacBytes);
}

std::string digits_of(const std::string& key, const std::string& binding, std::string_view window,
                      std::string_view place) {
  const std::string bytes = hmac_sha256(key, framed("code-digits", binding, window, place));
  std::uint64_t number = 0;
  for (const char c : bytes.substr(0, 8)) number = number << 8 | static_cast<unsigned char>(c);
  const std::string digits = std::to_string(number % kCodes);
  return std::string(6 - digits.size(), '0') + digits;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && number >= 0;
}

/// The scripts' digits, by the UTF-8 of their zero; the nine others follow.
constexpr std::array<std::string_view, 4> kZeros = {
    "\xEF\xBC\x90",  // full-width
    "\xD9\xA0",      // Arabic-Indic
    "\xDB\xB0",      // Persian
    "\xE0\xA5\xA6",  // Devanagari
};

/// The digit at the begin of `text`, and how many bytes it takes; nothing if there is none.
std::optional<std::pair<char, std::size_t>> digit_at(std::string_view text) {
  if (text.front() >= '0' && text.front() <= '9') return std::pair(text.front(), std::size_t{1});
  for (const std::string_view zero : kZeros) {
    if (text.size() < zero.size()) continue;
    const std::string_view lead = zero.substr(0, zero.size() - 1);
    const int value =
        static_cast<unsigned char>(text[lead.size()]) - static_cast<unsigned char>(zero.back());
    if (text.starts_with(lead) && value >= 0 && value <= 9)
      return std::pair(static_cast<char>('0' + value), zero.size());
  }
  return std::nullopt;
}

/// How many bytes of a blank or hyphen `text` begins with; 0 if with none.
std::size_t gap_at(std::string_view text) {
  for (const std::string_view gap :
       {" ", "\t", "\r", "\n", "-", ".", "\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\xAF", "\xE2\x80\x8E",
        "\xE2\x80\x8F", "\xE2\x80\x93"})
    if (text.starts_with(gap)) return gap.size();
  return 0;
}

}  // namespace

Result<std::unique_ptr<Codes>> Codes::make(const Keyring& keyring, const Clock& clock,
                                           const CodeSettings& settings) {
  CS_ASSIGN(Secret key, keyring.current("wait"));
  return std::unique_ptr<Codes>(new Codes(keyring, std::move(key), clock, settings));
}

std::int64_t code_window(WallTime t) {
  return std::chrono::floor<seconds>(t.time_since_epoch()) / kCodeWindow;
}

seconds Codes::until_new() const {
  const auto since = std::chrono::floor<seconds>(clock_.wall().time_since_epoch());
  return kCodeWindow - since % kCodeWindow;
}

std::optional<std::string> Codes::first_of(const std::string& binding, std::int64_t window,
                                           int used) const {
  if (used >= settings_.per_window) return std::nullopt;
  const std::string number = std::to_string(window);
  const std::string place = std::to_string(used);
  return number + "." + place + "." + hex_encode(mac_of(key_.bytes, binding, number, place));
}

Result<std::optional<std::string>> Codes::offer(const std::string& binding, const HeldId& id,
                                                WebState& state, Deadline deadline) const {
  const std::int64_t window = window_now();
  CS_ASSIGN(const int used, state.failures(code_counter(id, window), deadline));
  return first_of(binding, window, used);
}

Result<std::optional<std::string>> Codes::another(std::string_view shown,
                                                  const std::string& binding, const HeldId& id,
                                                  WebState& state, Deadline deadline) const {
  const auto code = check(shown, binding);
  if (!code || code->window != window_now()) return offer(binding, id, state, deadline);
  CS_ASSIGN(const int used, state.failures(code_counter(id, code->window), deadline));
  return first_of(binding, code->window, std::max(used, code->place + 1));
}

Result<std::optional<std::string>> Codes::keep(std::string_view shown, const std::string& binding,
                                               const HeldId& id, WebState& state,
                                               Deadline deadline) const {
  const auto code = check(shown, binding);
  if (!code) return offer(binding, id, state, deadline);
  CS_ASSIGN(const int used, state.failures(code_counter(id, code->window), deadline));
  if (code->place >= used) return std::optional(std::string(shown));
  return offer(binding, id, state, deadline);
}

Result<CheckedCode> Codes::check(std::string_view code_id, const std::string& binding) const {
  if (code_id.size() > kLongestId) return refused("id of a wrong shape");
  const auto first = code_id.find('.');
  const auto second = code_id.find('.', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return refused("id of a wrong shape");
  const std::string_view window = code_id.substr(0, first);
  const std::string_view place = code_id.substr(first + 1, second - first - 1);
  const auto mac = hex_decode(code_id.substr(second + 1));
  CheckedCode out;
  if (!mac || mac->size() != kMacBytes || !read_number(window, out.window) ||
      !read_number(place, out.place))
    return refused("id of a wrong shape");

  const Secret* signer = nullptr;
  for (const Secret& key : keyring_.all("wait"))
    if (equal_in_constant_time(mac_of(key.bytes, binding, window, place), *mac)) signer = &key;
  if (!signer) return refused("id not signed by us for this message");
  // Who loaded the page in the last second of a window has the next one for his answer.
  const auto end = seconds(kCodeWindow.count() * (out.window + 2));
  const auto left = end - std::chrono::floor<seconds>(clock_.wall().time_since_epoch());
  if (left <= seconds(0)) return refused("too old");
  out.digits = digits_of(signer->bytes, binding, window, place);
  out.nonce = binding + "." + std::string(window) + "." + std::string(place);
  out.remaining = left;
  return out;
}

Status Codes::use_up(const CheckedCode& code, const HeldId& id, WebState& state,
                     Deadline deadline) const {
  const std::string counter = code_counter(id, code.window);
  // The counter says which codes are left, so it must pass this one. Guesses at the same time may
  // make it pass others too, which only costs a code; one that comes again later must not: each
  // reload of the page posts it once more.
  CS_ASSIGN(int used, state.failures(counter, deadline));
  while (used <= code.place) {
    CS_ASSIGN(used, state.count_failure(counter, 2 * kCodeWindow, deadline));
  }
  return {};
}

std::string typed_digits(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (const std::size_t gap = gap_at(text); gap > 0) {
      text.remove_prefix(gap);
      continue;
    }
    const auto digit = digit_at(text);
    if (!digit || out.size() == kMostTyped) return "";
    out += digit->first;
    text.remove_prefix(digit->second);
  }
  return out;
}

}  // namespace countersign
