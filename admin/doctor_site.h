// SPDX-License-Identifier: Apache-2.0
//
// The checks of `doctor` on this host and the store: each looks, changes nothing, and adds what it
// found.
#pragma once

#include "admin/finding.h"
#include "admin/tools.h"

namespace countersign::admin {

/// That each role has its keys and no more, that nobody else can read them, and that the milter can
/// check what the web host signs.
void check_secrets(const Config& config, const Tools& tools, Findings& into);
/// That Redis answers, is ours, loses nothing, gives each user its rights, and has requests where
/// this node reads them.
void check_store(const Config& config, const Tools& tools, Findings& into);
/// That the spool is private, can be written, has room, also in each share, holds nothing damaged,
/// and that a daemon has it.
void check_spool(const Config& config, const Tools& tools, Findings& into);
/// That the keys are there which made the URLs of what is held: else their senders cannot answer.
void check_urls(const Config& config, const Tools& tools, Findings& into);
/// That protect.mailboxes, where it is a table of the MTA's, answers.
void check_mailboxes(const Config& config, Findings& into);
/// That the milter listens, the MTA may connect, and it has the store that this command sees.
void check_milter(const Config& config, const Tools& tools, Findings& into);
/// That the page beats, and can be reached by its public address. `needed`: somebody is sent there.
void check_page(const Config& config, const Tools& tools, bool needed, Findings& into);

/// The address of the client in our own Received field: "192.0.2.1"; "" if there is none. Pure.
std::string client_of(std::string_view received);

}  // namespace countersign::admin
