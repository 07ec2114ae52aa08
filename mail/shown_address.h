// SPDX-License-Identifier: Apache-2.0
//
// Addresses as people are shown them. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace countersign {

/// Returns an address in UTF-8 (RFC 6531): a domain in A-labels (RFC 5890) stands in U-labels, with
/// the A-labels beside it, as letters of one script can look like those of another:
/// "joe@bücher.example (xn--bcher-kva.example)". A domain whose U-labels would not become the same
/// A-labels again, or could mislead, stays in A-labels; and so does what is no address. Code points
/// that set the direction of what follows become U+FFFD.
std::string shown_address(std::string_view address);

}  // namespace countersign
