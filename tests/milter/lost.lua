-- SPDX-License-Identifier: Apache-2.0
-- The MTA goes away in any state, politely or not: nothing is left half done, others are served.
dofile(LIB) start("hold")
for _, polite in ipairs({true, false}) do
  for steps = 0, 3 do
    local conn = open()
    if steps == 1 then envelope(conn, "bob@example.net", {"joe@example.org"}) end
    if steps >= 2 then begin(conn, "bob@example.net", {"joe@example.org"}) end
    if steps >= 3 then
      assert(mt.bodystring(conn, "half a mail") == nil)
      mt.getreply(conn)
    end
    mt.disconnect(conn, polite)
    conn = open()
    expect("others", send(conn, "alice@example.com", {"ann@example.org"},
                          {{"Authentication-Results", AUTH}}), SMFIR_CONTINUE)
    mt.disconnect(conn)
  end
end
