-- SPDX-License-Identifier: Apache-2.0
-- An MTA without the steps that make mail cheap gets an answer to each step, and whole mail.
dofile(LIB) start("hold")
local conn = mt.connect(SOCK, 100, 0.05)
-- Whatever its manual page says, miltertest takes the steps before the actions.
assert(mt.negotiate(conn, 6, 0, SMFIF_ADDHDRS + SMFIF_CHGHDRS + SMFIF_DELRCPT) == nil)
local function step(what, failed, want)
  if failed ~= nil then error(what .. ": " .. tostring(failed)) end
  expect(what, mt.getreply(conn), want or SMFIR_CONTINUE)
end
step("connect", mt.conninfo(conn, "mail.example.com", "192.0.2.7"))
step("helo", mt.helo(conn, "mail.example.com"))
step("mail", mt.mailfrom(conn, "<alice@example.com>"))
step("rcpt", mt.rcptto(conn, "<ann@example.org>"))
step("auth", mt.header(conn, "Authentication-Results",
                       "mx.example.org; dkim=pass header.d=example.com"))
step("from", mt.header(conn, "From", "alice@example.com"))
step("eoh", mt.eoh(conn))
step("body", mt.bodystring(conn, "Dear Ann,\r\n"))
step("more", mt.bodystring(conn, "more\r\n"))
step("eom", mt.eom(conn))
assert(mt.eom_check(conn, MT_HDRADD, "Countersign", "pass; reason=contact; author=example.com"),
       "without a leading space of ours")
mt.disconnect(conn)
