// SPDX-License-Identifier: Apache-2.0
#include "answering/altcha.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/crypto.h"
#include "base/encoding.h"

namespace countersign::altcha {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestPayload = 3000;
constexpr std::string_view kAlgorithm = "PBKDF2/SHA-256";
// A signed challenge is ours, but a check must not cost more than a challenge of ours can.
constexpr std::int64_t kMostCost = 100'000;

Error refused(std::string_view why) { return {Errc::invalid, "altcha: " + std::string(why)}; }

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// Parses JSON, refusing repeated members: what is verified and what is read must be one thing.
std::optional<json> parse_json(std::string_view text) {
  std::vector<std::set<std::string>> open;
  bool repeated = false;
  const auto watch = [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) open.emplace_back();
    if (event == json::parse_event_t::object_end && !open.empty()) open.pop_back();
    if (event == json::parse_event_t::key && !open.empty())
      repeated |= !open.back().insert(parsed.get<std::string>()).second;
    return true;
  };
  json value = json::parse(text, watch, false);
  if (value.is_discarded() || repeated) return std::nullopt;
  return value;
}

/// Reads the members of one object; what is not asked for, or not there, spoils it.
class Members {
 public:
  explicit Members(const json& object) : object_(object), good_(object.is_object()) {}

  std::string hex(const char* name, std::size_t least, std::size_t most) {
    const json* member = find(name);
    if (!member || !member->is_string()) return fail();
    std::string text = member->get<std::string>();
    if (text.size() < least || text.size() > most || !is_lower_hex(text)) return fail();
    return text;
  }
  std::string text(const char* name) {
    const json* member = find(name);
    if (!member || !member->is_string()) return fail();
    return member->get<std::string>();
  }
  std::int64_t integer(const char* name, std::int64_t least, std::int64_t most) {
    const json* member = find(name);
    if (!member || !member->is_number_integer()) return fail(), 0;
    // An unsigned number over the signed range would wrap.
    if (member->is_number_unsigned() &&
        member->get<std::uint64_t>() > std::uint64_t(std::numeric_limits<std::int64_t>::max()))
      return fail(), 0;
    const auto value = member->get<std::int64_t>();
    if (value < least || value > most) return fail(), 0;
    return value;
  }
  const json* object(const char* name) {
    const json* member = find(name);
    if (!member || !member->is_object()) fail();
    return good_ ? member : nullptr;
  }
  bool has(const char* name) const { return good_ && object_.contains(name); }
  /// Takes a number of any kind that nothing depends on.
  void ignore_number(const char* name) {
    const json* member = find(name);
    if (!member || !member->is_number()) fail();
  }
  /// Whether every member was there, of its type, and no other is.
  bool complete() const { return good_ && object_.size() == taken_; }

 private:
  const json* find(const char* name) {
    if (!good_) return nullptr;
    const auto at = object_.find(name);
    if (at == object_.end()) return nullptr;
    ++taken_;
    return &*at;
  }
  std::string fail() {
    good_ = false;
    return {};
  }

  const json& object_;
  bool good_;
  std::size_t taken_ = 0;
};

std::optional<Parameters> read_parameters(const json& object) {
  Members members(object);
  Parameters out;
  if (members.text("algorithm") != kAlgorithm) return std::nullopt;
  out.cost = static_cast<int>(members.integer("cost", 1, kMostCost));
  if (members.has("data")) {
    const json* data = members.object("data");
    if (!data) return std::nullopt;
    Members inner(*data);
    out.binding = inner.text("m");
    if (!inner.complete()) return std::nullopt;
  }
  if (members.has("expiresAt"))
    out.expires_at = members.integer("expiresAt", 0, std::int64_t{1} << 53);
  members.integer("keyLength", kKeyBytes, kKeyBytes);
  out.key_prefix = members.hex("keyPrefix", 1, 2 * kKeyBytes);
  if (members.has("keySignature")) out.key_signature = members.hex("keySignature", 64, 64);
  out.nonce = members.hex("nonce", 32, 32);
  out.salt = members.hex("salt", 32, 32);
  if (!members.complete()) return std::nullopt;
  return out;
}

