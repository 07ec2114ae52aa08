// SPDX-License-Identifier: Apache-2.0
//
// The store's values as bytes and back (docs/store-format.md). Pure, thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "screening/knowledge.h"
#include "tokenstore/contacts.h"
#include "tokenstore/held_index.h"
#include "tokenstore/requests.h"

namespace countersign {

/// Names and values of a hash or of a stream's entry, in turn.
using Fields = std::vector<std::string>;

/// An entry of a contact list, in the shorter of its two forms that can say it all: a Record, or
/// nine characters and the fingerprints, of which that of the subject's own domain is one more.
/// Times are kept to the second.
std::string encode_contact(const Subject& subject, const ContactEntry& entry);

/// What adds fingerprints to an entry that has none, as text to append: to a Record
/// ("&fp=example.com"), and to the short form ("="); both "" for none.
struct FingerprintSuffix {
  std::string record;
  std::string brief;
};
FingerprintSuffix encode_fingerprints(const Subject& subject, const ContactEntry& entry);

/// Errors: corrupt.
Result<ContactEntry> decode_contact(const Subject& subject, std::string_view bytes);

/// A permit, as Record: what is absent is not among its fields. Errors: corrupt.
std::string encode_permit(const Permit& permit);
Result<Permit> decode_permit(std::string_view bytes);

/// The hash held:{id}, with the token's digest as `answer` if that is not empty.
Fields encode_held(const HeldView& view, const std::string& digest);
/// Returns the value of the field `outcome`.
std::string encode_outcomes(const std::vector<RecipientState>& outcomes);
/// `fields`: the whole hash. Errors: corrupt.
Result<HeldView> decode_held(const HeldId& id, const Fields& fields);

/// The value of a message in {m}:held, as Record.
std::string encode_held_mark(const HeldView& view, HeldState state);
/// Returns when the message that this stands for ends. Errors: corrupt.
Result<WallTime> decode_held_mark(std::string_view bytes);

/// A field of {m}:asked, as Record. Errors: corrupt.
std::string encode_asked(const AskedRecord& record);
Result<AskedRecord> decode_asked(std::string_view bytes);

/// The value of answer:{digest}, as Record. Errors: corrupt.
std::string encode_token(const TokenRecord& record);
Result<TokenRecord> decode_token(std::string_view bytes);

/// The value of retry:{digest}, as Record. Errors: corrupt.
std::string encode_retry(const HeldId& id);
Result<HeldId> decode_retry(std::string_view bytes);

/// An entry of requests:{node}. What is missing is "": the node checks the MAC anyway.
Fields encode_request(const Request& request);
Request decode_request(const Fields& fields);

}  // namespace countersign
