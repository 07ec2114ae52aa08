// SPDX-License-Identifier: Apache-2.0
//
// doctor --probe: proves that Authentication-Results that a stranger wrote under our authserv-id do
// not reach our milter, however they are spelled. A mail with such fields (forged_fields.h) is sent
// through the MX to a mailbox in mode hold, and what was held of it is looked at, then dropped.
#pragma once

#include <string>

#include "admin/finding.h"
#include "admin/tools.h"
#include "spool/spool.h"

namespace countersign::admin {

struct ProbeOrder {
  std::string smtp;  ///< the MX: "127.0.0.1:25"
  std::string from;  ///< the made-up author
  std::string to;    ///< a protected mailbox in mode hold
};

/// The probe. `nonce`: 26 characters that stand in it and in nothing else.
Delivery probe_mail(const ProbeOrder& order, const std::string& authserv_id,
                    const std::string& nonce, WallTime now);
/// The Message-ID of a probe.
std::string probe_message_id(const ProbeOrder& order, const std::string& nonce);

/// Judges what was held of a probe, its header section as our milter saw it, and names the
/// spellings that are left. Pure.
void judge_probe(const HeldEnvelope& held, std::string_view content, const ProbeOrder& order,
                 const Config::Authentication& settings, const std::string& nonce, Findings& into);

/// Sends, waits, looks, drops. Errors: invalid (what is wrong with the order; nothing was sent).
Status run_probe(const Config& config, const ProbeOrder& order, Tools& tools, Findings& into);

}  // namespace countersign::admin
