// SPDX-License-Identifier: Apache-2.0
//
// All of the shared state behind one door. Only the composition roots and tests see this; everybody
// else takes the one interface that it needs. Thread-safe; the parts live as long as the store.
#pragma once

#include "tokenstore/address_tokens.h"
#include "tokenstore/asked.h"
#include "tokenstore/budgets.h"
#include "tokenstore/contacts.h"
#include "tokenstore/directory.h"
#include "tokenstore/held_index.h"
#include "tokenstore/requests.h"
#include "tokenstore/sent_mail.h"

namespace countersign {

class Store {
 public:
  virtual ~Store() = default;
  virtual Directory& directory() = 0;
  virtual Contacts& contacts() = 0;
  virtual Policies& policies() = 0;
  virtual SentMail& sent() = 0;
  virtual AddressTokens& tokens() = 0;
  virtual HeldIndex& held() = 0;
  virtual Asked& asked() = 0;
  virtual Requests& requests() = 0;
  virtual Budgets& budgets() = 0;
  virtual Outbox& outbox() = 0;
  virtual WebState& web() = 0;
};

}  // namespace countersign
