// SPDX-License-Identifier: Apache-2.0
#include "spool/node_id.h"

#include "mail/held_id.h"
#include "spool/layout.h"

namespace countersign {

Result<std::string> read_node(SpoolFs& fs) {
  CS_ASSIGN(const auto file, fs.open(layout::kNode));
  CS_ASSIGN(std::string text, file->read_at(0, 100));
  while (text.ends_with('\n')) text.pop_back();
  // A new id instead would orphan what the held messages and the store say of this one.
  if (!HeldId::parse(text))
    return Error{Errc::corrupt, "the spool's file 'node' holds no node id (26 characters)"};
  return text;
}

Result<std::string> read_or_make_node(SpoolFs& fs) {
  auto node = read_node(fs);
  if (node || node.error().code != Errc::not_found) return node;
  const std::string made = HeldId::random().text();
  CS_TRY(layout::put_file(fs, "", layout::kNode, made + "\n"));
  return made;
}

}  // namespace countersign
