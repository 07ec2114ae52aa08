-- SPDX-License-Identifier: Apache-2.0
-- What is thrown in a callback is a 451 for that mail and nothing to the next.
dofile(LIB) start("hold")
local conn = open()
expect("thrown", begin(conn, "boom@example.com", {"joe@example.org"}), SMFIR_TEMPFAIL)
mt.abort(conn)
expect("next", send(conn, "alice@example.com", {"ann@example.org"},
                    {{"Authentication-Results", AUTH}}), SMFIR_CONTINUE)
mt.disconnect(conn)
