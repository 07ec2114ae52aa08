// SPDX-License-Identifier: Apache-2.0
//
// What DKIM-Signature fields (RFC 6376 §3.5) say that they cover. Nothing is verified here. Pure,
// thread-safe.
#pragma once

#include <string>
#include <vector>

#include "mail/header_section.h"

namespace countersign {

struct DkimSignature {
  std::string domain;       ///< d=, in A-labels; "" if there is none
  bool signs_from = false;  ///< h= names From
  bool cuts_body = false;   ///< l= is there: anybody may have added to the body
};

/// Returns one for each DKIM-Signature field, in order.
std::vector<DkimSignature> read_dkim_signatures(const HeaderSection& header);

}  // namespace countersign
