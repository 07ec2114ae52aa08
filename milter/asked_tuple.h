// SPDX-License-Identifier: Apache-2.0
//
// What mail that is refused or deferred is known by when it comes again. Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "holding/asking.h"
#include "mail/envelope.h"
#include "mail/header_section.h"
#include "milter/client.h"
#include "screening/facts.h"

namespace countersign {

/// Returns who tries, as far as the connection tells: "ptr:example.com", the organizational domain
/// of the client's confirmed name, else "net:192.0.2.0/24". Never one address: large senders try
/// again from others.
std::string client_evidence(const Client& client);

/// Returns the same as a network fingerprint (is_network()). Names that spell the client's own IPv4
/// address are its provider's, who has other customers: of them the network counts. "" for a
/// program of this host, through which anybody's mail may have come.
std::string network_fingerprint(const Client& client);

/// Returns the reverse-path as tuples have it: folded; what is no mailbox as it was given.
std::string tuple_path(const ReversePath& path);

/// The tuple of mail that is refused at the end of the header section, without owners. The evidence
/// of an authenticated author is what authenticates him: "author:example.com".
AskedTuple refused_tuple(const Facts& facts, const ReversePath& path, const Client& client);
/// The tuple of mail that is deferred at RCPT, without owners.
AskedTuple deferred_tuple(const ReversePath& path, const Client& client);

/// Returns the ways by which mail with this envelope may be known to come (Asked::remember_ways),
/// none for a reverse-path that is no mailbox: first that of its organizational domain and
/// client_evidence(), of which somebody who was known made use; then that of way_of_domain().
/// Coarse, as local parts are often new with every mail, and those of services that send for many
/// are not to be told apart: a way lets nobody in.
std::vector<std::string> ways_of(const ReversePath& path, const Client& client);
/// Returns the way by which anybody of this domain may answer what was sent there, whatever server
/// he uses.
std::string way_of_domain(const std::string& domain);

/// Returns the digest of the fields by which a message knows itself, whatever way it came: 64 hex
/// digits.
std::string header_digest(const HeaderSection& header);

}  // namespace countersign
