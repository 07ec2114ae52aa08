-- SPDX-License-Identifier: Apache-2.0
-- The client's name is taken for confirmed unless the MTA says that it may be forged.
dofile(LIB) start("hold")
local unpublished = " mx.example.org; spf=none smtp.mailfrom=bob@example.net; dmarc=none"
local function client(name, address, said)
  local conn = mt.connect(SOCK, 100, 0.05)
  assert(conn ~= nil, "no connection")
  assert(mt.negotiate(conn, nil, nil, nil) == nil, "negotiate")
  mt.macro(conn, SMFIC_CONNECT, "_", said)
  assert(mt.conninfo(conn, name, address) == nil, "conninfo")
  assert(mt.helo(conn, "mail.example.com") == nil, "helo")
  expect(said, send(conn, "bob@example.net", {"joe@example.org"},
                    {{"Authentication-Results", unpublished}}), SMFIR_REPLYCODE)
  mt.disconnect(conn)
end
client("mx.host.example", "192.0.2.7", "mx.host.example [192.0.2.7]")
client("mx.host.example", "192.0.2.7", "mx.host.example [192.0.2.7] (may be forged)")
client("unknown", "192.0.2.7", "unknown [192.0.2.7]")
client("[192.0.2.7]", "192.0.2.7", "[192.0.2.7]")
-- expect: kept <joe@example.org> bob@example.net 148 ptr:host.example
-- expect: kept <joe@example.org> bob@example.net 148 net:192.0.2.0/24
-- expect: kept <joe@example.org> bob@example.net 148 net:192.0.2.0/24
-- expect: kept <joe@example.org> bob@example.net 148 net:192.0.2.0/24
