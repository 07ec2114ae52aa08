-- SPDX-License-Identifier: Apache-2.0
-- A contact passes: body skipped, our field added with its leading space, forged ones removed.
dofile(LIB) start("hold")
local conn = open()
local answer, where = send(conn, "alice@example.com", {"ann@example.org"},
                           {{"Authentication-Results", AUTH}, {"Countersign", " released"},
                            {"countersign", " pass"}})
expect("answer", answer, SMFIR_CONTINUE)
expect("where", where, "eom")
assert(skipped, "the body is skipped")
assert(mt.eom_check(conn, MT_HDRADD, "Countersign", " pass; reason=contact; author=example.com"),
       "field")
assert(mt.eom_check(conn, MT_HDRDELETE, "Countersign"), "forged field")
assert(not mt.eom_check(conn, MT_RCPTDELETE, "<ann@example.org>"), "recipient stays")
-- Nothing of ours in it: the MTA need not tell more.
answer, where = send(conn, "alice@example.com", {"bob@example.net"})
expect("outgoing", answer, SMFIR_ACCEPT)
expect("where", where, "eoh")
mt.disconnect(conn)
