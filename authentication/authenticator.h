// SPDX-License-Identifier: Apache-2.0
//
// Who vouches for a message, found out by ourselves: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC
// 7489). The work is done in another process (authenticator_process.h); this is the seam to it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/authentication_results.h"

namespace countersign {

/// What is known before the header section.
struct MessageOrigin {
  std::string client;         ///< "192.0.2.1", "2001:db8::1"; "": no IP address, SPF is not asked
  std::string helo;           ///< HELO's or EHLO's argument; may be ""
  std::string reverse_path;   ///< Mailbox::address(); "": the null reverse-path, or none
  std::string author_domain;  ///< A-labels; "": there is no author, DMARC is not asked
};

/// One message that is looked at. Not thread-safe. May be destroyed at any time.
class Examination {
 public:
  virtual ~Examination() = default;
  /// Takes a piece of the body; returns by `deadline`. What goes wrong is told by finish().
  virtual void body(std::string_view bytes, Deadline deadline) = 0;
  /// Returns what was found: `spf` (smtp.mailfrom, or smtp.helo for the null reverse-path), `dkim`
  /// for each signature (header.d, header.s, header.a), `dmarc` (header.from, policy.dmarc; without
  /// a record also policy.spf: whether From's domain publishes SPF, as tell_published_spf()). A
  /// result of DKIM is `pass` only if the signature covers From and the whole body, by an
  /// algorithm and a key that RFC 8301 and RFC 8463 allow; else it is `policy`, with a reason.
  /// Without body() before it, the body is taken to be empty. Once.
  /// Errors: unavailable (nobody looked: the process died, or did not answer by the deadline).
  virtual Result<std::vector<AuthResult>> finish(Deadline deadline) = 0;
};

/// Thread-safe.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  /// Begins to look at a message. `header` is its header section as received, with CRLF and
  /// without the empty line. DNS is asked from now on, until `deadline`: what is not answered by
  /// then is `temperror`. Errors: unavailable: at once, nothing is waited for.
  virtual Result<std::unique_ptr<Examination>> begin(const MessageOrigin& origin,
                                                     std::string_view header,
                                                     Deadline deadline) = 0;
};

}  // namespace countersign
