// SPDX-License-Identifier: Apache-2.0
//
// The other end of an Examination: one message over one socket. Thread-safe.
#pragma once

#include "authentication/dkim.h"
#include "authentication/dns.h"
#include "base/unique_fd.h"

namespace countersign {

/// Questions to DNS that one message may cause, of all methods.
inline constexpr int kMostQuestions = 60;

/// Reads a message's frames (frame.h) from `socket`, looks at it, and answers. Returns when that is
/// done, or when the peer hangs up, says what is no frame, or says nothing for an hour.
void examine(UniqueFd socket, Dns& dns, DkimLibrary& library);

}  // namespace countersign
