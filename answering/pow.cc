// SPDX-License-Identifier: Apache-2.0
#include "answering/pow.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"

namespace countersign {
namespace {

constexpr std::size_t kRandomBytes = 16;

/// Returns a number uniform in 1..most.
std::uint32_t random_counter(int most) {
  const auto range = static_cast<std::uint32_t>(most);
  // What lies beyond the last whole multiple of the range would favour small numbers.
  const std::uint32_t limit = UINT32_MAX - UINT32_MAX % range;
  for (;;) {
    std::uint32_t value = 0;
    for (const char c : random_bytes(4)) value = value << 8 | static_cast<unsigned char>(c);
    if (value < limit) return value % range + 1;
  }
}

Result<std::vector<std::string>> keys_of(const Keyring& keyring, std::string_view purpose) {
  CS_TRY(keyring.current(purpose));
  std::vector<std::string> out;
  for (const Secret& secret : keyring.all(purpose)) out.push_back(secret.bytes);
  return out;
}

template <class Answers>
std::map<int, Answers> empty_stock(const std::vector<int>& levels) {
  std::map<int, Answers> out;
  for (const int tries : levels) out.try_emplace(tries);
  return out;
}

Error refused(std::string_view why) { return {Errc::invalid, "pow: " + std::string(why)}; }

}  // namespace

Result<std::unique_ptr<Pow>> Pow::make(const Keyring& keyring, const Clock& clock,
                                       const PowSettings& settings) {
  altcha::Keys keys;
  CS_ASSIGN(keys.signature, keys_of(keyring, "pow"));
  CS_ASSIGN(keys.key, keys_of(keyring, "powkey"));
  return std::unique_ptr<Pow>(new Pow(std::move(keys), clock, settings));
}

Pow::Pow(altcha::Keys keys, const Clock& clock, const PowSettings& settings)
    : keys_(std::move(keys)),
      clock_(clock),
      settings_(settings),
      stock_(empty_stock<std::deque<Prepared>>(settings.levels)),
      keeper_([this] { keep_stock(); }) {}

Pow::~Pow() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wanted_.notify_all();
  keeper_.join();
}

Pow::Prepared Pow::prepare(int tries) const {
  const std::string nonce = random_bytes(kRandomBytes);
  const std::string salt = random_bytes(kRandomBytes);
  const std::string key = altcha::derive_key(nonce, salt, random_counter(tries), settings_.cost);
  return {hex_encode(nonce), hex_encode(salt),
          hex_encode(std::string_view(key).substr(0, altcha::kPrefixBytes)),
          hex_encode(hmac_sha256(keys_.key.front(), key))};
}

void Pow::set_levels(const std::vector<int>& levels) {
  {
    std::lock_guard lock(mutex_);
    auto next = empty_stock<std::deque<Prepared>>(levels);
    for (auto& [tries, answers] : next)
      if (const auto old = stock_.find(tries); old != stock_.end()) answers.swap(old->second);
    stock_.swap(next);
  }
  wanted_.notify_one();
}

/// The level that has fewest answers, if it has too few. Under the lock.
std::map<int, std::deque<Pow::Prepared>>::value_type* Pow::wanting() {
  const auto least = std::min_element(
      stock_.begin(), stock_.end(),
      [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  if (least == stock_.end() || least->second.size() >= settings_.stock) return nullptr;
  return &*least;
}

void Pow::keep_stock() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [this] { return stopping_ || wanting() != nullptr; });
    if (stopping_) return;
    const int tries = wanting()->first;
    lock.unlock();
    Prepared made = prepare(tries);
    lock.lock();
    // The level may be gone meanwhile.
    if (const auto level = stock_.find(tries); level != stock_.end())
      level->second.push_back(std::move(made));
  }
}

std::string Pow::issue(const std::string& binding, int tries) {
  std::optional<Prepared> answer;
  {
    std::lock_guard lock(mutex_);
    const auto level = stock_.find(tries);
    if (level != stock_.end() && !level->second.empty()) {
      answer = std::move(level->second.front());
      level->second.pop_front();
    }
  }
  wanted_.notify_one();
  // An empty stock makes a challenge dearer for us, never refuses it.
  if (!answer) answer = prepare(tries);

  altcha::Parameters p;
  p.cost = settings_.cost;
  p.binding = binding;
  p.expires_at =
      std::chrono::floor<seconds>(clock_.wall() + settings_.lifetime).time_since_epoch().count();
  p.key_prefix = std::move(answer->key_prefix);
  p.key_signature = std::move(answer->key_signature);
  p.nonce = std::move(answer->nonce);
  p.salt = std::move(answer->salt);
  return altcha::challenge_json(p, keys_);
}

Result<PowProof> Pow::check(std::string_view field, const std::string& binding) const {
  CS_ASSIGN(const altcha::Payload payload, altcha::parse_payload(field));
  const altcha::Parameters& p = payload.parameters;
  if (!p.key_signature || p.key_prefix.size() != 2 * altcha::kPrefixBytes)
    return refused("not a deterministic challenge");
  if (p.cost != settings_.cost) return refused("another cost");
  if (p.binding != binding) return refused("challenge of another message");
  const WallTime now = clock_.wall();
  CS_TRY(altcha::verify(payload, keys_, now));
  const auto left = std::chrono::ceil<seconds>(WallTime(seconds(*p.expires_at)) - now);
  return PowProof{p.nonce, std::max(left, seconds(1))};
}

std::size_t Pow::ready() const {
  std::lock_guard lock(mutex_);
  std::size_t all = 0;
  for (const auto& [tries, answers] : stock_) all += answers.size();
  return all;
}

}  // namespace countersign
