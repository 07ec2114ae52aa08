// SPDX-License-Identifier: Apache-2.0
#include "admin/mail_log.h"

#include <algorithm>

#include "mail/folded_path.h"

namespace countersign::admin {
namespace {

constexpr std::size_t kMostMessages = 100'000;  // under way at one time

std::optional<Mailbox> mailbox_of(std::string_view text) {
  if (text.starts_with('<') && text.ends_with('>')) text = text.substr(1, text.size() - 2);
  auto mailbox = Mailbox::parse(text);
  if (!mailbox) return std::nullopt;
  return *std::move(mailbox);
}

/// Returns the value behind "name=" in "a=b, name=value, c=d"; "" if there is none. Values in angle
/// brackets may hold commas.
std::string_view value_of(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; (at = text.find(name, at)) != std::string_view::npos; ++at) {
    if ((at > 0 && text[at - 1] != ' ') || text.substr(at + name.size(), 1) != "=") continue;
    std::string_view value = text.substr(at + name.size() + 1);
    const auto end = value.starts_with('<') ? value.find('>') : value.find_first_of(", ");
    return value.substr(0, end == std::string_view::npos ? end : end + (value.front() == '<'));
  }
  return {};
}

bool is_queue_id(std::string_view text) {
  return text.size() >= 5 && text.size() <= 20 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
         });
}

/// What stands in the last pair of brackets.
std::string_view bracketed(std::string_view text) {
  const auto open = text.rfind('[');
  if (open == std::string_view::npos) return {};
  const auto close = text.find(']', open);
  return close == std::string_view::npos ? std::string_view()
                                         : text.substr(open + 1, close - open - 1);
}

/// Takes the next word off the front of `text`.
std::string_view next_word(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  const auto end = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

}  // namespace

std::optional<LogMatch> MailLogReader::take(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (format_ == LogFormat::postfix) return take_postfix(line);
  if (format_ == LogFormat::exim) return take_exim(line);
  return line.find(" postfix") != std::string_view::npos ? take_postfix(line) : take_exim(line);
}

MailLogReader::Message& MailLogReader::message(std::string_view id) {
  const std::string name(id);
  const auto [at, is_new] = messages_.try_emplace(name);
  if (is_new) order_.push_back(name);
  while (order_.size() > kMostMessages) {
    if (order_.front() != name) messages_.erase(order_.front());
    order_.pop_front();
  }
  return messages_[name];
}

std::optional<LogMatch> MailLogReader::match(std::string_view id, std::string_view recipient) {
  const auto at = messages_.find(std::string(id));
  if (at == messages_.end() || !at->second.ours || !at->second.sender) return std::nullopt;
  const auto mailbox = mailbox_of(recipient);
  if (!mailbox) return std::nullopt;
  return LogMatch{*at->second.sender, *mailbox};
}

// "... postfix/smtpd[123]: 4ABC: client=host[192.0.2.1], sasl_method=PLAIN, sasl_username=joe"
// "... postfix/qmgr[123]: 4ABC: from=<joe@example.org>, size=1000, nrcpt=1 (queue active)"
// "... postfix/smtp[123]: 4ABC: to=<alice@example.com>, relay=..., dsn=2.0.0, status=sent (250 ok)"
// "... postfix/qmgr[123]: 4ABC: removed"
std::optional<LogMatch> MailLogReader::take_postfix(std::string_view line) {
  const auto program = line.find(" postfix");
  if (program == std::string_view::npos) return std::nullopt;
  const auto colon = line.find("]: ", program);
  if (colon == std::string_view::npos) return std::nullopt;
  ++known_lines_;
  std::string_view rest = line.substr(colon + 3);
  const std::string_view word = next_word(rest);
  const std::string_view id = word.substr(0, word.size() - word.ends_with(':'));
  if (!word.ends_with(':') || !is_queue_id(id)) return std::nullopt;
  while (rest.starts_with(' ')) rest.remove_prefix(1);

  if (rest.starts_with("client=")) {
    const std::string_view client = value_of(rest, "client");
    // Our milter saw it as it came from this client, not from whom it says it came before.
    message(id).ours = !value_of(rest, "sasl_username").empty() || is_ours_(bracketed(client));
  } else if (rest.starts_with("from=")) {
    const auto sender = mailbox_of(value_of(rest, "from"));
    message(id).sender = sender ? std::optional(without_batv(*sender)) : std::nullopt;
  } else if (rest.starts_with("to=") && value_of(rest, "status") == "sent") {
    // What the user wrote: an alias of ours may have made another of it.
    const std::string_view wrote = value_of(rest, "orig_to");
    return match(id, wrote.empty() ? value_of(rest, "to") : wrote);
  } else if (rest == "removed") {
    messages_.erase(std::string(id));
  }
  return std::nullopt;
}

// "2027-05-03 14:02:00 1oAb-0001-Xy <= joe@example.org H=pc (helo) [192.0.2.1] P=esmtpsa
// A=plain:joe" "2027-05-03 14:02:01 1oAb-0001-Xy => alice@example.com R=dnslookup T=remote_smtp
// H=..." "2027-05-03 14:02:01 1oAb-0001-Xy Completed"
std::optional<LogMatch> MailLogReader::take_exim(std::string_view line) {
  std::string_view rest = line;
  std::string_view id;
  // The time zone and the process id are optional words.
  for (int i = 0; i < 5; ++i) {
    const std::string_view word = next_word(rest);
    if (word.size() >= 16 && std::count(word.begin(), word.end(), '-') == 2 &&
        word.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-") ==
            std::string_view::npos) {
      id = word;
      break;
    }
  }
  if (id.empty()) return std::nullopt;
  ++known_lines_;
  const std::string_view sign = next_word(rest);
  if (sign == "<=") {
    Message& entry = message(id);
    const auto sender = mailbox_of(next_word(rest));
    entry.sender = sender ? std::optional(without_batv(*sender)) : std::nullopt;
    entry.ours = false;
    std::string_view client;
    for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
      entry.ours = entry.ours || word.starts_with("A=");
      if (client.empty() && word.starts_with('[')) client = bracketed(word);
    }
    entry.ours = entry.ours || is_ours_(client);
  } else if (sign == "=>" || sign == "->" || sign == ">>") {
    const std::string_view went_to = next_word(rest);
    // "=> made@of.it <as@written>"
    const std::string_view wrote = next_word(rest);
    return match(id, wrote.starts_with('<') ? wrote : went_to);
  } else if (sign == "Completed") {
    messages_.erase(std::string(id));
  }
  return std::nullopt;
}

}  // namespace countersign::admin
