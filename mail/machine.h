// SPDX-License-Identifier: Apache-2.0
//
// The marks by which mail says that no person sent it (RFC 3834, RFC 2919, RFC 2369, RFC 9477).
#pragma once

#include <optional>
#include <string>

#include "mail/envelope.h"
#include "mail/header_section.h"
#include "mail/mailbox.h"

namespace countersign {

/// Returns the mark that shows a machine's mail, as a word for the log, or "" if there is none. The
/// first of these counts:
///   "null-reverse-path"
///   "auto-submitted"  any Auto-Submitted other than "no"
///   "list-id"         List-Id; "list": any other List-* field
///   "precedence"      Precedence bulk, junk or list
///   "feedback-id"     Feedback-ID, CFBL-Feedback-ID
///   "no-reply"        the local part of reverse-path or author is no-reply or do-not-reply,
///   without
///                     its detail and whatever joins its words
///   "mailer-daemon"   likewise
/// `author` is that of the header section, as parse_author() found it.
std::string machine_mark(const ReversePath& reverse_path, const HeaderSection& header,
                         const std::optional<Mailbox>& author);

}  // namespace countersign
