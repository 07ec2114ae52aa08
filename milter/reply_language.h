// SPDX-License-Identifier: Apache-2.0
//
// Our SMTP replies in the language of a site. Pure, thread-safe.
#pragma once

#include "language/catalogue.h"
#include "screening/replies.h"

namespace countersign {

/// Returns the texts in a language. All is ASCII (RFC 5321 §4.2: replies are): languages of the
/// Latin script are written without their marks, the others keep to English.
ReplyTexts reply_texts(const language::Catalogue& in);

}  // namespace countersign
