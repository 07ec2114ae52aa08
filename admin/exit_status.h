// SPDX-License-Identifier: Apache-2.0
//
// Exit statuses of the command: sysexits.h.
#pragma once

#include <sysexits.h>

#include "base/result.h"

namespace countersign::admin {

/// EX_NOINPUT: no such message or entry. EX_DATAERR: the argument can never succeed, or what is
/// stored does not decode. EX_CANTCREAT: it exists already. EX_TEMPFAIL: out of service, try later.
constexpr int exit_status(Errc code) {
  switch (code) {
    case Errc::not_found:
      return EX_NOINPUT;
    case Errc::already_exists:
      return EX_CANTCREAT;
    case Errc::invalid:
    case Errc::corrupt:
      return EX_DATAERR;
    case Errc::unavailable:
      return EX_TEMPFAIL;
  }
  return EX_SOFTWARE;
}

/// The status of a command that did several things: the worst, where a fault of ours or of the
/// system (EX_UNAVAILABLE to EX_CONFIG) counts for more than one in what was asked for.
constexpr int worse(int a, int b) { return a > b ? a : b; }

}  // namespace countersign::admin
