// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "tokenstore/record.h"
#include "tokenstore/records.h"

namespace countersign {
namespace {

std::string time_text(WallTime t) { return std::to_string(to_epoch_ms(t)); }

/// Returns the number of that name, 0 if there is none. Errors: corrupt.
Result<long long> number_of(const Record& record, std::string_view name) {
  const auto text = record.get(name);
  if (!text) return 0;
  long long out = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
  if (error != std::errc() || end != text->data() + text->size() || out < 0)
    return Error{Errc::corrupt, "permit: " + std::string(name) + " is no number"};
  return out;
}

}  // namespace

std::string encode_permit(const Permit& permit) {
  Record out;
  const auto add_text = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) out.add(name, value);
  };
  const auto add_time = [&](std::string_view name, WallTime value) {
    if (value != WallTime{}) out.add(name, time_text(value));
  };
  add_text("label", permit.label);
  add_text("mailbox", permit.mailbox);
  add_text("key", permit.key);
  out.add("binding", word(permit.binding));
  add_text("bound", permit.bound_to);
  out.add("created", time_text(permit.created));
  add_time("expires", permit.expires);
  if (permit.uses_left) out.add("left", std::to_string(*permit.uses_left));
  if (permit.uses > 0) out.add("uses", std::to_string(permit.uses));
  add_time("last", permit.last_use);
  add_time("revoked", permit.revoked);
  if (permit.leaks > 0) {
    out.add("leaks", std::to_string(permit.leaks));
    add_time("leaked", permit.last_leak);
    add_text("leaked_to", permit.leaked_to);
  }
  return out.encode();
}

Result<Permit> decode_permit(std::string_view bytes) {
  CS_ASSIGN(const Record record, Record::decode(bytes));
  const auto binding = from_word<Binding>(kBindingWords, record.text("binding"));
  // Never guessed: one that cannot be read lets nobody in.
  if (!binding) return Error{Errc::corrupt, "permit: no binding"};
  Permit out;
  out.binding = *binding;
  out.bound_to = record.text("bound");
  CS_ASSIGN(out.created, record.time("created"));
  CS_ASSIGN(out.expires, record.time("expires"));
  if (record.get("left")) {
    CS_ASSIGN(out.uses_left, number_of(record, "left"));
  }
  CS_ASSIGN(out.uses, number_of(record, "uses"));
  CS_ASSIGN(out.last_use, record.time("last"));
  CS_ASSIGN(out.revoked, record.time("revoked"));
  out.label = record.text("label");
  out.mailbox = record.text("mailbox");
  out.key = record.text("key");
  CS_ASSIGN(out.leaks, number_of(record, "leaks"));
  CS_ASSIGN(out.last_leak, record.time("leaked"));
  out.leaked_to = record.text("leaked_to");
  return out;
}

}  // namespace countersign
