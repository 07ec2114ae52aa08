// SPDX-License-Identifier: Apache-2.0
//
// Reads from the logs of Postfix and Exim to whom our users wrote: mail of an authenticated client,
// or one in milter.submit_networks, that another server took. Bounded; not thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "mail/mailbox.h"

namespace countersign::admin {

enum class LogFormat { any, postfix, exim };

/// Somebody wrote to somebody, as far as the envelope tells.
struct LogMatch {
  Mailbox sender;
  Mailbox recipient;
};

class MailLogReader {
 public:
  /// `is_ours`: whether a client's IP address is in milter.submit_networks.
  MailLogReader(LogFormat format, std::function<bool(std::string_view)> is_ours)
      : format_(format), is_ours_(std::move(is_ours)) {}

  /// Takes a line without its end.
  std::optional<LogMatch> take(std::string_view line);
  /// Number of lines that are of such a log.
  std::size_t known_lines() const { return known_lines_; }

 private:
  struct Message {
    bool ours = false;
    std::optional<Mailbox> sender;
  };
  std::optional<LogMatch> take_postfix(std::string_view line);
  std::optional<LogMatch> take_exim(std::string_view line);
  Message& message(std::string_view id);
  std::optional<LogMatch> match(std::string_view id, std::string_view recipient);

  LogFormat format_;
  std::function<bool(std::string_view)> is_ours_;
  std::unordered_map<std::string, Message> messages_;
  std::deque<std::string> order_;  ///< oldest first; may name what is over already
  std::size_t known_lines_ = 0;
};

}  // namespace countersign::admin
