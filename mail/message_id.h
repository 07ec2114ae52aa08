// SPDX-License-Identifier: Apache-2.0
//
// Message-IDs (RFC 5322 §3.6.4) as they are compared: byte for byte, without angle brackets. Pure,
// thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mail/header_section.h"

namespace countersign {

/// Returns the ids in the value of Message-ID, In-Reply-To, References or Original-Message-ID, in
/// their order: what stands between '<' and '>', without white space (some programs fold inside).
/// Where nothing does, the whole value, if it is one word with an '@'. At most `most`, the last of
/// them; ids over 500 bytes are left out.
std::vector<std::string> message_ids(std::string_view value, std::size_t most = 1);

/// Returns the ids that In-Reply-To and References name, each once, at most 25: a reply names the
/// mail that it answers in both, and last in References.
std::vector<std::string> answered_ids(const HeaderSection& header);

}  // namespace countersign
