// SPDX-License-Identifier: Apache-2.0
//
// The envelope of a mail transaction (RFC 5321 §2.3.1), with all that must be said again when the
// message is released. Pure values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/mailbox.h"

namespace countersign {

/// MAIL's argument.
struct ReversePath {
  std::string raw;                      ///< as the MTA gave it: "<alice@example.com>", "<>"
  std::optional<Mailbox> mailbox;       ///< none: null reverse-path, or no RFC 5321 path
  bool null = false;                    ///< MAIL FROM:<>
  std::vector<std::string> parameters;  ///< "SIZE=1000", "BODY=8BITMIME", as received
};

/// RCPT's argument.
struct ForwardPath {
  std::string raw;        ///< as the MTA gave it: "<@relay:joe@EXAMPLE.org>"
  std::string rcpt_addr;  ///< macro {rcpt_addr}, without brackets; may be empty
  /// Where the MTA delivers: `rcpt_addr` if that is a mailbox, else that of `raw`. None: neither
  /// is.
  std::optional<Mailbox> mailbox;
  std::vector<std::string> parameters;  ///< "NOTIFY=NEVER", "ORCPT=..."

  /// The mailbox of `raw`, whatever the MTA makes of it.
  std::optional<Mailbox> given() const;
  /// `raw` without source route, in brackets, else as it is: the form to reinject and the second
  /// form to delete.
  std::string without_route() const;
};

struct Envelope {
  ReversePath reverse_path;
  std::vector<ForwardPath> recipients;
};

/// Parses an argument vector of libmilter's envfrom: the path, then parameters. Cannot fail: what
/// is no path has no mailbox. A source route (RFC 5321 §4.1.1.3) is dropped from the mailbox.
ReversePath parse_reverse_path(const std::vector<std::string_view>& arguments);
/// The same of envrcpt; `rcpt_addr` is the macro's value.
ForwardPath parse_forward_path(const std::vector<std::string_view>& arguments,
                               std::string_view rcpt_addr);

}  // namespace countersign
