// SPDX-License-Identifier: Apache-2.0
//
// Source `builtin`: one message on its way through the authenticator, from the end of its header
// section to its decision. Whatever goes wrong there is a doubt (Authentication::unsure), never an
// error. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authentication/authenticator.h"
#include "mail/author.h"
#include "mail/envelope.h"
#include "mail/header_section.h"
#include "milter/client.h"
#include "screening/authentication.h"

namespace countersign {

class Verification {
 public:
  /// Begins; DNS is asked until `deadline`. `authenticator` (none: nobody looks) must outlive this.
  Verification(Authenticator* authenticator, const Client& client, const ReversePath& reverse_path,
               const Author& author, const HeaderSection& header, Deadline deadline);

  /// Whether finish() can say more after the body: the message bears a signature.
  bool wants_body() const { return examination_ && signed_; }
  void body(std::string_view bytes, Deadline deadline) { examination_->body(bytes, deadline); }
  /// Returns what is proved. Waits for DNS as long as it is asked, and then `grace` for the answer.
  Authentication finish(SteadyTime now, milliseconds grace);

  /// What was found, after finish(). Empty: nobody looked.
  const std::vector<AuthResult>& results() const { return results_; }
  /// Why nobody looked; "" otherwise.
  const std::string& error() const { return error_; }

 private:
  const std::optional<Mailbox> author_;
  const std::optional<Mailbox> reverse_path_;
  const bool signed_;
  const Deadline deadline_;
  std::unique_ptr<Examination> examination_;
  std::vector<AuthResult> results_;
  std::string error_;
};

}  // namespace countersign
