// SPDX-License-Identifier: Apache-2.0
//
// One line of a log file: who wrote it, and what. Strangers write parts of what programs log (an
// SMTP command, a Message-ID, the reply of their server), so who wrote a line is told by the tag's
// place alone, never by a word in the text. Pure, thread-safe.
#pragma once

#include <optional>
#include <string_view>

namespace countersign::admin {

/// Views into the line.
struct SyslogLine {
  std::string_view program;  ///< "postfix/smtpd", without the process id
  std::string_view text;     ///< what stands behind ": "
};

/// Takes apart "TIME HOST PROGRAM[PID]: TEXT", as syslog daemons, `journalctl -o short` (-precise,
/// -iso, -iso-precise) and Postfix's own log files have it; TIME: RFC 3164 §4.1.2 or RFC 3339. HOST
/// may be missing where the process id is there, as our own programs write to files. Nothing for
/// any other line, among them the further lines of one entry, which journalctl indents.
std::optional<SyslogLine> parse_syslog_line(std::string_view line);

/// Takes "2027-05-03" off the front, and then "14:02:00" with fractions of a second if there are
/// any. Returns whether it stood there.
bool skip_date(std::string_view& text);
bool skip_time(std::string_view& text);
/// Takes the next word off the front, and the blanks before it; "" at the end.
std::string_view next_word(std::string_view& text);

}  // namespace countersign::admin
