// SPDX-License-Identifier: Apache-2.0
//
// A certificate authority and server certificates of a test's own, as PEM files.
#pragma once

#include <string>

namespace countersign::test {

/// Writes ca.pem, server.pem and server.key (P-256, a day) into `directory`; the server's name is
/// `subject_alt_name` ("DNS:localhost,IP:127.0.0.1"). Aborts on failure.
void make_certificates(const std::string& directory, const std::string& subject_alt_name);

}  // namespace countersign::test
