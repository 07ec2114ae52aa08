// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/records.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "tokenstore/record.h"

namespace countersign {
namespace {

constexpr std::string_view kVersion = "1";

std::string time_text(WallTime t) { return std::to_string(to_epoch_ms(t)); }

Error corrupt(const std::string& why) { return {Errc::corrupt, why}; }

Result<int> parse_generation(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1)
    return corrupt("no generation");
  return number;
}

/// Minutes east of UTC; none: UTC.
std::chrono::minutes parse_zone(std::string_view text) {
  constexpr int kMost = 24 * 60;
  int minutes = 0;
  std::from_chars(text.data(), text.data() + text.size(), minutes);
  return std::chrono::minutes(std::clamp(minutes, -kMost, kMost));
}

std::map<std::string, std::string, std::less<>> by_name(const Fields& fields) {
  std::map<std::string, std::string, std::less<>> out;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) out.emplace(fields[i], fields[i + 1]);
  return out;
}

Result<std::vector<RecipientState>> parse_outcomes(std::string_view text) {
  std::vector<RecipientState> out;
  CS_ASSIGN(const auto words, split_list(text));
  for (const std::string& one : words) {
    const auto outcome = from_word<RecipientState>(kRecipientStateWords, one);
    if (!outcome) return corrupt("no such outcome: " + one);
    out.push_back(*outcome);
  }
  return out;
}

}  // namespace

std::string encode_outcomes(const std::vector<RecipientState>& outcomes) {
  std::vector<std::string> words;
  for (const RecipientState outcome : outcomes) words.emplace_back(word(outcome));
  return join_list(words);
}

Fields encode_held(const HeldView& view, const std::string& digest) {
  Fields out = {"v",          std::string(kVersion),
                "node",       view.node,
                "to",         join_list(view.recipients),
                "owners",     join_list(view.owners),
                "author",     view.author,
                "fp",         view.fingerprint,
                "subject",    view.subject,
                "reason",     view.reason,
                "arrived",    time_text(view.arrived),
                "expires",    time_text(view.expires),
                "state",      std::string(word(view.state)),
                "changed",    time_text(view.changed),
                "challenged", view.challenged ? "1" : "0",
                "by-mail",    view.by_mail ? "1" : "0",
                "proofs",     join_list(view.address_proofs),
                "outcome",    encode_outcomes(view.outcomes),
                "answered",   view.answered ? "1" : "0",
                "confirmed",  view.confirmed ? "1" : "0",
                "back",       view.taken_back};
  if (view.sent) {
    out.emplace_back("date");
    out.push_back(time_text(view.sent->instant));
    out.emplace_back("zone");
    out.push_back(std::to_string(view.sent->offset.count()));
  }
  if (!digest.empty()) {
    out.emplace_back("answer");
    out.push_back(digest);
  }
  if (view.copy != Copy::kept)
    for (std::string text :
         {std::string("copy"), std::string(word(kCopyWords, view.copy)), std::string("from"),
          view.reverse_path, std::string("evidence"), view.evidence, std::string("generation"),
          std::to_string(view.generation)})
      out.push_back(std::move(text));
  return out;
}

Result<HeldView> decode_held(const HeldId& id, const Fields& fields) {
  // So few that to look through them is faster than a map, and pages decode one each.
  const auto find = [&](std::string_view name) -> const std::string* {
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2)
      if (fields[i] == name) return &fields[i + 1];
    return nullptr;
  };
  static const std::string none;
  const auto value = [&](std::string_view name) -> const std::string& {
    const std::string* found = find(name);
    return found ? *found : none;
  };
  if (value("v") != kVersion) return corrupt("held:" + id.text() + ": version is not known");
  HeldView out{.id = id};
  out.node = value("node");
  const auto state = from_word<HeldState>(kHeldStateWords, value("state"));
  if (out.node.empty() || !state) return corrupt("held:" + id.text() + ": no node or state");
  out.state = *state;
  CS_ASSIGN(out.recipients, split_list(value("to")));
  CS_ASSIGN(out.owners, split_list(value("owners")));
  CS_ASSIGN(out.address_proofs, split_list(value("proofs")));
  CS_ASSIGN(out.outcomes, parse_outcomes(value("outcome")));
  out.answered = value("answered") == "1";
  out.confirmed = value("confirmed") == "1";
  out.taken_back = value("back");
  if (find("date")) {
    CS_ASSIGN(const WallTime instant, parse_time(value("date")));
    out.sent = {.instant = instant, .offset = parse_zone(value("zone"))};
  }
  CS_ASSIGN(out.arrived, parse_time(value("arrived")));
  CS_ASSIGN(out.expires, parse_time(value("expires")));
  CS_ASSIGN(out.changed, parse_time(value("changed")));
  out.author = value("author");
  out.fingerprint = value("fp");
  out.subject = value("subject");
  out.reason = value("reason");
  out.challenged = value("challenged") == "1";
  out.by_mail = value("by-mail") == "1";
  out.digest = value("answer");
  if (!find("copy")) return out;
  const auto copy = from_word<Copy>(kCopyWords, value("copy"));
  CS_ASSIGN(out.generation, parse_generation(value("generation")));
  if (!copy) return corrupt("held:" + id.text() + ": no such copy");
  out.copy = *copy;
  out.reverse_path = value("from");
  out.evidence = value("evidence");
  return out;
}

