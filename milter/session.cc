// SPDX-License-Identifier: Apache-2.0
#include "milter/session.h"

#include "screening/replies.h"

namespace countersign {

template <class Step>
Verdict Session::in_transaction(Step step) {
  if (!transaction_) return Verdict::say(try_later_reply());
  return step(*transaction_);
}

void Session::connect(std::string_view name, std::string_view address, std::string_view mta) {
  transaction_.reset();
  client_ = {.name = std::string(name),
             .address = std::string(address),
             .helo = {},
             .mta = std::string(mta)};
}

void Session::helo(std::string_view argument) { client_.helo = argument; }

Verdict Session::mail(const std::vector<std::string_view>& arguments, std::string_view auth_type) {
  transaction_.emplace(services_, client_, parse_reverse_path(arguments), !auth_type.empty());
  return {};
}

Verdict Session::recipient(const std::vector<std::string_view>& arguments,
                           std::string_view rcpt_addr, bool answered) {
  return in_transaction([&](Transaction& t) {
    return t.recipient(parse_forward_path(arguments, rcpt_addr), answered);
  });
}

Verdict Session::field(std::string_view name, std::string_view value) {
  return in_transaction([&](Transaction& t) -> Verdict {
    t.field(name, value);
    return {};
  });
}

Verdict Session::end_of_header(std::string_view queue_id) {
  return in_transaction([&](Transaction& t) { return t.end_of_header(queue_id); });
}

Verdict Session::body(std::string_view bytes) {
  return in_transaction([&](Transaction& t) { return t.body(bytes); });
}

Verdict Session::end_of_message(MessageEditor& editor) {
  const Verdict verdict = in_transaction([&](Transaction& t) { return t.end_of_message(editor); });
  transaction_.reset();
  return verdict;
}

}  // namespace countersign
