// SPDX-License-Identifier: Apache-2.0
//
// One SMTP session as the MTA tells it: a client, and one mail transaction at a time. Nothing of a
// transaction outlives it.
//
// Not thread-safe; steps may come from different threads, one after the other. Holds no lock and no
// thread's state between steps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/client.h"
#include "milter/services.h"
#include "milter/transaction.h"
#include "milter/verdict.h"

namespace countersign {

class Session {
 public:
  /// `services` must outlive the session.
  explicit Session(Services& services) : services_(services) {}

  /// A client came; all before is forgotten. `name`, `address`, `mta` as in Client.
  void connect(std::string_view name, std::string_view address, std::string_view mta);
  void helo(std::string_view argument);
  /// MAIL: a transaction begins, in place of what was there. `auth_type`: macro {auth_type}, "" if
  /// the client is not authenticated.
  Verdict mail(const std::vector<std::string_view>& arguments, std::string_view auth_type);
  /// RCPT. `answered`: the MTA waits for the verdict; else it is to proceed.
  Verdict recipient(const std::vector<std::string_view>& arguments, std::string_view rcpt_addr,
                    bool answered = false);
  Verdict field(std::string_view name, std::string_view value);
  Verdict end_of_header(std::string_view queue_id);
  Verdict body(std::string_view bytes);
  Verdict end_of_message(MessageEditor& editor);
  /// RSET, or the MTA gave the transaction up.
  void abort() { transaction_.reset(); }

  /// Whether destroying it means I/O.
  bool has_draft() const { return transaction_ && transaction_->has_draft(); }

 private:
  /// Runs `step` on the transaction. Where there is none, which no MTA does: 451.
  template <class Step>
  Verdict in_transaction(Step step);

  Services& services_;
  Client client_;
  std::optional<Transaction> transaction_;
};

}  // namespace countersign