std::string encode_asked(const AskedRecord& record) {
  Record out;
  out.add("state", word(kAskedStateWords, record.state));
  out.add("since", time_text(record.since));
  out.add("changed", time_text(record.changed));
  out.add("expires", time_text(record.expires));
  out.add("generation", std::to_string(record.generation));
  if (record.authenticated) out.add("authenticated", "1");
  out.add("evidence", record.evidence);
  out.add("view", record.view);
  out.add("answer", record.digest);
  if (record.use != AskedUse{}) {
    out.add("header", record.use.header);
    out.add("message", record.use.message);
  }
  return out.encode();
}

Result<AskedRecord> decode_asked(std::string_view bytes) {
  CS_ASSIGN(const Record record, Record::decode(bytes));
  AskedRecord out;
  const auto state = from_word<AskedRecord::State>(kAskedStateWords, record.text("state"));
  if (!state) return corrupt("asked: no state");
  out.state = *state;
  CS_ASSIGN(out.since, record.time("since"));
  CS_ASSIGN(out.changed, record.time("changed"));
  CS_ASSIGN(out.expires, record.time("expires"));
  CS_ASSIGN(out.generation, parse_generation(record.text("generation")));
  out.authenticated = record.text("authenticated") == "1";
  out.evidence = record.text("evidence");
  out.view = record.text("view");
  out.digest = record.text("answer");
  out.use = {record.text("header"), record.text("message")};
  return out;
}

std::string encode_held_mark(const HeldView& view, HeldState state) {
  Record out;
  out.add("author", view.author);
  out.add("fp", view.fingerprint);
  out.add("node", view.node);
  out.add("state", word(state));
  out.add("expires", time_text(view.expires));
  return out.encode();
}

Result<WallTime> decode_held_mark(std::string_view bytes) {
  CS_ASSIGN(const Record record, Record::decode(bytes));
  return record.time("expires");
}

std::string encode_token(const TokenRecord& record) {
  Record out;
  out.add("id", record.id.text());
  out.add("node", record.node);
  return out.encode();
}

Result<TokenRecord> decode_token(std::string_view bytes) {
  CS_ASSIGN(const Record record, Record::decode(bytes));
  const auto id = HeldId::parse(record.text("id"));
  if (!id || record.text("node").empty()) return corrupt("answer: no id or node");
  return TokenRecord{*id, record.text("node")};
}

std::string encode_retry(const HeldId& id) {
  Record out;
  out.add("id", id.text());
  return out.encode();
}

Result<HeldId> decode_retry(std::string_view bytes) {
  CS_ASSIGN(const Record record, Record::decode(bytes));
  auto id = HeldId::parse(record.text("id"));
  if (!id) return corrupt("retry: no id");
  return id;
}

Fields encode_request(const Request& request) {
  return {"v",     std::string(kVersion), "kind",    request.kind,    "id",    request.id,
          "token", request.token,         "address", request.address, "proof", request.proof,
          "nonce", request.nonce,         "mac",     request.mac};
}

Request decode_request(const Fields& fields) {
  auto values = by_name(fields);
  return {.kind = values["kind"],
          .id = values["id"],
          .token = values["token"],
          .address = values["address"],
          .proof = values["proof"],
          .nonce = values["nonce"],
          .mac = values["mac"]};
}

}  // namespace countersign
