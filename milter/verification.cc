// SPDX-License-Identifier: Apache-2.0
#include "milter/verification.h"

#include <algorithm>

namespace countersign {

Verification::Verification(Authenticator* authenticator, const Client& client,
                           const ReversePath& reverse_path, const Author& author,
                           const HeaderSection& header, Deadline deadline)
    : author_(author.mailbox),
      reverse_path_(reverse_path.mailbox),
      signed_(header.first("DKIM-Signature") != nullptr),
      deadline_(deadline) {
  if (authenticator == nullptr) {
    error_ = "there is no authenticator";
    return;
  }
  const MessageOrigin origin{.client = client.address,
                             .helo = client.helo,
                             .reverse_path = reverse_path_ ? reverse_path_->address() : "",
                             .author_domain = author_ ? author_->domain() : ""};
  auto begun = authenticator->begin(origin, header.bytes(), deadline);
  if (begun)
    examination_ = *std::move(begun);
  else
    error_ = begun.error().detail;
}

Authentication Verification::finish(SteadyTime now, milliseconds grace) {
  if (!examination_) return unknown_authentication();
  auto found = examination_->finish(std::max(now, deadline_) + grace);
  examination_.reset();
  if (!found) {
    error_ = found.error().detail;
    return unknown_authentication();
  }
  results_ = *std::move(found);
  return authenticate(results_, author_, reverse_path_);
}

}  // namespace countersign
