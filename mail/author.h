// SPDX-License-Identifier: Apache-2.0
//
// The author of a message (RFC 5598 §2.1.1): the one mailbox of its one From field.
#pragma once

#include <optional>
#include <string>

#include "mail/header_section.h"
#include "mail/mailbox.h"

namespace countersign {

enum class FromProblem {
  none,
  absent,     ///< no From field
  repeated,   ///< several From fields
  several,    ///< several mailboxes, or a group
  malformed,  ///< something that the grammar does not consume
};

struct Author {
  std::optional<Mailbox> mailbox;  ///< set if and only if problem is none
  FromProblem problem = FromProblem::absent;
};

/// Parses From strictly (RFC 5322 §3.6.2, with CFWS, comments and obsolete forms but no group;
/// UTF-8 by RFC 6532): the grammar must consume the whole value, or there is no author. Stricter
/// than the grammar in three points: no control but tab and folds stands anywhere, escaped neither;
/// a comma makes a list, even with one mailbox in it; the mailbox must be one for Mailbox::parse().
/// A route ("<@relay:joe@example.org>") is dropped.
Author parse_author(const HeaderSection& header);

}  // namespace countersign
