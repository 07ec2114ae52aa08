// SPDX-License-Identifier: Apache-2.0
//
// Fills an empty Redis with contacts as Countersign writes them, and measures their memory and the
// time of a look-up; docs/performance.md has the method.
//
//   contact_load URL CONTACTS CONTACTS-PER-MAILBOX [LOOK-UPS]
//
// Prints "contacts per-mailbox bytes-per-contact look-up-median-us look-up-mean-us known".
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tokenstore/records.h"
#include "tokenstore/redis_connection.h"
#include "tokenstore/redis_store.h"

namespace countersign {
namespace {

constexpr std::array<const char*, 12> kNames = {"anna",  "bert",   "clara", "dora",
                                                "emil",  "franz",  "gina",  "hugo",
                                                "irene", "joseph", "klara", "ludwig"};
constexpr std::array<const char*, 10> kFamilies = {"smith",    "mueller", "garcia",    "rossi",
                                                   "dubois",   "novak",   "johansson", "silva",
                                                   "kowalski", "jones"};
constexpr std::array<const char*, 6> kLarge = {"gmail.com", "outlook.com", "yahoo.com",
                                               "gmx.net",   "icloud.com",  "web.de"};
constexpr std::array<const char*, 5> kWords = {"chairs", "books", "garden", "travel", "insurance"};

/// The n-th correspondent: always the same one. Half write from six large domains, the others from
/// a hundred thousand small ones.
std::string correspondent(std::size_t n) {
  std::mt19937_64 random(n);
  std::string out = kNames[random() % kNames.size()];
  if (random() % 2 == 0) out += std::string(".") + kFamilies[random() % kFamilies.size()];
  out += std::to_string(random() % 1000);
  if (random() % 2 == 0) return out + "@" + kLarge[random() % kLarge.size()];
  const auto firm = random() % 100'000;
  return out + "@" + kWords[firm % kWords.size()] + std::to_string(firm) +
         (firm % 2 == 0 ? ".com" : ".de");
}

Mailbox mailbox(std::size_t n) {
  return *Mailbox::parse("user" + std::to_string(n) + "@example.org");
}

/// A contact as it comes about: most are learnt, and most of them have been authenticated since.
ContactEntry entry_for(std::size_t n, const Mailbox& author) {
  ContactEntry entry;
  entry.source = n % 10 == 0 ? "answered" : "learnt";
  entry.created = WallTime(seconds(1'800'000'000 + static_cast<long long>(n % 30'000'000)));
  if (n % 10 == 0) entry.seen = entry.created;
  if (n % 5 != 1) {
    std::string domain = author.domain();
    entry.fingerprints = {std::move(domain)};
  }
  return entry;
}

Deadline soon() { return std::chrono::steady_clock::now() + seconds(60); }

[[noreturn]] void fail(const Error& error) {
  std::fprintf(stderr, "contact_load: %s\n", error.detail.c_str());
  std::exit(1);
}
template <class T>
T or_fail(Result<T> result) {
  if (!result) fail(result.error());
  return *std::move(result);
}

double used_memory(RedisConnection& redis) {
  RedisPipeline ask;
  ask.add({"INFO", "memory"});
  const std::string info = or_fail(redis.run(ask, soon())).front().text;
  const auto at = info.find("used_memory:");
  return std::strtod(info.c_str() + at + 12, nullptr);
}

void fill(RedisConnection& redis, std::size_t contacts, std::size_t per_mailbox) {
  constexpr std::size_t kAtOnce = 1000;
  for (std::size_t n = 0; n < contacts;) {
    RedisPipeline ask;
    const std::size_t end = std::min(contacts, n + kAtOnce);
    for (; n < end; ++n) {
      const Mailbox author = *Mailbox::parse(correspondent(n));
      const std::string subject = "a:" + author.address();
      const std::string key = "cs:{" + mailbox(n / per_mailbox).key() + "}:contacts";
      ask.add({"HSET", key, subject, encode_contact(subject, entry_for(n, author))});
    }
    (void)or_fail(redis.run(ask, soon()));
  }
}

/// Microseconds of each look-up: of a mailbox and somebody whom it knows, every second time.
std::vector<double> look_ups(Directory& directory, std::size_t contacts, std::size_t per_mailbox,
                             std::size_t times, std::size_t& known) {
  std::vector<double> took;
  std::mt19937_64 random(7);
  for (std::size_t i = 0; i < times; ++i) {
    const std::size_t n = random() % contacts;
    const std::size_t other = i % 2 == 0 ? n : contacts + random() % contacts;
    const Inquiry inquiry{.recipients = {mailbox(n / per_mailbox)},
                          .author = *Mailbox::parse(correspondent(other))};
    const auto begun = std::chrono::steady_clock::now();
    const Knowledge answer = or_fail(directory.look_up(inquiry, soon()));
    took.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begun)
            .count());
    if (!answer.recipients.front().matches.empty()) ++known;
  }
  std::sort(took.begin(), took.end());
  return took;
}

int run(const std::string& url, std::size_t contacts, std::size_t per_mailbox, std::size_t times) {
  const SystemClock clock;
  auto redis = or_fail(RedisConnection::open(or_fail(RedisAddress::parse(url)), {}, soon()));
  StoreSettings settings;
  settings.url = url;
  const auto store = or_fail(RedisStore::open(settings, clock));
  (void)or_fail(store->create_site(soon()));
  const double before = used_memory(*redis);
  fill(*redis, contacts, per_mailbox);
  const double bytes = (used_memory(*redis) - before) / static_cast<double>(contacts);
  std::size_t known = 0;
  const auto took = look_ups(store->directory(), contacts, per_mailbox, times, known);
  double sum = 0;
  for (const double one : took) sum += one;
  std::printf("%zu %zu %.1f %.1f %.1f %zu\n", contacts, per_mailbox, bytes, took[took.size() / 2],
              sum / static_cast<double>(took.size()), known);
  return known >= times / 2 ? 0 : 1;
}

}  // namespace
}  // namespace countersign

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: contact_load URL CONTACTS CONTACTS-PER-MAILBOX [LOOK-UPS]\n");
    return 64;
  }
  const auto number = [&](int i, std::size_t otherwise) {
    return argc > i ? static_cast<std::size_t>(std::strtoull(argv[i], nullptr, 10)) : otherwise;
  };
  return countersign::run(argv[1], number(2, 0), number(3, 0), number(4, 20'000));
}
