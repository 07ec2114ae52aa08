// SPDX-License-Identifier: Apache-2.0
//
// The setters of config/keys.cc and their opposites, for members of the structures in Config.
// Included by that file only.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/keys.h"
#include "config/values.h"

namespace countersign::config_keys_detail {

// Words that a key takes, and words of the design that a later version takes.
struct Words {
  std::array<std::string_view, 5> now;  ///< "" fills up
  std::array<std::string_view, 5> later = {};
};
inline bool has(const std::array<std::string_view, 5>& words, std::string_view text) {
  return !text.empty() && std::find(words.begin(), words.end(), text) != words.end();
}

inline Result<std::string> parse_word(const Words& words, std::string_view text) {
  if (has(words.now, text)) return std::string(text);
  if (has(words.later, text))
    return Error{Errc::invalid, in_quotes(text) + " is not available in this version"};
  return Error{Errc::invalid, in_quotes(text) + " is none of its words"};
}

template <const Words& Allowed>
Result<std::string> word_of(std::string_view text) {
  return parse_word(Allowed, text);
}

template <auto Table, auto Member, Result<std::string> (*Parse)(std::string_view)>
Status set_text(Config& config, const Value& value) {
  CS_ASSIGN(config.*Table.*Member, Parse(value.text));
  return {};
}

/// As set_text; "" means none.
template <auto Table, auto Member, Result<std::string> (*Parse)(std::string_view)>
Status set_text_or_none(Config& config, const Value& value) {
  if (!value.text.empty()) return set_text<Table, Member, Parse>(config, value);
  (config.*Table.*Member).clear();
  return {};
}

template <auto Table, auto Member>
Value show_text(const Config& config) {
  return Value::of(config.*Table.*Member);
}

/// Elements that come to the same are kept once.
template <auto Table, auto Member, Result<std::string> (*Parse)(std::string_view)>
Status set_list(Config& config, const Value& value) {
  std::vector<std::string> list;
  for (const std::string& text : value.list) {
    CS_ASSIGN(std::string element, Parse(text));
    if (std::find(list.begin(), list.end(), element) == list.end())
      list.push_back(std::move(element));
  }
  config.*Table.*Member = std::move(list);
  return {};
}

template <auto Table, auto Member>
Value show_list(const Config& config) {
  return Value::of(config.*Table.*Member);
}

template <auto Table, auto Member, long Least, long Most>
Status set_duration(Config& config, const Value& value) {
  CS_ASSIGN(const std::chrono::seconds duration, parse_duration(value.text));
  if (duration < std::chrono::seconds(Least) || duration > std::chrono::seconds(Most))
    return Error{Errc::invalid, in_quotes(value.text) + " is out of range"};
  config.*Table.*Member = duration;
  return {};
}

template <auto Table, auto Member>
Value show_duration_of(const Config& config) {
  return Value::of(show_duration(config.*Table.*Member));
}

template <auto Table, auto Member, std::uint64_t Least, std::uint64_t Most>
Status set_size(Config& config, const Value& value) {
  CS_ASSIGN(const std::uint64_t bytes, parse_size(value.text));
  if (bytes < Least || bytes > Most)
    return Error{Errc::invalid, in_quotes(value.text) + " is out of range"};
  config.*Table.*Member = bytes;
  return {};
}

template <auto Table, auto Member>
Value show_size_of(const Config& config) {
  return Value::of(show_size(config.*Table.*Member));
}

}  // namespace countersign::config_keys_detail
