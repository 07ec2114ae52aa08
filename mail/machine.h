// SPDX-License-Identifier: Apache-2.0
//
// The marks by which mail says that no person sent it (RFC 3834, RFC 2919, RFC 2369, RFC 9477).
#pragma once

#include <string>

#include "mail/envelope.h"
#include "mail/header_section.h"

namespace countersign {

/// Returns the mark that shows a machine's mail, as a short word for the log ("auto-submitted",
/// "list-id", "precedence", "feedback-id", "null-reverse-path", "no-reply"), or "" if there is
/// none: null reverse-path; Auto-Submitted other than "no"; any List-* field; Precedence bulk, junk
/// or list; Feedback-ID; a local part of reverse-path or author that is no-reply (with its
/// spellings: noreply, no_reply, do-not-reply, donotreply), mailer-daemon.
std::string machine_mark(const ReversePath& reverse_path, const HeaderSection& header);

}  // namespace countersign
