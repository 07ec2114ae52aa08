// SPDX-License-Identifier: Apache-2.0
//
// Who vouches for the author: what the Authentication-Results fields of an earlier milter prove
// (design section 4, Identity). Pure, thread-safe.
//
// An earlier milter writes a field for each thing it looked at: OpenDKIM one with `dkim`, OpenDMARC
// one with `dmarc` and perhaps `spf`. All fields of our authserv-id are read together, wherever
// they stand, because milters add at the top, below the MTA's own fields or at the end. That
// milter must remove forged fields (RFC 8601 §5). Where it did not, a forged field stands beside a
// true one and tells another story: a method on which two of our fields do not agree in full counts
// for nothing (ambiguous is not authenticated), but any `dmarc=fail` among them counts.
//
// The same rules read what our own helper found (source `builtin`): it tells the same nouns.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mail/authentication_results.h"
#include "mail/header_section.h"
#include "mail/mailbox.h"

namespace countersign {

/// What the domain in From publishes of SPF (RFC 7208) and DMARC (RFC 7489).
enum class Published {
  unknown,  ///< something, or nobody says
  nothing,  ///< neither, provably: then a network fingerprint may count
  unsure    ///< it could not be found out for now
};

struct Authentication {
  /// Somebody looked: false for the source `none`. Then nothing is proved, neither true nor forged.
  bool checked = false;
  /// Organizational domain of the author, if DKIM or SPF authenticates it, else "".
  std::string fingerprint;
  /// Organizational domains of all DKIM signatures that passed, aligned or not: sorted, each once.
  std::vector<std::string> dkim_domains;
  bool spf_aligned = false;  ///< SPF passed for the reverse-path's domain, which is aligned
  bool spf_failed = false;   ///< "fail" or "softfail" for that domain, which is aligned
  /// DMARC fails under quarantine or reject, or under a policy not said, and no trusted ARC sealer
  /// vouches for the mail.
  bool dmarc_failed = false;
  /// Not authenticated, but only because something was out of service: DNS, or our helper. Another
  /// try may tell; nothing may be held as forged or refused on the strength of it.
  bool unsure = false;
  Published published = Published::unknown;
};

enum class AuthenticationSource { none, header, builtin };

struct AuthenticationSettings {
  AuthenticationSource source = AuthenticationSource::header;
  /// Whose fields count: compared byte for byte with the authserv-id. "": nobody's.
  std::string authserv_id;
  /// Domains (A-labels) whose ARC seal is believed, with the domains below them (RFC 8617).
  std::vector<std::string> arc_sealers;
};

/// Returns what `header` proves of `author` (none: only DMARC and dkim_domains are read), if the
/// source is `header`; else that nobody looked. SPF counts only for a smtp.mailfrom whose domain is
/// that of `reverse_path` (none for the null reverse-path), DKIM for header.d, or for the domain of
/// header.i where no header.d is told; both only when aligned.
///
/// ARC: with `arc=pass` in one of our fields and no other result of arc, the chain is as its
/// sealers wrote it. It overrules `dmarc=fail` if its last sealer is trusted, and the first of the
/// trusted ones behind whom there are only trusted ones did not itself see DMARC fail.
///
/// That From's domain publishes nothing is told by `dmarc=none` (for no other header.from) with
/// `spf=none` of that domain, which must be the reverse-path's own.
Authentication authenticate(const AuthenticationSettings& settings, const HeaderSection& header,
                            const std::optional<Mailbox>& author,
                            const std::optional<Mailbox>& reverse_path);

/// The same of what the source `builtin` found, all of it; without ARC. It tells whether From's
/// domain publishes SPF by policy.spf of the result `dmarc` (Examination::finish()).
Authentication authenticate(const std::vector<AuthResult>& results,
                            const std::optional<Mailbox>& author,
                            const std::optional<Mailbox>& reverse_path);

/// What is known while the source `builtin` is out of service.
Authentication unknown_authentication();

}  // namespace countersign
