// SPDX-License-Identifier: Apache-2.0
//
// A token in the hands of somebody whom it was not given to (rule 7): what its owner is told.
// Values.
#pragma once

#include <string>

#include "base/clock.h"

namespace countersign {

struct LeakAlarm {
  std::string owner{};     ///< Mailbox::key()
  std::string id{};        ///< AddressToken::id
  std::string label{};     ///< "shop"
  std::string mailbox{};   ///< the address that it was made for
  std::string bound_to{};  ///< whose token it is
  std::string used_by{};   ///< the author's authenticated domain; "" if there is none
  std::string author{};    ///< as he calls himself; may be forged
  bool refused = true;     ///< else his mail was let through, as it is only watched
  WallTime when{};
};

}  // namespace countersign
