// SPDX-License-Identifier: Apache-2.0
//
// What a step of a session tells the MTA, and what it may change at the end of a message: the seam
// to libmilter.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/smtp_reply.h"

namespace countersign {

struct Verdict {
  enum class Kind {
    proceed,  ///< go on; at the end of a message: take it
    accept,   ///< take it, and tell us no more of it
    skip,     ///< go on without the rest of the body
    discard,  ///< answer 250 and drop it: it is ours now
    reply     ///< answer `reply`
  };
  Kind kind = Kind::proceed;
  std::optional<SmtpReply> reply{};

  static Verdict say(SmtpReply reply) { return {Kind::reply, std::move(reply)}; }
};

/// Changes to a message at its end. Errors: unavailable (the MTA does not do it).
class MessageEditor {
 public:
  virtual ~MessageEditor() = default;
  /// Deletes a recipient. No error when there is none spelled so.
  virtual Status delete_recipient(const std::string& path) = 0;
  /// Adds a recipient. `path` in brackets; of `parameters`, as RCPT had them, NOTIFY and ORCPT are
  /// kept.
  virtual Status add_recipient(const std::string& path,
                               const std::vector<std::string>& parameters) = 0;
  /// Removes the index-th (from 1) of the fields of that name.
  virtual Status remove_field(std::string_view name, int index) = 0;
  /// Adds a field at the end of the header section; `value` without leading space, folds as LF.
  virtual Status add_field(std::string_view name, const std::string& value) = 0;
  /// The same, above all others.
  virtual Status put_field_on_top(std::string_view name, const std::string& value) = 0;
};

}  // namespace countersign
