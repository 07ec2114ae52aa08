// SPDX-License-Identifier: Apache-2.0
//
// Searches the counter of an ALTCHA v2 challenge: first, first + step, ... until the derived key
// starts with keyPrefix. Tells {tries}, then {solution: {counter, derivedKey}} or {failed}.
"use strict";

const BATCH = 16;

function bytes(hex) {
  return Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("");
}

async function derive(nonce, salt, cost, bits, counter) {
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  new DataView(password.buffer).setUint32(nonce.length, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  return crypto.subtle.deriveBits({name: "PBKDF2", hash: "SHA-256", salt, iterations: cost}, key,
    bits);
}

async function search({parameters, first, step, most}) {
  if (parameters.algorithm !== "PBKDF2/SHA-256") throw new Error("algorithm");
  const nonce = bytes(parameters.nonce);
  const salt = bytes(parameters.salt);
  const bits = parameters.keyLength * 8;
  let tries = 0;
  for (let counter = first; counter < most; counter += BATCH * step) {
    const batch = Array.from({length: BATCH}, (_, i) => counter + i * step);
    const keys = await Promise.all(
      batch.map((n) => derive(nonce, salt, parameters.cost, bits, n)));
    for (let i = 0; i < BATCH; i++) {
      const derivedKey = hex(keys[i]);
      if (derivedKey.startsWith(parameters.keyPrefix))
        return postMessage({solution: {counter: batch[i], derivedKey}});
    }
    tries += BATCH;
    postMessage({tries});
  }
  throw new Error("no answer");
}

onmessage = (event) => {
  search(event.data).catch(() => postMessage({failed: true}));
};
