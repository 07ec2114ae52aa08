// SPDX-License-Identifier: Apache-2.0
//
// Reads what a bounce (RFC 3464) or a disposition notification (RFC 8098) gives back of the mail
// that it is about: its Message-ID, and the recipients that are spoken of. It reads the body as it
// comes, as far as it needs to and not a byte further, in bounded memory, without recursion. Not
// thread-safe.
//
// It looks into message/delivery-status, message/disposition-notification, text/rfc822-headers,
// message/rfc822, and the "global" forms of all four (RFC 6533), in any multipart, with any of the
// standard encodings; and into the plain text that qmail and old Exims send, behind the line that
// announces the copy. What it finds is what anybody may have written: it only names a mail.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/header_section.h"
#include "mail/mailbox.h"

namespace countersign {

/// What a report says became of the mail.
enum class Returned {
  failed,   ///< or it does not say
  delayed,  ///< the sender's server is still trying
  done      ///< delivered, relayed, read
};
inline constexpr std::array<std::string_view, 3> kReturnedWords = {"failed", "delayed", "done"};

struct ReturnedMail {
  struct Recipient {
    Mailbox mailbox;
    Returned what;  ///< the worst of what it says of him
    bool operator==(const Recipient&) const = default;
  };
  Returned what = Returned::failed;      ///< the worst of what it says of any recipient
  std::vector<std::string> message_ids;  ///< as message_ids(), each once, at most 4
  /// Whom the report is about, by Original-Recipient, Final-Recipient and X-Failed-Recipients, each
  /// once, at most 100.
  std::vector<Recipient> recipients;
};

class ReturnedMailReader {
 public:
  /// `header`: that of the report itself.
  explicit ReturnedMailReader(const HeaderSection& header);

  /// Takes the next piece of the body; returns whether more of it can tell more.
  bool take(std::string_view bytes);
  /// The body has ended, or no more of it is to be had.
  void finish();
  /// Whether more of the body can tell more.
  bool wants_more() const { return state_ != State::done; }

  const ReturnedMail& found() const { return found_; }

 private:
  enum class State {
    skip,         ///< waits for a boundary
    part_header,  ///< of a part: tells what its body is
    fields,       ///< header fields of a returned mail, or of a report
    plain,        ///< waits for the line that announces a copy
    announced,    ///< and for the first line of the copy
    done
  };
  enum class Content { status, disposition, copy, other };
  enum class Encoding { none, quoted_printable, base64 };

  void enter_part(const HeaderSection& header, bool whole_message);
  void take_line(const std::string& line);
  bool take_boundary(std::string_view line);
  void take_fields(std::string_view decoded);
  void end_fields();
  void read_copy(const HeaderSection& header);
  void read_report(std::string_view groups);
  std::optional<Returned> action_of(const HeaderSection& group) const;
  void add_id(std::string_view value);
  void add_recipient(std::string_view value, Returned what);
  std::string decoded(std::string_view line);

  State state_ = State::skip;
  Content content_ = Content::other;
  Encoding encoding_ = Encoding::none;
  std::vector<std::string> boundaries_;  ///< with "--" before; innermost last
  std::string line_;                     ///< as far as it came; an endless one is cut
  std::string text_;                     ///< of the part's header, or of the fields
  std::string base64_;                   ///< digits that are no whole group yet
  std::optional<Returned> said_;         ///< of any recipient so far
  ReturnedMail found_;
};

}  // namespace countersign
