// SPDX-License-Identifier: Apache-2.0
//
// Stands for the verb `doctor` until it is here.
#include <sysexits.h>

#include "admin/run.h"

namespace countersign::admin {
int doctor(const Invocation&, Tools&, Output& output) {
  output.say("doctor is not built yet");
  return EX_UNAVAILABLE;
}
}  // namespace countersign::admin
