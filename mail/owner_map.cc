// SPDX-License-Identifier: Apache-2.0
#include "mail/owner_map.h"

#include <algorithm>
#include <optional>
#include <set>

#include "mail/domain.h"
#include "mail/folded_path.h"

namespace countersign {
namespace {

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

/// "@example.org" in A-labels; none if it is no such thing.
std::optional<std::string> wide(std::string_view text) {
  if (!text.starts_with('@')) return std::nullopt;
  auto domain = to_a_labels(text.substr(1));
  if (!domain || domain->empty() || domain->starts_with('[')) return std::nullopt;
  return "@" + *domain;
}

std::vector<std::string_view> words_of(std::string_view value) {
  constexpr std::string_view kSeparators = ", \t\r\n";
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < value.size();) {
    const auto end = std::min(value.find_first_of(kSeparators, at), value.size());
    if (end > at) words.push_back(value.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

/// The mailbox with that address, of parts that were a mailbox's.
std::optional<Mailbox> at_domain(const Mailbox& mailbox, std::string_view domain) {
  const std::string address = mailbox.address();
  auto made = Mailbox::parse(address.substr(0, address.rfind('@') + 1) + std::string(domain));
  if (!made) return std::nullopt;
  return *std::move(made);
}

Mailbox bare_of(const Mailbox& recipient, std::string_view delimiters) {
  return without_batv(recipient).without_detail(delimiters);
}

}  // namespace

OwnerMap::OwnerMap(std::initializer_list<std::pair<Mailbox, Mailbox>> entries) {
  for (const auto& [address, owner] : entries) entries_.emplace(address.address(), owner.address());
}

std::string OwnerMap::add(std::string_view key, std::string_view value) {
  std::string name;
  if (const auto domain = wide(key)) {
    name = *domain;
  } else if (const auto mailbox = Mailbox::parse(key)) {
    name = mailbox->address();
  } else {
    return quoted(key) + " is no address";
  }
  const auto words = words_of(value);
  const bool good = std::all_of(words.begin(), words.end(), [](std::string_view word) {
    return wide(word) || Mailbox::parse(word);
  });
  if (words.empty() || !good) return quoted(value) + " is not the address of an owner";
  if (!entries_.emplace(name, value).second) return quoted(key) + " stands there twice";
  return "";
}

std::vector<std::string> OwnerMap::keys_of(const Mailbox& recipient, std::string_view delimiters) {
  std::vector<std::string> keys = {recipient.address()};
  if (const std::string bare = bare_of(recipient, delimiters).address(); bare != keys.front())
    keys.push_back(bare);
  keys.push_back("@" + recipient.domain());
  return keys;
}

Ownership OwnerMap::of(const Mailbox& recipient, std::string_view delimiters) const {
  if (!entries_.empty())
    for (const std::string& key : keys_of(recipient, delimiters))
      if (const auto found = entries_.find(key); found != entries_.end())
        return read(recipient, delimiters, found->second);
  return {bare_of(recipient, delimiters)};
}

Ownership OwnerMap::read(const Mailbox& recipient, std::string_view delimiters,
                         std::string_view value) {
  const Mailbox bare = bare_of(recipient, delimiters);
  std::set<Mailbox> owners;
  for (const std::string_view word : words_of(value)) {
    std::optional<Mailbox> owner;
    if (const auto domain = wide(word)) {
      owner = at_domain(bare, domain->substr(1));
    } else if (auto mailbox = Mailbox::parse(word)) {
      owner = *std::move(mailbox);
    } else if (word.find_first_of("@/|:\"") == std::string_view::npos) {
      if (auto local = Mailbox::parse(std::string(word) + "@" + bare.domain()))
        owner = *std::move(local);
    }
    if (owner) owners.insert(*std::move(owner));
  }
  if (owners.contains(recipient)) return {recipient};
  if (owners.empty() || owners.contains(bare)) return {bare};
  if (owners.size() > 1) return {bare, true};
  return {*owners.begin()};
}

}  // namespace countersign
