-- SPDX-License-Identifier: Apache-2.0
-- Mode observe: a stranger passes, the field says what would have happened.
dofile(LIB) start("observe")
local conn = open()
expect("stranger", send(conn, "bob@example.net", {"joe@example.org"}), SMFIR_CONTINUE)
assert(skipped, "the body is skipped")
assert(mt.eom_check(conn, MT_HDRADD, "Countersign",
                    " observed; would=hold; reason=first-contact"), "field")
mt.disconnect(conn)
