// SPDX-License-Identifier: Apache-2.0
//
// What the verbs do: one function a verb, in the file of its group. Each returns the exit status
// (sysexits.h), prints results to the output and complaints to its stderr, and leaves nothing half
// done when an argument is wrong.
#pragma once

#include "admin/output.h"
#include "admin/tools.h"
#include "admin/verbs.h"

namespace countersign::admin {

int config_init(const Invocation&, Tools&, Output&);
int config_check(const Invocation&, Tools&, Output&);
int config_show(const Invocation&, Tools&, Output&);
int config_manual(const Invocation&, Tools&, Output&);

int held_list(const Invocation&, Tools&, Output&);
int held_show(const Invocation&, Tools&, Output&);
int held_release(const Invocation&, Tools&, Output&);
int held_restore(const Invocation&, Tools&, Output&);
int held_drop(const Invocation&, Tools&, Output&);

int contacts_list(const Invocation&, Tools&, Output&);
int contacts_allow(const Invocation&, Tools&, Output&);
int contacts_deny(const Invocation&, Tools&, Output&);
int contacts_remove(const Invocation&, Tools&, Output&);
int contacts_import(const Invocation&, Tools&, Output&);
int contacts_export(const Invocation&, Tools&, Output&);
int contacts_learn(const Invocation&, Tools&, Output&);

int policy_show(const Invocation&, Tools&, Output&);
int policy_set(const Invocation&, Tools&, Output&);

int policy_expect(const Invocation&, Tools&, Output&);

int tokens_issue(const Invocation&, Tools&, Output&);
int tokens_list(const Invocation&, Tools&, Output&);
int tokens_revoke(const Invocation&, Tools&, Output&);
int tokens_audit(const Invocation&, Tools&, Output&);

int doctor(const Invocation&, Tools&, Output&);
int setup_postfix(const Invocation&, Tools&, Output&);
int setup_sendmail(const Invocation&, Tools&, Output&);
int why(const Invocation&, Tools&, Output&);
int pause(const Invocation&, Tools&, Output&);
int resume(const Invocation&, Tools&, Output&);
int stats(const Invocation&, Tools&, Output&);

}  // namespace countersign::admin
