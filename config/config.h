// SPDX-License-Identifier: Apache-2.0
//
// countersign.toml as plain values (design section 7). Only main.cc files and admin/ see this; the
// other layers are handed what they need of it. A Config is complete and checked: every value is in
// its range, and what depends on each other fits. The initialisers are the defaults; config/keys.h
// has the table that reads, checks, prints and documents each.
//
// Words ("observe", "header") are kept as text, checked against the words that are allowed: the
// enumerations belong to layers that config/ does not know.
//
// A Config is an immutable snapshot once loaded; to reload is to load another.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace countersign {

struct Config {
  struct Milter {
    std::string socket = "unix:/var/spool/postfix/countersign/milter.sock";  ///< for libmilter
    unsigned socket_mode = 0660;                                             ///< of a Unix socket
    std::string socket_group;                  ///< of a Unix socket; "": that of the process
    std::vector<std::string> submit_networks;  ///< "192.0.2.0/24", "2001:db8::/32", "192.0.2.1"
    std::vector<std::string> relays;           ///< the same
    std::uint64_t max_message = 25'000'000;    ///< bytes
  } milter;

  struct Protect {
    std::vector<std::string> domains;  ///< A-labels; read from domains_file when that is set
    std::string domains_file;          ///< path; "": the domains stand in countersign.toml
    std::string mailboxes;             ///< path, or "TYPE:NAME" of Postfix; "": none
    /// What stands in `mailboxes`, if it can be listed: as OwnerMap::add() takes it.
    std::map<std::string, std::string> owners;
    bool mailboxes_asked = false;  ///< `mailboxes` cannot be listed: it is asked for each message
    std::vector<std::string> exempt;  ///< as Mailbox::address()
    std::string recipient_delimiter = "+";
    bool strip_tokens = false;
  } protect;

  struct FirstContact {
    std::string mode = "observe";   ///< "observe", "aside", "hold", "refuse", "defer"
    std::string machines = "hold";  ///< "hold", "aside"
    std::chrono::seconds lifetime = std::chrono::hours(24 * 30);
    std::chrono::seconds ask_after = std::chrono::minutes(30);
    bool keep = true;
    std::string challenge_from;  ///< a number; "": none
  } first_contact;

  struct Verdicts {
    std::vector<std::string> trusted;  ///< names of fields
    /// Tests, "FIELD: VALUE" or "FIELD >= NUMBER".
    std::vector<std::string> malware = {"X-Virus-Status: Infected*", "X-Virus: !Clean*",
                                        "X-Amavis-Alert: INFECTED*"};
    std::vector<std::string> spam = {"X-Spam-Flag: YES", "X-Spam: Yes*", "X-Spam-Status: Yes*"};
    std::vector<std::string> scores = {"X-Spam-Score", "X-Spam-Status", "X-Spamd-Result"};
  } verdicts;

  struct Authentication {
    std::string source = "header";         ///< "header", "builtin", "none"
    std::string authserv_id;               ///< set unless source is "none"
    std::vector<std::string> arc_sealers;  ///< A-labels; empty unless source is "header"
    std::string resolver;                  ///< "192.0.2.53", "HOST:PORT"; "": the system's
  } authentication;

  struct Store {
    std::string url = "redis://127.0.0.1:6379/0";
    std::string prefix = "cs:";
  } store;

  struct Spool {
    std::string directory = "/var/spool/countersign";
    std::uint64_t limit = 10'000'000'000;  ///< bytes
  } spool;

  struct Release {
    std::string smtp = "127.0.0.1:10026";  ///< "host:port", "[v6]:port", "unix:/path"
  } release;

  struct Notices {
    std::string smtp = "127.0.0.1:10027";                 ///< as release.smtp
    std::string from = "countersign@{domain}";            ///< {domain}: that of the recipient
    std::chrono::minutes digest = std::chrono::hours(7);  ///< after midnight, local time
  } notices;

  struct Challenge {
    std::string base_url;                   ///< "https://gate.example.org"; no final slash
    std::string listen = "127.0.0.1:8480";  ///< "host:port", "[v6]:port"
    std::vector<std::string> proofs = {"pow", "code", "wait"};
    /// "WHO ANSWERS TRIES": how much work `pow` asks for.
    std::vector<std::string> work = {"authenticated 0 1500", "authenticated 200 3000",
                                     "unauthenticated 0 3000", "unauthenticated 30 6000",
                                     "unauthenticated 100 12000"};
    std::vector<std::string> channels = {"reply"};  ///< "reply", then perhaps "mail"
    std::vector<std::string> answers = {"page"};    ///< "page", then perhaps "reply"
    /// Networks of web servers before ours, whose word on their clients counts.
    std::vector<std::string> proxies = {"127.0.0.0/8", "::1"};
    std::string client_field = "X-Forwarded-For";  ///< that they write; or "Forwarded"
    std::string self_check = "base_url";           ///< what the heartbeat asks; or "listen"
    std::string templates;                         ///< folder of a site's own pages; "": none
    std::string operated_by;                       ///< for /why; "": the host of base_url
    std::string contact;                           ///< whom to phone or write; "": postmaster
  } challenge;

  /// How the site shows itself: [site], or a domain's own [site."example.org"].
  struct Site {
    std::string language = "en";  ///< a tag of language::catalogues()
    std::string base_url;         ///< "": challenge.base_url
    std::string name;             ///< "": none
    std::string logo;             ///< path of an SVG or PNG file; "": none
    std::string accent;           ///< "#17594a"; "": ours
    /// SMTP replies in the site's own words, as ReplyTexts has them; empty: ours in its language.
    std::vector<std::string> reply_kept;
    std::vector<std::string> reply_refused;
    std::vector<std::string> reply_deferred;
  } site;
  /// By domain in A-labels; what such a table does not set is that of `site`.
  std::map<std::string, Site> sites;

  struct Secrets {
    std::string milter = "/etc/countersign/milter.secrets";
    std::string challenge = "/etc/countersign/challenge.secrets";
  } secrets;

  struct Metrics {
    std::string milter = "127.0.0.1:9465";     ///< "host:port"; "": not served
    std::string challenge = "127.0.0.1:9466";  ///< the same
  } metrics;

  struct Log {
    std::string level = "info";     ///< a word of log::Level but "fatal"
    std::string target = "stderr";  ///< "stderr", "syslog"
  } log;
};

/// Reads `path` and the files that it names (protect.domains, protect.mailboxes).
/// Errors: unavailable (a file cannot be read), invalid. The detail has a line for every problem,
/// not just the first, ready to be shown: "FILE:LINE: table.key: what is wrong; allowed: ...".
/// A program that gets an error here exits with EX_CONFIG, 78; a daemon that reloads stays with
/// what it has.
Result<Config> load_config(const std::string& path);

/// The same of text that is read already; `name` stands for FILE. Errors: as load_config.
Result<Config> parse_config(std::string_view text, const std::string& name);

}  // namespace countersign
