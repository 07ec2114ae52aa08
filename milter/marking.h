// SPDX-License-Identifier: Apache-2.0
//
// What we change in a message that goes on: its recipients, the field Countersign (design section
// 4), and with the source `builtin` the results of authentication (RFC 8601 §5). A failure to mark
// costs a mark, which is no reason to delay mail. Belongs to one transaction. Not thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/authentication_results.h"
#include "mail/envelope.h"
#include "mail/header_section.h"
#include "milter/settings.h"
#include "milter/verdict.h"
#include "screening/facts.h"
#include "screening/plan.h"

namespace countersign {

class Marking {
 public:
  /// All must outlive it. `internal`: what our own users write says of itself what it likes, but
  /// not in our name to those we protect.
  Marking(const MilterSettings& settings, const Envelope& envelope, const HeaderSection& header,
          bool internal)
      : settings_(settings), envelope_(envelope), header_(header), internal_(internal) {}

  /// Whether fields that only we may write came in with a message to these recipients: then it must
  /// not pass untouched.
  bool must_be_cleaned(std::span<const RecipientFacts> recipients) const;
  /// The header section as its readers may see it once it is released. `results`: what we found of
  /// its authentication; none: nobody looked.
  HeaderSection header_to_hold(const std::vector<AuthResult>& results) const;

  /// Deletes recipient `i`, in all the ways that an MTA may have spelled it. Errors: those of the
  /// editor.
  Status delete_recipient(MessageEditor& editor, std::size_t i) const;
  /// Marks what is left as planned. `queue_id`: for the log.
  void edit(MessageEditor& editor, const Plan& plan, std::span<const RecipientFacts> recipients,
            const std::vector<AuthResult>& results, std::string_view queue_id) const;

 private:
  bool writes_results() const;
  void strip_details(MessageEditor& editor, const Plan& plan,
                     std::span<const RecipientFacts> recipients, std::string_view queue_id) const;
  void edit_results(MessageEditor& editor, const std::vector<AuthResult>& results,
                    std::string_view queue_id) const;

  const MilterSettings& settings_;
  const Envelope& envelope_;
  const HeaderSection& header_;
  const bool internal_;
};

}  // namespace countersign
