// SPDX-License-Identifier: Apache-2.0
//
// Contacts as bytes (docs/store-format.md). There are millions of them, nearly all alike, so the
// common ones have a form of their own.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "mail/domain.h"
#include "tokenstore/record.h"
#include "tokenstore/records.h"

namespace countersign {
namespace {

constexpr std::string_view kAllow = "allow";
constexpr std::string_view kDeny = "deny";

constexpr char kBrief = '2';
constexpr std::size_t kBriefSize = 9;  // version, standing, source, six digits of a time
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr long long kMostSeconds = 1LL << 36U;
constexpr std::array<std::pair<char, std::string_view>, 6> kSources = {{{'a', "answered"},
                                                                        {'r', "released"},
                                                                        {'o', "observed"},
                                                                        {'m', "admin"},
                                                                        {'l', "learnt"},
                                                                        {'i', "imported"}}};

Error corrupt(const std::string& why) { return {Errc::corrupt, "contact: " + why}; }

WallTime to_the_second(WallTime t) {
  return t < WallTime{} ? WallTime{} : std::chrono::floor<seconds>(t);
}

std::string time_text(WallTime t) { return std::to_string(to_epoch_ms(to_the_second(t))); }

/// The fingerprint that a subject most likely has: that of its own domain.
std::string own_fingerprint(const Subject& subject) {
  if (subject.size() < 3) return "";
  std::string_view name = std::string_view(subject).substr(2);
  if (subject.starts_with("a:")) name.remove_prefix(name.rfind('@') + 1);
  if (name.starts_with('.')) name.remove_prefix(1);
  return organizational_domain(name);
}

bool has_empty(const std::vector<std::string>& texts) {
  return std::find(texts.begin(), texts.end(), "") != texts.end();
}

std::string brief_fingerprints(const Subject& subject, const ContactEntry& entry) {
  std::string out;
  const std::string own = own_fingerprint(subject);
  for (const std::string& fingerprint : entry.fingerprints)
    if (!fingerprint.empty()) out += fingerprint == own ? "=" : "&" + join_list({fingerprint});
  return out;
}

/// The short form, or nothing where it cannot say all.
std::optional<std::string> encode_brief(const Subject& subject, const ContactEntry& entry) {
  const auto created = to_epoch_ms(to_the_second(entry.created)) / 1000;
  const bool seen_then = to_the_second(entry.seen) == to_the_second(entry.created);
  if (entry.final || !entry.note.empty() || (entry.seen != WallTime{} && !seen_then) ||
      created <= 0 || created >= kMostSeconds || has_empty(entry.fingerprints))
    return std::nullopt;
  for (const auto& [letter, source] : kSources) {
    if (source != entry.source) continue;
    std::string out(1, kBrief);
    if (entry.standing == Standing::allow)
      out += seen_then ? 'A' : 'a';
    else
      out += seen_then ? 'D' : 'd';
    out += letter;
    for (int shift = 30; shift >= 0; shift -= 6)
      out += kDigits[static_cast<std::size_t>((created >> shift) & 63)];
    return out + brief_fingerprints(subject, entry);
  }
  return std::nullopt;
}

Status decode_brief_fingerprints(const Subject& subject, std::string_view text,
                                 ContactEntry& entry) {
  while (!text.empty()) {
    if (text.front() == '=') {
      entry.fingerprints.push_back(own_fingerprint(subject));
      text.remove_prefix(1);
      continue;
    }
    const auto end = std::min(text.find_first_of("=&", 1), text.size());
    CS_ASSIGN(const auto one, split_list(text.substr(1, end - 1)));
    if (text.front() != '&' || one.size() != 1) return corrupt("a fingerprint does not read");
    entry.fingerprints.push_back(one.front());
    text.remove_prefix(end);
  }
  return {};
}

Result<ContactEntry> decode_brief(const Subject& subject, std::string_view bytes) {
  if (bytes.size() < kBriefSize) return corrupt("it is cut");
  ContactEntry out;
  const auto standing = std::string_view("aAdD").find(bytes[1]);
  if (standing == std::string_view::npos) return corrupt("no standing");
  out.standing = standing < 2 ? Standing::allow : Standing::deny;
  for (const auto& [letter, source] : kSources)
    if (letter == bytes[2]) out.source = source;
  if (out.source.empty()) return corrupt("no source");
  long long created = 0;
  for (const char c : bytes.substr(3, kBriefSize - 3)) {
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) return corrupt("a time does not read");
    created = created * 64 + static_cast<long long>(digit);
  }
  out.created = WallTime(seconds(created));
  if (standing % 2 == 1) out.seen = out.created;
  CS_TRY(decode_brief_fingerprints(subject, bytes.substr(kBriefSize), out));
  return out;
}

std::string encode_record(const ContactEntry& entry) {
  Record out;
  out.add("standing", entry.standing == Standing::allow ? kAllow : kDeny);
  out.add("source", entry.source);
  if (entry.final) out.add("final", "1");
  out.add("created", time_text(entry.created));
  if (entry.seen != WallTime{}) out.add("seen", time_text(entry.seen));
  if (!entry.note.empty()) out.add("note", entry.note);
  out.add_all("fp", entry.fingerprints);
  return out.encode();
}

}  // namespace

std::string encode_contact(const Subject& subject, const ContactEntry& entry) {
  if (auto brief = encode_brief(subject, entry)) return *std::move(brief);
  return encode_record(entry);
}

FingerprintSuffix encode_fingerprints(const Subject& subject, const ContactEntry& entry) {
  Record record;
  record.add_all("fp", entry.fingerprints);
  return {record.encode().substr(1), brief_fingerprints(subject, entry)};
}

Result<ContactEntry> decode_contact(const Subject& subject, std::string_view bytes) {
  if (bytes.starts_with(kBrief)) return decode_brief(subject, bytes);
  CS_ASSIGN(const Record record, Record::decode(bytes));
  ContactEntry out;
  const std::string standing = record.text("standing");
  // Never guessed: an entry that cannot be read is no entry that allows.
  if (standing != kAllow && standing != kDeny) return corrupt("no standing");
  out.standing = standing == kAllow ? Standing::allow : Standing::deny;
  out.source = record.text("source");
  out.fingerprints = record.all("fp");
  out.final = record.text("final") == "1";
  CS_ASSIGN(const WallTime created, record.time("created"));
  CS_ASSIGN(const WallTime seen, record.time("seen"));
  out.created = to_the_second(created);
  out.seen = to_the_second(seen);
  out.note = record.text("note");
  return out;
}

}  // namespace countersign
