-- SPDX-License-Identifier: Apache-2.0
-- Of several recipients those who do not know the author are deleted, in all spellings.
dofile(LIB) start("hold")
local conn = open()
assert(mt.mailfrom(conn, "<alice@example.com>") == nil)
mt.macro(conn, SMFIC_RCPT, "{rcpt_addr}", "joe@example.org")
assert(mt.rcptto(conn, "<@relay.example:Joe@Example.org>", "NOTIFY=NEVER") == nil)
mt.macro(conn, SMFIC_RCPT, "{rcpt_addr}", "ann@example.org")
assert(mt.rcptto(conn, "<ann@example.org>") == nil)
header(conn, "alice@example.com", {{"Authentication-Results", AUTH}})
assert(mt.eoh(conn) == nil)
expect("eoh", mt.getreply(conn), SMFIR_CONTINUE)
assert(mt.bodystring(conn, "Dear both,\r\n") == nil)
expect("body", mt.getreply(conn), SMFIR_CONTINUE)
assert(mt.eom(conn) == nil)
expect("eom", mt.getreply(conn), SMFIR_CONTINUE)
for _, spelling in ipairs({"<@relay.example:Joe@Example.org>", "<Joe@Example.org>",
                           "joe@example.org"}) do
  assert(mt.eom_check(conn, MT_RCPTDELETE, spelling), spelling)
end
assert(not mt.eom_check(conn, MT_RCPTDELETE, "<ann@example.org>"), "ann stays")
mt.disconnect(conn)
-- expect: kept <@relay.example:Joe@Example.org> alice@example.com 131
