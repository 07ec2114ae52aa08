// SPDX-License-Identifier: Apache-2.0
#include "admin/mail_log.h"

#include <algorithm>
#include <initializer_list>

#include "admin/arrival_line.h"
#include "admin/syslog_line.h"
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

/// Postfix writes short ones in hexadecimal digits, long ones without vowels.
bool is_queue_id(std::string_view text) {
  constexpr std::string_view kShort = "0123456789ABCDEF";
  constexpr std::string_view kLong = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
  return text.size() >= 5 && text.size() <= 20 &&
         (text.find_first_not_of(kShort) == std::string_view::npos ||
          text.find_first_not_of(kLong) == std::string_view::npos);
}

/// Exim's, of 16 characters or 23 (from 4.97 on): "1oAbCd-000123-Xy".
bool is_exim_id(std::string_view text) {
  constexpr std::string_view kCharacters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";
  return (text.size() == 16 || text.size() == 23) && text[6] == '-' &&
         text[text.size() == 16 ? 13 : 18] == '-' && std::ranges::count(text, '-') == 2 &&
         text.find_first_not_of(kCharacters) == std::string_view::npos;
}

/// The daemon of a tag "postfix/submission/smtpd" or "postfix-out/smtpd"; "" of another program's.
std::string_view postfix_daemon(std::string_view program) {
  const auto slash = program.rfind('/');
  if (!program.starts_with("postfix") || slash == std::string_view::npos) return {};
  const std::string_view first = program.substr(0, program.find('/'));
  if (first != "postfix" && !first.starts_with("postfix-")) return {};
  return program.substr(slash + 1);
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

/// What a delivery agent says of a recipient: "to=<A>, orig_to=<B>, relay=..., status=sent (...)".
/// All behind the status is the other server's.
struct Delivery {
  std::string_view to;
  std::string_view original;
  std::string_view status;
};

Delivery parse_delivery(std::string_view text) {
  Delivery out;
  while (out.status.empty()) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return out;
    const std::string_view name = text.substr(0, equals);
    text.remove_prefix(equals + 1);
    std::string_view value = text.substr(0, text.find_first_of(", "));
    if (text.starts_with('<')) {
      text.remove_prefix(1);
      const auto address = take_address(text, '>');
      if (!address) return out;
      value = *address;
    } else {
      text.remove_prefix(value.size());
    }
    if (name == "to") out.to = value;
    if (name == "orig_to") out.original = value;
    if (name == "status") out.status = value;
    if (!text.starts_with(", ")) return out;
    text.remove_prefix(2);
  }
  return out;
}

/// The program and text of a line of Exim's own log, or of one that it writes by syslog; the text
/// begins behind time, time zone and process id. Nothing for other lines.
std::optional<std::string_view> exim_text(std::string_view line) {
  const auto entry = parse_syslog_line(line);
  if (entry && !entry->program.starts_with("exim")) return std::nullopt;
  std::string_view text = entry ? entry->text : line;
  const std::string_view whole = text;
  if (!skip_date(text) || !text.starts_with(' '))
    return entry ? std::optional(whole) : std::nullopt;
  text.remove_prefix(1);
  if (!skip_time(text)) return std::nullopt;
  for (std::string_view rest = text;;) {
    const std::string_view word = next_word(rest);
    const bool is_zone = word.size() == 5 && (word.front() == '+' || word.front() == '-');
    const bool is_process = word.starts_with('[') && word.ends_with(']');
    if (!is_zone && !is_process) return text;
    text = rest;
  }
}

}  // namespace

std::optional<LogMatch> MailLogReader::take(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (format_ == LogFormat::postfix) return take_postfix(line);
  if (format_ == LogFormat::exim) return take_exim(line);
  const auto entry = parse_syslog_line(line);
  return entry && entry->program.starts_with("postfix") ? take_postfix(line) : take_exim(line);
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
// "... postfix/cleanup[123]: 4ABC: message-id=<1@example.org>"
// "... postfix/qmgr[123]: 4ABC: from=<joe@example.org>, size=1000, nrcpt=1 (queue active)"
// "... postfix/smtp[123]: 4ABC: to=<alice@example.com>, relay=..., dsn=2.0.0, status=sent (250 ok)"
// "... postfix/qmgr[123]: 4ABC: removed"
std::optional<LogMatch> MailLogReader::take_postfix(std::string_view line) {
  const auto entry = parse_syslog_line(line);
  const std::string_view daemon = entry ? postfix_daemon(entry->program) : std::string_view();
  if (daemon.empty()) return std::nullopt;
  ++known_lines_;
  std::string_view rest = entry->text;
  const std::string_view word = next_word(rest);
  const std::string_view id = word.substr(0, word.size() - word.ends_with(':'));
  if (!word.ends_with(':') || !is_queue_id(id)) return std::nullopt;
  while (rest.starts_with(' ')) rest.remove_prefix(1);

  if (daemon == "smtpd") {
    // Our milter saw it as it came from this client, not from whom it says it came before.
    if (const auto arrival = parse_postfix_client(rest))
      message(id) = {arrival->authenticated || is_ours_(arrival->client), std::nullopt};
  } else if (daemon == "pickup") {
    messages_.erase(std::string(id));
  } else if (daemon == "cleanup" && rest.starts_with("message-id=")) {
    // Ids are used again: what has a sender already is over, and its end is in no log.
    const auto known = messages_.find(std::string(id));
    if (known != messages_.end() && known->second.sender) messages_.erase(known);
  } else if (is_one_of(daemon, {"qmgr", "nqmgr", "oqmgr"})) {
    if (rest == "removed") messages_.erase(std::string(id));
    if (!rest.starts_with("from=<")) return std::nullopt;
    rest.remove_prefix(std::string_view("from=<").size());
    const auto address = take_address(rest, '>');
    const auto sender = address ? mailbox_of(*address) : std::nullopt;
    message(id).sender = sender ? std::optional(without_batv(*sender)) : std::nullopt;
  } else if (is_one_of(daemon, {"smtp", "lmtp", "local", "virtual", "pipe", "error", "discard"}) &&
             rest.starts_with("to=<")) {
    const Delivery delivery = parse_delivery(rest);
    if (delivery.status != "sent") return std::nullopt;
    // What the user wrote: an alias of ours may have made another of it.
    return match(id, delivery.original.empty() ? delivery.to : delivery.original);
  }
  return std::nullopt;
}

// "2027-05-03 14:02:00 1oAb-0001-Xy <= joe@example.org H=pc (helo) [192.0.2.1] P=esmtpsa
// A=plain:joe" "2027-05-03 14:02:01 1oAb-0001-Xy => alice@example.com R=dnslookup T=remote_smtp
// H=..." "2027-05-03 14:02:01 1oAb-0001-Xy Completed"
std::optional<LogMatch> MailLogReader::take_exim(std::string_view line) {
  const auto text = exim_text(line);
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  const std::string_view id = next_word(rest);
  if (!is_exim_id(id)) return std::nullopt;
  ++known_lines_;
  const std::string_view sign = next_word(rest);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  if (sign == "<=") {
    const auto address = take_address(rest, ' ');
    const auto sender = address ? mailbox_of(*address) : std::nullopt;
    const Arrival arrival = address ? parse_exim_arrival(rest) : Arrival();
    message(id) = {arrival.authenticated || is_ours_(arrival.client),
                   sender ? std::optional(without_batv(*sender)) : std::nullopt};
  } else if (is_one_of(sign, {"=>", "->", ">>"})) {
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
