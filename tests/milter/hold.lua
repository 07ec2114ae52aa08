-- SPDX-License-Identifier: Apache-2.0
-- A stranger is kept and told the URL; a machine is kept and told nothing; the denied hear so.
dofile(LIB) start("hold")
local conn = open()
expect("stranger", send(conn, "bob@example.net", {"joe@example.org"}), SMFIR_REPLYCODE)
assert(not skipped, "the body of a held mail is needed")
expect("machine", send(conn, "bob@example.net", {"joe@example.org"}, {{"Precedence", " bulk"}}),
       SMFIR_DISCARD)
expect("no author", send(conn, "a, b", {"joe@example.org"}), SMFIR_DISCARD)
mt.disconnect(conn)
-- expect: kept <joe@example.org> bob@example.net 55
-- expect: kept <joe@example.org> bob@example.net 74
-- expect: kept <joe@example.org>  44
