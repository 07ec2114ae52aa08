// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/requests.h"

#include "base/crypto.h"

namespace countersign {

std::string Request::mac_input(std::string_view node) const {
  return framed(node, kind, id, token, address, proof, nonce);
}

}  // namespace countersign
