// SPDX-License-Identifier: Apache-2.0
//
// Mail logs: whatever stands in them is read; and what a stranger writes into the places that are
// his (a Message-ID, HELO, a Subject, the reply of his server) never makes a contact, nor tells of
// a token.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "admin/mail_log.h"
#include "admin/token_log.h"

using namespace countersign;
using namespace countersign::admin;

namespace {

const std::string kPostfix = "May  3 14:02:00 mx postfix/";
const std::string kExim = "2027-05-03 14:02:00 1oAbCd-000123-Xy ";

/// As both MTAs and syslog daemons log it: no controls.
std::string printable(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return c >= 0 && c < ' '; }, '?');
  return out;
}

/// As Exim writes a Subject.
std::string in_marks(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

void expect_nothing(std::initializer_list<std::string> lines) {
  MailLogReader reader(LogFormat::any, [](std::string_view ip) { return ip == "192.0.2.5"; });
  for (const std::string& line : lines)
    if (reader.take(line)) std::abort();
}

void forge(const std::string& text) {
  const std::string from = kPostfix + "qmgr[1]: 4ABCDE: from=<joe@example.org>, size=1";
  const std::string to = kPostfix + "smtp[1]: 4ABCDE: to=<a@x.example>, relay=x, status=";
  const std::string client = kPostfix + "smtpd[1]: 4ABCDE: client=";
  for (const std::string& line :
       {"May  3 14:02:00 mx dovecot: lmtp(jane@example.org)<1><a>: msgid=<" + text + ">: saved",
        "May  3 14:02:00 mx spamd[1]: " + text, client + "x[203.0.113.9], sasl_sender=" + text,
        kPostfix + "smtpd[1]: NOQUEUE: reject: RCPT from x[203.0.113.9]: 450; helo=<" + text + ">",
        kPostfix + "cleanup[1]: 4ABCDE: message-id=<" + text + ">",
        kPostfix + "cleanup[1]: 4ABCDE: warning: header Subject: " + text + " from x[203.0.113.9]"})
    expect_nothing({line, from, to + "sent (250 ok)"});
  expect_nothing({client + "x[192.0.2.5]", from, to + "deferred (host said: " + text + ")"});
  for (const std::string& fields :
       {"H=x [203.0.113.9] P=esmtp S=1 T=" + in_marks(text),
        "H=x [203.0.113.9] P=esmtp S=1 id=" + text, "H=x [203.0.113.9] U=" + text + " P=esmtp S=1",
        "H=(" + text + ") [203.0.113.9] P=esmtp S=1",
        "H=x [203.0.113.9] P=esmtps SNI=" + text + " S=1"})
    expect_nothing({kExim + "<= joe@example.org " + fields, kExim + "=> a@x.example R=x"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  MailLogReader reader(LogFormat::any, [](std::string_view ip) { return ip.size() > 7; });
  const Config config;
  TokenLog tokens(config, {});
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    reader.take(text.substr(at, end - at));
    if (!tokens.read(text.substr(at, end - at))) std::abort();
    at = end + 1;
  }
  const std::string line = printable(text);
  forge(line);
  TokenLog forged(config, {});
  const std::string other = "May  3 14:02:00 mx dovecot: lmtp(jane@example.org)<1><a>: msgid=<";
  if (!forged.read(other + line + ">") || !forged.tokens().empty()) std::abort();
  return 0;
}
