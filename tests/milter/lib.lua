-- SPDX-License-Identifier: Apache-2.0
--
-- Speaks to the filter as Postfix does. Each script starts with
--   dofile(LIB)  start("hold")
AUTH = " mx.example.org; dkim=pass header.d=example.com"

function start(mode)
  mt.startfilter(HARNESS, SOCK, mode)
end

-- A connection on which NR_* and HDR_LEADSPC are negotiated.
function open()
  local conn = mt.connect(SOCK, 100, 0.05)
  if conn == nil then error("no connection") end
  assert(mt.negotiate(conn, nil, nil, nil) == nil, "negotiate")
  for _, option in ipairs({SMFIP_NR_CONN, SMFIP_NR_HELO, SMFIP_NR_MAIL, SMFIP_NR_RCPT,
                           SMFIP_NR_HDR, SMFIP_SKIP, SMFIP_HDR_LEADSPC}) do
    assert(mt.test_option(conn, option), "option is not negotiated")
  end
  assert(not mt.test_action(conn, SMFIF_CHGBODY), "asks for more rights than it uses")
  assert(not mt.test_action(conn, SMFIF_ADDRCPT), "asks for more rights than it uses")
  assert(mt.conninfo(conn, "mail.example.com", "192.0.2.7") == nil, "conninfo")
  assert(mt.helo(conn, "mail.example.com") == nil, "helo")
  return conn
end

function envelope(conn, from, to)
  assert(mt.mailfrom(conn, "<" .. from .. ">") == nil, "mailfrom")
  for _, recipient in ipairs(to) do
    mt.macro(conn, SMFIC_RCPT, "{rcpt_addr}", recipient)
    assert(mt.rcptto(conn, "<" .. recipient .. ">") == nil, "rcptto")
  end
end

function header(conn, from, more)
  assert(mt.header(conn, "From", " " .. from) == nil, "From")
  assert(mt.header(conn, "Subject", " chairs") == nil, "Subject")
  for _, field in ipairs(more or {}) do
    assert(mt.header(conn, field[1], field[2]) == nil, field[1])
  end
end

-- As far as the end of the header section; returns the answer.
function begin(conn, from, to, more)
  envelope(conn, from, to)
  header(conn, from, more)
  mt.macro(conn, SMFIC_RCPT, "i", "4ABC")
  assert(mt.eoh(conn) == nil, "eoh")
  return mt.getreply(conn)
end

-- All of a mail; returns the last answer and where it was given.
function send(conn, from, to, more)
  local answer = begin(conn, from, to, more)
  if answer ~= SMFIR_CONTINUE then return answer, "eoh" end
  assert(mt.bodystring(conn, "Dear Joe,\r\n") == nil, "body")
  answer = mt.getreply(conn)
  if answer ~= SMFIR_CONTINUE and answer ~= SMFIR_SKIP then return answer, "body" end
  skipped = answer == SMFIR_SKIP
  assert(mt.eom(conn) == nil, "eom")
  return mt.getreply(conn), "eom"
end

function expect(what, got, want)
  if got ~= want then
    error(what .. ": got " .. tostring(got) .. ", want " .. tostring(want))
  end
end
