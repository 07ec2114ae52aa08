// SPDX-License-Identifier: Apache-2.0
//
// Reverse-paths that are spelled anew for every mail, in one spelling, wherever one is compared or
// stored. What comes out is for comparing only: mail goes to the reverse-path as it came. Pure,
// thread-safe.
#pragma once

#include "mail/mailbox.h"

namespace countersign {

/// Returns the mailbox without a BATV tag (draft-levine-smtp-batv): "joe@example.org" of
/// "prvs=1234abcdef=joe@example.org", also of the tags btv1 and msprvs1 that are in use. Whose it
/// is does not change by it.
Mailbox without_batv(const Mailbox& path);

/// Returns the spelling that all mails of one stream have in common:
///   - BATV: without_batv();
///   - SRS0 and SRS1: without hash and time stamp ("srs0=example.com=alice@forwarder.example");
///   - VERP: without the recipient that is written into it ("list-bounces@example.com" of
///     "list-bounces+joe=example.org@example.com"); of addresses for bounces also with '#' for each
///     part that is a number or an id, and without a detail.
/// Any other mailbox is returned as it is. The domain never changes.
Mailbox folded_reverse_path(const Mailbox& path);

/// Whether a forwarder made this reverse-path (SRS0, SRS1).
bool is_srs(const Mailbox& path);

}  // namespace countersign
