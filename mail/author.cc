// SPDX-License-Identifier: Apache-2.0
#include "mail/author.h"

#include "mail/address_list.h"

namespace countersign {

Author parse_author(const HeaderSection& header) {
  const auto fields = header.all("From");
  if (fields.empty()) return {std::nullopt, FromProblem::absent};
  if (fields.size() > 1) return {std::nullopt, FromProblem::repeated};
  const AddressList list = parse_address_list(fields.front()->value);
  if (!list.well_formed) return {std::nullopt, FromProblem::malformed};
  if (list.elements > 1 || list.groups > 0) return {std::nullopt, FromProblem::several};
  if (list.mailboxes.size() != 1) return {std::nullopt, FromProblem::malformed};
  return {list.mailboxes.front(), FromProblem::none};
}

}  // namespace countersign
