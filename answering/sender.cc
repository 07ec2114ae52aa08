// SPDX-License-Identifier: Apache-2.0
#include "answering/sender.h"

#include "base/crypto.h"
#include "base/encoding.h"

namespace countersign {
namespace {

constexpr std::size_t kNonceBytes = 16;

}  // namespace

bool is_of(const TokenView& view, const std::string& address) {
  const std::string proof = address_proof(view.token, address);
  bool found = false;
  for (const std::string& known : view.held.address_proofs)
    found |= equal_in_constant_time(proof, known);
  return found;
}

Status send_request(Requests& requests, const Keyring& keyring, const TokenView& view,
                    const std::string& kind, const std::string& address, const std::string& proof,
                    Deadline deadline) {
  Request request;
  request.kind = kind;
  request.id = view.held.id.text();
  request.token = view.token;
  request.address = address;
  request.proof = proof;
  request.nonce = hex_encode(random_bytes(kNonceBytes));
  CS_ASSIGN(const Secret key, keyring.current("web"));
  request.mac = hex_encode(hmac_sha256(key.bytes, request.mac_input(view.held.node)));
  return requests.append(view.held.node, request, deadline);
}

}  // namespace countersign