json to_json(const Parameters& p) {
  // nlohmann's object is sorted by key, which the signature needs.
  json out = {{"algorithm", kAlgorithm},   {"cost", p.cost},   {"keyLength", kKeyBytes},
              {"keyPrefix", p.key_prefix}, {"nonce", p.nonce}, {"salt", p.salt}};
  if (p.binding) out["data"] = {{"m", *p.binding}};
  if (p.expires_at) out["expiresAt"] = *p.expires_at;
  if (p.key_signature) out["keySignature"] = *p.key_signature;
  return out;
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool signed_by_any(const std::vector<std::string>& keys, std::string_view bytes,
                   std::string_view hex) {
  bool found = false;
  for (const std::string& key : keys)
    found |= equal_in_constant_time(hex_encode(hmac_sha256(key, bytes)), hex);
  return found;
}

}  // namespace

std::string canonical_parameters(const Parameters& parameters) { return dump(to_json(parameters)); }

std::string challenge_json(const Parameters& parameters, const Keys& keys) {
  json out = {{"parameters", to_json(parameters)}};
  out["signature"] = hex_encode(hmac_sha256(keys.signature.front(), dump(out["parameters"])));
  return dump(out);
}

std::string derive_key(std::string_view nonce, std::string_view salt, std::uint32_t counter,
                       int cost) {
  std::string password(nonce);
  for (const int shift : {24, 16, 8, 0}) password += static_cast<char>(counter >> shift & 255U);
  return pbkdf2_sha256(password, salt, cost, kKeyBytes);
}

Result<Payload> parse_payload(std::string_view base64) {
  if (base64.size() > kLongestPayload) return refused("payload too long");
  const auto text = base64_decode(base64);
  if (!text) return refused("payload is no base64");
  const auto value = parse_json(*text);
  if (!value) return refused("payload is no JSON, or repeats a member");

  Members top(*value);
  const json* challenge = top.object("challenge");
  const json* solution = top.object("solution");
  if (!challenge || !solution || !top.complete()) return refused("payload of a wrong shape");

  Payload out;
  Members signed_part(*challenge);
  const json* parameters = signed_part.object("parameters");
  out.signature = signed_part.hex("signature", 64, 64);
  if (!parameters || !signed_part.complete()) return refused("challenge of a wrong shape");
  auto read = read_parameters(*parameters);
  if (!read) return refused("parameters of a wrong shape");
  out.parameters = *std::move(read);

  Members solved(*solution);
  out.counter = static_cast<std::uint32_t>(
      solved.integer("counter", 0, std::numeric_limits<std::uint32_t>::max()));
  out.derived_key = solved.hex("derivedKey", 2 * kKeyBytes, 2 * kKeyBytes);
  if (solved.has("time")) solved.ignore_number("time");
  if (!solved.complete()) return refused("solution of a wrong shape");
  return out;
}

Status verify(const Payload& payload, const Keys& keys, WallTime now) {
  const Parameters& p = payload.parameters;
  if (!p.expires_at) return refused("challenge without an expiry");
  if (*p.expires_at <= std::chrono::floor<seconds>(now).time_since_epoch().count())
    return refused("challenge expired");
  if (!signed_by_any(keys.signature, canonical_parameters(p), payload.signature))
    return refused("challenge not signed by us");
  if (!payload.derived_key.starts_with(p.key_prefix)) return refused("prefix not met");

  const std::string key = *hex_decode(payload.derived_key);
  if (p.key_signature) {
    if (!signed_by_any(keys.key, key, *p.key_signature)) return refused("wrong key");
    return {};
  }
  if (!equal_in_constant_time(
          derive_key(*hex_decode(p.nonce), *hex_decode(p.salt), payload.counter, p.cost), key))
    return refused("wrong key");
  return {};
}

}  // namespace countersign::altcha
