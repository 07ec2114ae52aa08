-- SPDX-License-Identifier: Apache-2.0
-- RSET in each state, two mails in a session: nothing of one is in the next.
dofile(LIB) start("hold")
local function dropped(conn, steps)
  if steps >= 1 then assert(mt.mailfrom(conn, "<drop@example.net>") == nil) end
  if steps >= 2 then assert(mt.rcptto(conn, "<drop@example.org>") == nil) end
  if steps >= 3 then assert(mt.header(conn, "From", " drop@example.net") == nil) end
  if steps >= 4 then
    assert(mt.eoh(conn) == nil)
    expect("eoh", mt.getreply(conn), SMFIR_CONTINUE)
  end
  if steps >= 5 then
    assert(mt.bodystring(conn, "drop") == nil)
    expect("body", mt.getreply(conn), SMFIR_CONTINUE)
  end
  mt.abort(conn)
end
for steps = 1, 5 do
  local conn = open()
  dropped(conn, steps)
  expect("after " .. steps, send(conn, "bob@example.net", {"joe@example.org"}), SMFIR_REPLYCODE)
  expect("contact", send(conn, "alice@example.com", {"ann@example.org"},
                         {{"Authentication-Results", AUTH}}), SMFIR_CONTINUE)
  mt.disconnect(conn)
end
-- expect: kept <joe@example.org> bob@example.net 55
-- expect: kept <joe@example.org> bob@example.net 55
-- expect: kept <joe@example.org> bob@example.net 55
-- expect: kept <joe@example.org> bob@example.net 55
-- expect: kept <joe@example.org> bob@example.net 55
