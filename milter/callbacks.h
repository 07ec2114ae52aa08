// SPDX-License-Identifier: Apache-2.0
//
// libmilter's C edge. libmilter gives callbacks no pointer of ours, so what they share is the
// process's: one set of services.
//
// Runs under libmilter with a thread for each connection and with its pool of workers, where the
// callbacks of a session hop between threads and a close can come alone, under the pool's lock.
#pragma once

#include "base/result.h"
#include "milter/services.h"

namespace countersign {

/// Registers the callbacks with libmilter. Once in a process; `services` must live as long as it.
/// Errors: unavailable.
Status register_callbacks(Services& services);

/// Returns the number of callbacks that run now. Thread-safe.
int callbacks_in_flight();

/// Destroys the sessions whose close left a draft in the spool: to do that under the pool's lock
/// would make all others wait for the disk. Every callback does it too; main() once more each
/// second, for when there are none. Thread-safe.
void dispose_closed_sessions();

}  // namespace countersign
