// SPDX-License-Identifier: Apache-2.0
#include "config/keys.h"

#include "config/key_setters.h"
#include "config/maps.h"
#include "config/postmap_table.h"
#include "config/values.h"
#include "mail/domain.h"
#include "mail/header_test.h"
#include "mail/mailbox.h"

namespace countersign {
namespace {

using namespace config_keys_detail;
using Kind = Value::Kind;

using M = Config::Milter;
using P = Config::Protect;
using F = Config::FirstContact;
using V = Config::Verdicts;
using A = Config::Authentication;
using T = Config::Store;
using S = Config::Spool;
using R = Config::Release;
using N = Config::Notices;
using C = Config::Challenge;
using B = Config::Site;
using X = Config::Secrets;
using E = Config::Metrics;
using L = Config::Log;

constexpr auto kMilter = &Config::milter;
constexpr auto kProtect = &Config::protect;
constexpr auto kFirst = &Config::first_contact;
constexpr auto kVerdicts = &Config::verdicts;
constexpr auto kAuth = &Config::authentication;
constexpr auto kStore = &Config::store;
constexpr auto kSpool = &Config::spool;
constexpr auto kRelease = &Config::release;
constexpr auto kNotices = &Config::notices;
constexpr auto kChallenge = &Config::challenge;
constexpr auto kSite = &Config::site;
constexpr auto kSecrets = &Config::secrets;
constexpr auto kMetrics = &Config::metrics;
constexpr auto kLog = &Config::log;

constexpr Words kModes = {{"observe", "aside", "hold", "refuse", "defer"}};
constexpr Words kMachines = {{"hold", "aside"}};
constexpr Words kSources = {{"header", "builtin", "none"}};
constexpr Words kProofs = {{"pow", "code", "wait"}};
constexpr Words kChannels = {{"reply", "mail"}};
constexpr Words kClientFields = {{"X-Forwarded-For", "Forwarded"}};
constexpr Words kSelfChecks = {{"base_url", "listen"}};
constexpr Words kAnswers = {{"page", "reply"}};
constexpr Words kLevels = {{"debug", "info", "warning", "error"}};
constexpr Words kTargets = {{"stderr", "syslog"}};

// Keys with rules of their own.

Status set_socket_mode(Config& config, const Value& value) {
  CS_ASSIGN(config.milter.socket_mode, parse_file_mode(value.text));
  return {};
}
Value show_socket_mode(const Config& config) {
  return Value::of(show_file_mode(config.milter.socket_mode));
}

Result<std::string> parse_group(std::string_view text) {
  if (text.size() > 32 ||
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
          std::string_view::npos)
    return Error{Errc::invalid, in_quotes(text) + " is no name of a group"};
  return std::string(text);
}

Result<std::string> parse_domain(std::string_view text) {
  auto domain = to_a_labels(text);
  if (!domain || domain->empty() || domain->starts_with('['))
    return Error{Errc::invalid, in_quotes(text) + " is no domain"};
  return domain;
}

Status set_domains(Config& config, const Value& value) {
  config.protect.domains_file.clear();
  if (value.kind == Kind::list)
    return set_list<kProtect, &P::domains, parse_protected_domain>(config, value);
  if (!value.text.starts_with("file:"))
    return Error{Errc::invalid,
                 in_quotes(value.text) + " is no list, and does not begin with file:"};
  CS_ASSIGN(config.protect.domains_file, parse_path(value.text.substr(5)));
  return {};
}
Value show_domains(const Config& config) {
  if (!config.protect.domains_file.empty()) return Value::of("file:" + config.protect.domains_file);
  return Value::of(config.protect.domains);
}

Result<std::string> parse_submit_network(std::string_view text) {
  CS_ASSIGN(std::string network, parse_network(text));
  if (network.ends_with("/0"))
    return Error{Errc::invalid, in_quotes(text) + " is everybody: no mail would be screened"};
  return network;
}

Result<std::string> parse_address(std::string_view text) {
  const auto mailbox = Mailbox::parse(text);
  if (!mailbox) return Error{Errc::invalid, in_quotes(text) + " is no address"};
  return mailbox->address();
}

Result<std::string> parse_delimiter(std::string_view text) {
  for (const char c : text)
    if (c <= ' ' || c >= 0x7f || std::string_view("@\"\\.").find(c) != std::string_view::npos)
      return Error{Errc::invalid, in_quotes(text) + " cannot separate a detail"};
  if (text.size() > 4) return Error{Errc::invalid, in_quotes(text) + " is too long"};
  return std::string(text);
}

Status set_strip_tokens(Config& config, const Value& value) {
  config.protect.strip_tokens = value.flag;
  return {};
}
Value show_strip_tokens(const Config& config) { return Value::of(config.protect.strip_tokens); }

Result<std::string> parse_mailboxes(std::string_view text) {
  if (is_postfix_table(text)) return std::string(text);
  return parse_path(text);
}

Status set_keep(Config& config, const Value& value) {
  config.first_contact.keep = value.flag;
  return {};
}
Value show_keep(const Config& config) { return Value::of(config.first_contact.keep); }

Result<std::string> parse_authserv_id(std::string_view text) {
  for (const char c : text)
    if (c <= ' ' || c >= 0x7f || std::string_view("\"\\;()").find(c) != std::string_view::npos)
      return Error{Errc::invalid, in_quotes(text) + " is no authserv-id"};
  if (text.size() > 255) return Error{Errc::invalid, in_quotes(text) + " is too long"};
  return std::string(text);
}

/// A name server needs an address: to find its name would need another.
Result<std::string> parse_resolver(std::string_view text) {
  if (text.empty() || parse_network(text)) {
    if (text.find('/') == std::string_view::npos) return std::string(text);
  } else if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (parse_host_port(text) && parse_network(host) && host.find('/') == std::string_view::npos &&
        bracketed == (host.find(':') != std::string_view::npos))
      return std::string(text);
  }
  return Error{Errc::invalid, in_quotes(text) + " is no IP address, with or without a port"};
}

Result<std::string> parse_field_name(std::string_view text) {
  if (!is_field_name(text)) return Error{Errc::invalid, in_quotes(text) + " is no name of a field"};
  return std::string(text);
}

Result<std::string> parse_test(std::string_view text) {
  const auto test = HeaderTest::parse(text);
  if (!test) return Error{Errc::invalid, in_quotes(text) + " " + test.error().detail};
  return test->text();
}

Result<std::string> parse_number(std::string_view text) {
  if (!parse_score(text)) return Error{Errc::invalid, in_quotes(text) + " is no number"};
  return std::string(text);
}

Value show_store_url(const Config& config) { return Value::of(without_password(config.store.url)); }

Result<std::string> parse_prefix(std::string_view text) {
  if (text.empty() || text.size() > 32 ||
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789:._-") != std::string_view::npos)
    return Error{Errc::invalid, in_quotes(text) + " cannot begin a key"};
  return std::string(text);
}

Result<std::string> parse_from(std::string_view text) {
  std::string sample(text);
  if (const auto at = sample.find("{domain}"); at != std::string::npos)
    sample.replace(at, std::string_view("{domain}").size(), "example.org");
  if (!Mailbox::parse(sample)) return Error{Errc::invalid, in_quotes(text) + " is no address"};
  return std::string(text);
}

Status set_digest(Config& config, const Value& value) {
  CS_ASSIGN(config.notices.digest, parse_time_of_day(value.text));
  return {};
}
Value show_digest(const Config& config) {
  return Value::of(show_time_of_day(config.notices.digest));
}

Status set_proofs(Config& config, const Value& value) {
  if (value.list.empty()) return Error{Errc::invalid, "nobody could answer"};
  return set_list<kChallenge, &C::proofs, word_of<kProofs>>(config, value);
}

Status set_channels(Config& config, const Value& value) {
  // The reply is what the other channel falls back to.
  if (!std::count(value.list.begin(), value.list.end(), "reply"))
    return Error{Errc::invalid, "\"reply\" is missing"};
  return set_list<kChallenge, &C::channels, word_of<kChannels>>(config, value);
}

Status set_answers(Config& config, const Value& value) {
  // Who was told in an SMTP reply has nothing else.
  if (!std::count(value.list.begin(), value.list.end(), "page"))
    return Error{Errc::invalid, "\"page\" is missing"};
  return set_list<kChallenge, &C::answers, word_of<kAnswers>>(config, value);
}

constexpr long kDay = 86400;

constexpr Table kTables[] = {
    {"milter", "How the MTA reaches us, and which clients are not strangers."},
    {"protect", "For whom mail is screened."},
    {"first_contact", "What becomes of mail from somebody whom the recipient does not know."},
    {"verdicts", "What an earlier milter found in the content: malware, spam."},
    {"authentication", "How an author's identity is established."},
    {"store", "The Redis server that all nodes and the web server share."},
    {"spool", "Held mail on disk."},
    {"release", "Where released mail goes."},
    {"notices", "The mails that we write: challenges by mail, digests, reports."},
    {"challenge", "The web page on which a sender answers."},
    {"site",
     "How pages, challenges by mail and SMTP replies present themselves. A domain of "
     "protect.domains can have its own: [site.\"example.org\"] with the same keys; what it does "
     "not set is that of [site]."},
    {"secrets",
     "Keys, one file for each role, made by countersign config init with mode 0640. The file of "
     "the milter never goes to the web host."},
    {"metrics", "Prometheus metrics over HTTP."},
    {"log", "One line an event."},
};

// Lines for an SMTP reply: one or two, the URL at the end of the first.
template <auto Member, bool Dated>
Status set_reply(Config& config, const Value& value) {
  std::vector<std::string> lines;
  for (const std::string& text : value.list) {
    CS_ASSIGN(std::string line, parse_reply_line(text));
    const bool has_url = line.find("{url}") != std::string::npos;
    if (has_url != lines.empty())
      return Error{Errc::invalid, "{url} stands not just in the first line"};
    if (!Dated && line.find("{date}") != std::string::npos)
      return Error{Errc::invalid, "nothing is kept here until a {date}"};
    lines.push_back(std::move(line));
  }
  if (lines.size() > 2) return Error{Errc::invalid, "there are more than two lines"};
  config.site.*Member = std::move(lines);
  return {};
}

#define CS_REPLY                                                                                  \
  "a list of one or two lines of ASCII without '%', of at most 160 octets, the first one ending " \
  "in \" {url}\"; or [] for ours"

#define CS_NETWORKS "a list of IP addresses and networks (\"192.0.2.0/24\", \"2001:db8::/32\")"
#define CS_PEER "\"HOST:PORT\", \"[IPV6]:PORT\" or \"unix:/PATH\""
#define CS_LISTEN "\"HOST:PORT\" or \"[IPV6]:PORT\""
#define CS_PATH "an absolute path"
#define CS_TESTS                                                                                   \
  "a list of tests: \"FIELD: VALUE\", in which * stands for any text and ! before it for not, or " \
  "\"FIELD >= "                                                                                    \
  "NUMBER\""

const Key kKeys[] = {
    {.table = "milter",
     .name = "socket",
     .kind = Kind::text,
     .allowed = "\"unix:/PATH\" of at most 107 bytes, \"inet:PORT@HOST\" or \"inet6:PORT@HOST\"",
     .doc = "Where the MTA finds the milter. On the MTA's own host use a Unix socket, inside "
            "Postfix's chroot: TCP costs 40 to 90 ms a message, and whoever reaches the port can "
            "end the program by a malformed packet (libmilter).",
     .set = set_text<kMilter, &M::socket, parse_milter_socket>,
     .show = show_text<kMilter, &M::socket>},
    {.table = "milter",
     .name = "socket_mode",
     .kind = Kind::text,
     .allowed = "an octal file mode from \"0000\" to \"0777\"",
     .doc = "Permissions of a Unix socket. Who may connect may have mail screened.",
     .set = set_socket_mode,
     .show = show_socket_mode},
    {.table = "milter",
     .name = "socket_group",
     .kind = Kind::text,
     .allowed = "the name of a group, or \"\" for that of the process",
     .doc = "Group of a Unix socket. The MTA has to be in it, unless socket_mode lets others in.",
     .set = set_text<kMilter, &M::socket_group, parse_group>,
     .show = show_text<kMilter, &M::socket_group>,
     .example = "\"postfix\""},
    {.table = "milter",
     .name = "submit_networks",
     .kind = Kind::list,
     .allowed = CS_NETWORKS ", not everybody (/0)",
     .doc = "Clients whose mail is our own users' mail, as if they had authenticated. It passes, "
            "and those to whom they write become contacts. Never name a relay of incoming mail "
            "here.",
     .set = set_list<kMilter, &M::submit_networks, parse_submit_network>,
     .show = show_list<kMilter, &M::submit_networks>,
     .example = "[\"192.0.2.0/24\"]"},
    {.table = "milter",
     .name = "relays",
     .kind = Kind::list,
     .allowed = CS_NETWORKS,
     .doc = "Clients that forward mail of others, such as a backup MX. What comes through them is "
            "held silently where it would be challenged: the reply would not reach its author.",
     .set = set_list<kMilter, &M::relays, parse_network>,
     .show = show_list<kMilter, &M::relays>,
     .example = "[\"198.51.100.7\"]"},
    {.table = "milter",
     .name = "max_message",
     .kind = Kind::text,
     .allowed = "a size from \"1 KB\" to \"2 GB\" (units B, KB, MB, GB, KiB, MiB, GiB)",
     .doc = "Larger mail is not held. Not below the MTA's own limit (message_size_limit), or what "
            "lies between is refused for good when strangers send it (552 5.3.4).",
     .set = set_size<kMilter, &M::max_message, 1'000, 2'000'000'000>,
     .show = show_size_of<kMilter, &M::max_message>},

    {.table = "protect",
     .name = "domains",
     .kind = Kind::list,
     .allowed = "a list of domains, or \"file:/PATH\" of a file with a domain a line",
     .doc = "Recipients in these domains are protected; all other mail passes untouched. A public "
            "suffix (\"co.uk\") is refused. In the file, # starts a comment; it is read again at "
            "reload.",
     .set = set_domains,
     .show = show_domains,
     .example = "[\"example.org\"]",
     .required = true,
     .text_too = true},
    {.table = "protect",
     .name = "mailboxes",
     .kind = Kind::text,
     .allowed = CS_PATH " of a map, \"TYPE:NAME\" of a Postfix table, or \"\" for none",
     .doc =
         "A map of addresses to the mailboxes that own them, as Postfix writes it: on each line "
         "an address (or @DOMAIN for all others in it), blanks, and its owner (or @DOMAIN for "
         "the same name there); # starts a comment line. Contacts, policy and held mail belong "
         "to the owner. An address with several owners is never screened, unless countersign "
         "policy sets its mode: then it owns itself, as does an address that is not in the map, "
         "without its detail. Any other Postfix table, such as \"hash:/etc/postfix/virtual\", is "
         "read by postmap(1): at start and reload if it can be listed, else (LDAP, SQL, regular "
         "expressions) when mail comes, and remembered for five minutes. postmap reads the main.cf "
         "of "
         "Postfix's default folder, or of the one that MAIL_CONFIG names in the environment of "
         "countersign-milter and of countersign (systemd: "
         "Environment=MAIL_CONFIG=/etc/postfix-in).",
     .set = set_text_or_none<kProtect, &P::mailboxes, parse_mailboxes>,
     .show = show_text<kProtect, &P::mailboxes>,
     .example = "\"/etc/countersign/mailboxes\""},
    {.table = "protect",
     .name = "exempt",
     .kind = Kind::list,
     .allowed = "a list of addresses",
     .doc = "Recipients that are never screened, besides postmaster, abuse, hostmaster, webmaster, "
            "admin, administrator and security of each domain.",
     .set = set_list<kProtect, &P::exempt, parse_address>,
     .show = show_list<kProtect, &P::exempt>,
     .example = "[\"orders@example.org\"]"},
    {.table = "protect",
     .name = "recipient_delimiter",
     .kind = Kind::text,
     .allowed = "at most 4 printable characters other than @ . \" and \\, or \"\" for none",
     .doc = "Each of these characters separates a mailbox from its detail. Set it as the MTA has "
            "it.",
     .set = set_text<kProtect, &P::recipient_delimiter, parse_delimiter>,
     .show = show_text<kProtect, &P::recipient_delimiter>},
    {.table = "protect",
     .name = "strip_tokens",
     .kind = Kind::flag,
     .allowed = "true, false",
     .doc = "Whether mail to an address token (countersign tokens issue) is delivered to the plain "
            "mailbox: the recipient is replaced when the mail is accepted. Then neither filters of "
            "the mailbox nor its owner see which token was used. Held mail keeps the token.",
     .set = set_strip_tokens,
     .show = show_strip_tokens},

    {.table = "first_contact",
     .name = "mode",
     .kind = Kind::text,
     .allowed = "\"observe\", \"aside\", \"hold\", \"refuse\", \"defer\"",
     .doc = "The mode of mailboxes and domains that have none of their own (countersign policy). "
            "observe: mail passes, a header field says what would have happened, and "
            "authenticated authors become contacts. aside: mail passes, marked so that it can be "
            "filed apart. hold: mail is kept until its sender answers or its recipient lets it in. "
            "refuse: nothing is kept; the reply names the page, and once its sender has answered, "
            "he sends it again. defer: for the time of ask_after the sender's own server keeps "
            "it, with a reply that names the page; then as hold. Who is known waits once where his "
            "reverse-path changes with every mail.",
     .set = set_text<kFirst, &F::mode, word_of<kModes>>,
     .show = show_text<kFirst, &F::mode>},
    {.table = "first_contact",
     .name = "machines",
     .kind = Kind::text,
     .allowed = "\"hold\", \"aside\"",
     .doc = "What becomes of mail that no person sent (newsletters, receipts, lists): it cannot "
            "answer. hold: held silently. aside: passes, marked.",
     .set = set_text<kFirst, &F::machines, word_of<kMachines>>,
     .show = show_text<kFirst, &F::machines>},
    {.table = "first_contact",
     .name = "lifetime",
     .kind = Kind::text,
     .allowed = "a duration from \"1s\" to \"365d\" (units s, m, h, d)",
     .doc =
         "How long a message is held. Too short loses mail from people who read weekly; too long "
         "fills the spool. Nothing expires before a digest has listed it.",
     .set = set_duration<kFirst, &F::lifetime, 1, 365 * kDay>,
     .show = show_duration_of<kFirst, &F::lifetime>},
    {.table = "first_contact",
     .name = "ask_after",
     .kind = Kind::text,
     .allowed = "a duration from \"1s\" to \"5d\" (units s, m, h, d)",
     .doc = "How long mode defer leaves a message with its sender's own server. Too short, and "
            "programs that never try again get a challenge all the same; over 20 h some large "
            "senders give up before.",
     .set = set_duration<kFirst, &F::ask_after, 1, 5 * kDay>,
     .show = show_duration_of<kFirst, &F::ask_after>},
    {.table = "first_contact",
     .name = "keep",
     .kind = Kind::flag,
     .allowed = "true, false",
     .doc = "Keep the copy of a first message, so that the answer releases it and it need not be "
            "sent again. false: nothing that would be challenged is kept; it is refused with the "
            "page's URL, as in mode refuse, also after ask_after of mode defer. Mail that is held "
            "without a challenge is kept all the same: nobody would send it again.",
     .set = set_keep,
     .show = show_keep},

    {.table = "first_contact",
     .name = "challenge_from",
     .kind = Kind::text,
     .allowed = "a number such as \"4.5\", or \"\" for none",
     .doc = "A first contact whose spam score (verdicts.scores) is below it passes without a "
            "challenge, and its header field says why. Mail without a score is challenged as "
            "ever; so is, in mode defer, what comes for the first time, as its score is not known "
            "then. \"\": every first contact is challenged.",
     .set = set_text_or_none<kFirst, &F::challenge_from, parse_number>,
     .show = show_text<kFirst, &F::challenge_from>,
     .example = "\"4.5\""},

    {.table = "verdicts",
     .name = "trusted",
     .kind = Kind::list,
     .allowed = "a list of names of header fields",
     .doc = "Fields by which an earlier milter says what it found. Anybody can write a header "
            "field: name here only those that this milter removes from mail that comes in. "
            "Fields that are not named are not looked at.",
     .set = set_list<kVerdicts, &V::trusted, parse_field_name>,
     .show = show_list<kVerdicts, &V::trusted>,
     .example = "[\"X-Spam\", \"X-Spam-Status\", \"X-Virus\"]"},
    {.table = "verdicts",
     .name = "malware",
     .kind = Kind::list,
     .allowed = CS_TESTS,
     .doc = "What a trusted field says of malware: such mail is held, nobody is told, and only an "
            "operator releases it. The default fits ClamAV-milter, amavis and rspamd.",
     .set = set_list<kVerdicts, &V::malware, parse_test>,
     .show = show_list<kVerdicts, &V::malware>},
    {.table = "verdicts",
     .name = "spam",
     .kind = Kind::list,
     .allowed = CS_TESTS,
     .doc = "What a trusted field says of spam: a first contact is then held silently, not "
            "challenged. The default fits SpamAssassin, amavis and rspamd.",
     .set = set_list<kVerdicts, &V::spam, parse_test>,
     .show = show_list<kVerdicts, &V::spam>},
    {.table = "verdicts",
     .name = "scores",
     .kind = Kind::list,
     .allowed = "a list of names of header fields",
     .doc = "Trusted fields in which a spam score stands, such as \"4.5\", \"Yes, score=10.0 "
            "required=5\", \"default: False [1.9 / 15.0]\" or \"****\"; the highest counts. See "
            "first_contact.challenge_from.",
     .set = set_list<kVerdicts, &V::scores, parse_field_name>,
     .show = show_list<kVerdicts, &V::scores>},

    {.table = "authentication",
     .name = "source",
     .kind = Kind::text,
     .allowed = "\"header\", \"builtin\", \"none\"",
     .doc =
         "header: the Authentication-Results fields (RFC 8601) that an earlier milter writes, "
         "such as OpenDKIM with OpenDMARC, or rspamd; forged ones must be removed before "
         "(countersign setup postfix, doctor --probe). builtin: our own process, "
         "countersign-authenticate(8), checks SPF, DKIM and DMARC; mail with a DKIM signature is "
         "decided when its body is here. none: nobody is authenticated; only the modes observe and "
         "aside are allowed then.",
     .set = set_text<kAuth, &A::source, word_of<kSources>>,
     .show = show_text<kAuth, &A::source>},
    {.table = "authentication",
     .name = "authserv_id",
     .kind = Kind::text,
     .allowed = "an authserv-id; must be set unless source is \"none\"",
     .doc =
         "With the source header: only Authentication-Results fields of exactly this authserv-id "
         "are believed. With builtin: the one by which we write such a field; those of outsiders "
         "that claim to be of it, in whatever spelling, are removed.",
     .set = set_text<kAuth, &A::authserv_id, parse_authserv_id>,
     .show = show_text<kAuth, &A::authserv_id>,
     .example = "\"mx.example.org\""},
    {.table = "authentication",
     .name = "arc_sealers",
     .kind = Kind::list,
     .allowed = "a list of domains; empty unless source is \"header\"",
     .doc = "Domains whose ARC seal (RFC 8617) is believed, with those below them: mail that fails "
            "DMARC is not held as forged if the earlier milter says arc=pass, the last to seal it "
            "is on this list, and the first of those on it did not see DMARC fail.",
     .set = set_list<kAuth, &A::arc_sealers, parse_domain>,
     .show = show_list<kAuth, &A::arc_sealers>,
     .example = "[\"lists.example.net\"]"},
    {.table = "authentication",
     .name = "resolver",
     .kind = Kind::text,
     .allowed = "an IP address, with or without a port (\"192.0.2.53\", \"127.0.0.1:5353\", "
                "\"[2001:db8::53]:53\"), or \"\"",
     .doc =
         "The name server that the source builtin asks. \"\": those of /etc/resolv.conf. A caching "
         "one on this host makes mail faster.",
     .set = set_text<kAuth, &A::resolver, parse_resolver>,
     .show = show_text<kAuth, &A::resolver>},

    {.table = "store",
     .name = "url",
     .kind = Kind::text,
     .allowed = "\"redis://HOST:PORT/DB\", \"rediss://HOST:PORT/DB\" (TLS, perhaps with "
                "?ca_file=/PATH) or \"unix:/PATH\" (perhaps with ?db=DB)",
     .doc = "The Redis server. User and password stand in the secrets files, where fewer can read "
            "them, or before the host as USER:PASSWORD@.",
     .set = set_text<kStore, &T::url, parse_store_url>,
     .show = show_store_url},
    {.table = "store",
     .name = "prefix",
     .kind = Kind::text,
     .allowed = "1 to 32 characters of a-z 0-9 : . _ -",
     .doc = "What all our keys begin with. The Redis users that config init prints fit it.",
     .set = set_text<kStore, &T::prefix, parse_prefix>,
     .show = show_text<kStore, &T::prefix>},

    {.table = "spool",
     .name = "directory",
     .kind = Kind::text,
     .allowed = CS_PATH,
     .doc = "The folder of held mail, on a local file system, only for the milter's user.",
     .set = set_text<kSpool, &S::directory, parse_path>,
     .show = show_text<kSpool, &S::directory>},
    {.table = "spool",
     .name = "limit",
     .kind = Kind::text,
     .allowed = "a size from \"64 KB\" to \"1000 TB\", not below milter.max_message",
     .doc = "How much the folder may take. Over it mail from strangers is refused for now. Half of "
            "it is kept for authenticated authors, machines get at most a fifth.",
     .set = set_size<kSpool, &S::limit, 64'000, 1'000'000'000'000'000>,
     .show = show_size_of<kSpool, &S::limit>},

    {.table = "release",
     .name = "smtp",
     .kind = Kind::text,
     .allowed = CS_PEER,
     .doc =
         "The MTA's re-entry port, which no milter sees and nobody else can reach "
         "(countersign setup postfix). It is asked at start and each hour how much it takes: mail "
         "that, with our fields, would be larger is not held (552 5.3.4).",
     .set = set_text<kRelease, &R::smtp, parse_peer>,
     .show = show_text<kRelease, &R::smtp>},

    {.table = "notices",
     .name = "smtp",
     .kind = Kind::text,
     .allowed = CS_PEER,
     .doc = "A port of the MTA that signs with DKIM and does not ask our milter.",
     .set = set_text<kNotices, &N::smtp, parse_peer>,
     .show = show_text<kNotices, &N::smtp>},
    {.table = "notices",
     .name = "from",
     .kind = Kind::text,
     .allowed = "an address, in which {domain} stands for the recipient's domain",
     .doc = "The author of notices. Mail to it is never screened.",
     .set = set_text<kNotices, &N::from, parse_from>,
     .show = show_text<kNotices, &N::from>},
    {.table = "notices",
     .name = "digest",
     .kind = Kind::text,
     .allowed = "a time of day from \"00:00\" to \"23:59\"",
     .doc = "When each mailbox gets the daily list of what is held for it, in local time.",
     .set = set_digest,
     .show = show_digest},

    {.table = "challenge",
     .name = "base_url",
     .kind = Kind::text,
     .allowed = "an http or https URL of at most 200 octets, without query, fragment or user",
     .doc = "What the page's links begin with; /c/ and 26 characters follow. Keep it short: it "
            "stands in SMTP replies.",
     .set = set_text<kChallenge, &C::base_url, parse_base_url>,
     .show = show_text<kChallenge, &C::base_url>,
     .example = "\"https://gate.example.org\"",
     .required = true},
    {.table = "challenge",
     .name = "listen",
     .kind = Kind::text,
     .allowed = CS_LISTEN,
     .doc = "Where countersign-challenge listens for HTTP. Put a server that speaks TLS before it.",
     .set = set_text<kChallenge, &C::listen, parse_host_port>,
     .show = show_text<kChallenge, &C::listen>},
    {.table = "challenge",
     .name = "proofs",
     .kind = Kind::list,
     .allowed = "a list of \"pow\", \"code\", \"wait\", at least one of them",
     .doc = "What a sender can choose from besides typing the address. pow: the browser computes "
            "for a second, which needs JavaScript. code: six digits to be read from an image or "
            "heard; without it nobody unauthenticated can answer without JavaScript. wait: two "
            "steps at least 10 s apart, for authenticated authors only; where it is all, others "
            "cannot answer.",
     .set = set_proofs,
     .show = show_list<kChallenge, &C::proofs>},
    {.table = "challenge",
     .name = "work",
     .kind = Kind::list,
     .allowed = "a list of \"WHO ANSWERS TRIES\": authenticated or unauthenticated, 0 to 100000, "
                "1 to 1000000",
     .doc = "How much work the proof pow asks for: tries at most, for authors who are "
            "authenticated and for others, from how many answers of the last hour on that came "
            "from the same network. A browser does 500 (phone) to 3000 (desktop) tries a second. "
            "Too many try the patience of people with old phones.",
     .set = set_list<kChallenge, &C::work, parse_work>,
     .show = show_list<kChallenge, &C::work>},
    {.table = "challenge",
     .name = "channels",
     .kind = Kind::list,
     .allowed = "[\"reply\"] or [\"reply\", \"mail\"]",
     .doc =
         "How a sender learns of the page. reply: in the SMTP reply, by the sender's own server. "
         "mail: by a mail of ours, only where the sender's own server wrote to us, and within "
         "budgets; else in the reply. Not with authentication.source = \"none\".",
     .set = set_channels,
     .show = show_list<kChallenge, &C::channels>},
    {.table = "challenge",
     .name = "answers",
     .kind = Kind::list,
     .allowed = "[\"page\"] or [\"page\", \"reply\"]",
     .doc =
         "How a sender who was challenged by mail may answer. page: on the page. reply: also with "
         "a "
         "reply to that mail, which counts by his own authentication alone, and is delivered too. "
         "The MTA must know protect.recipient_delimiter, as the reply goes to an address with a "
         "detail.",
     .set = set_answers,
     .show = show_list<kChallenge, &C::answers>},
    {.table = "challenge",
     .name = "proxies",
     .kind = Kind::list,
     .allowed = CS_NETWORKS,
     .doc = "Web servers before ours: what they say in client_field of the clients that they serve "
            "is believed, and what others say is not. Without it all visitors of a proxy share one "
            "limit.",
     .set = set_list<kChallenge, &C::proxies, parse_network>,
     .show = show_list<kChallenge, &C::proxies>,
     .example = "[\"192.0.2.80\"]"},
    {.table = "challenge",
     .name = "client_field",
     .kind = Kind::text,
     .allowed = "\"X-Forwarded-For\" or \"Forwarded\"",
     .doc = "The header field in which proxies say who their client is; Forwarded is that of RFC "
            "7239. The other one is not looked at: a proxy hands it on as the client wrote it.",
     .set = set_text<kChallenge, &C::client_field, word_of<kClientFields>>,
     .show = show_text<kChallenge, &C::client_field>},
    {.table = "challenge",
     .name = "self_check",
     .kind = Kind::text,
     .allowed = "\"base_url\" or \"listen\"",
     .doc = "What must answer before any URL is named to senders. base_url: the page at its public "
            "address, asked for by countersign-challenge every 15 s, which finds a web server or a "
            "certificate that is broken. listen: only its own port; for a host that cannot "
            "reach its own public address (NAT without hairpinning).",
     .set = set_text<kChallenge, &C::self_check, word_of<kSelfChecks>>,
     .show = show_text<kChallenge, &C::self_check>},
    {.table = "challenge",
     .name = "templates",
     .kind = Kind::text,
     .allowed = CS_PATH " of a folder, or \"\" for none",
     .doc = "A folder of a site's own pages (mustache). A page that is not in it is ours.",
     .set = set_text_or_none<kChallenge, &C::templates, parse_path>,
     .show = show_text<kChallenge, &C::templates>,
     .example = "\"/etc/countersign/templates\""},
    {.table = "challenge",
     .name = "operated_by",
     .kind = Kind::text,
     .allowed = "one line of at most 300 octets",
     .doc = "Who runs this, for the page /why: name and place. Empty: the host of base_url.",
     .set = set_text<kChallenge, &C::operated_by, parse_words>,
     .show = show_text<kChallenge, &C::operated_by>,
     .example = "\"Example Ltd, 1 High Street, Exampleton\""},
    {.table = "challenge",
     .name = "contact",
     .kind = Kind::text,
     .allowed = "one line of at most 300 octets",
     .doc = "Whom a sender can phone or write to when the page does not help, for the page /why. "
            "Empty: the postmaster of the address that was written to.",
     .set = set_text<kChallenge, &C::contact, parse_words>,
     .show = show_text<kChallenge, &C::contact>,
     .example = "\"+44 20 7946 0000, postmaster@example.org\""},

    {.table = "site",
     .name = "language",
     .kind = Kind::text,
     .allowed = "\"en\", \"de\", \"fr\", \"es\", \"it\", \"pt\", \"nl\", \"pl\", \"tr\", \"ar\", "
                "\"zh\" or "
                "\"ja\"",
     .doc =
         "The language of challenges by mail and of SMTP replies, and of pages for browsers that "
         "ask for none that we speak. SMTP replies are ASCII: languages of the Latin script "
         "are written without their marks there, Arabic, Chinese and Japanese sites reply in "
         "English.",
     .set = set_text<kSite, &B::language, parse_language>,
     .show = show_text<kSite, &B::language>},
    {.table = "site",
     .name = "base_url",
     .kind = Kind::text,
     .allowed = "an http or https URL as for challenge.base_url, or \"\" for that one",
     .doc = "What links to the page begin with, where a domain has its own name for it. The same "
            "countersign-challenge serves all of them.",
     .set = set_text_or_none<kSite, &B::base_url, parse_base_url>,
     .show = show_text<kSite, &B::base_url>,
     .example = "\"https://gate.example.com\""},
    {.table = "site",
     .name = "name",
     .kind = Kind::text,
     .allowed = "one line of at most 300 octets, or \"\" for none",
     .doc = "The name of the site: at the head of pages, and in their titles.",
     .set = set_text<kSite, &B::name, parse_words>,
     .show = show_text<kSite, &B::name>,
     .example = "\"Example Ltd\""},
    {.table = "site",
     .name = "logo",
     .kind = Kind::text,
     .allowed = CS_PATH " of an SVG or PNG file of at most 100 kB, or \"\" for none",
     .doc = "A picture beside the name, shown up to 48 pixels high. countersign-challenge must be "
            "able to read it.",
     .set = set_text_or_none<kSite, &B::logo, parse_path>,
     .show = show_text<kSite, &B::logo>,
     .example = "\"/etc/countersign/logo.svg\""},
    {.table = "site",
     .name = "accent",
     .kind = Kind::text,
     .allowed = "a colour \"#RRGGBB\" that can be read on white (4.5:1), or \"\" for ours",
     .doc = "The colour of buttons and links. Dark pages take a lighter one, made of it.",
     .set = set_text_or_none<kSite, &B::accent, parse_accent>,
     .show = show_text<kSite, &B::accent>,
     .example = "\"#17594a\""},
    {.table = "site",
     .name = "reply_kept",
     .kind = Kind::list,
     .allowed = CS_REPLY,
     .doc = "What a sender's server is told of mail that is held, in the site's own words; {date}: "
            "until when.",
     .set = set_reply<&B::reply_kept, true>,
     .show = show_list<kSite, &B::reply_kept>,
     .example = "[\"Waiting for you at the gate: open {url}\", \"and type your address.\"]"},
    {.table = "site",
     .name = "reply_refused",
     .kind = Kind::list,
     .allowed = CS_REPLY,
     .doc = "The same of mail that is refused until its author has answered.",
     .set = set_reply<&B::reply_refused, false>,
     .show = show_list<kSite, &B::reply_refused>},
    {.table = "site",
     .name = "reply_deferred",
     .kind = Kind::list,
     .allowed = CS_REPLY,
     .doc = "The same of mail that its sender's server is to keep for now (mode defer).",
     .set = set_reply<&B::reply_deferred, false>,
     .show = show_list<kSite, &B::reply_deferred>},

    {.table = "secrets",
     .name = "milter",
     .kind = Kind::text,
     .allowed = CS_PATH,
     .doc = "Keys of countersign-milter and of this command.",
     .set = set_text<kSecrets, &X::milter, parse_path>,
     .show = show_text<kSecrets, &X::milter>},
    {.table = "secrets",
     .name = "challenge",
     .kind = Kind::text,
     .allowed = CS_PATH ", not that of secrets.milter",
     .doc = "Keys of countersign-challenge. They make no tokens and no contacts.",
     .set = set_text<kSecrets, &X::challenge, parse_path>,
     .show = show_text<kSecrets, &X::challenge>},

    {.table = "metrics",
     .name = "milter",
     .kind = Kind::text,
     .allowed = CS_LISTEN ", or \"\" for none",
     .doc = "Where countersign-milter serves /metrics. Not to the public.",
     .set = set_text_or_none<kMetrics, &E::milter, parse_host_port>,
     .show = show_text<kMetrics, &E::milter>},
    {.table = "metrics",
     .name = "challenge",
     .kind = Kind::text,
     .allowed = CS_LISTEN ", or \"\" for none",
     .doc = "Where countersign-challenge serves /metrics. Not to the public.",
     .set = set_text_or_none<kMetrics, &E::challenge, parse_host_port>,
     .show = show_text<kMetrics, &E::challenge>},

    {.table = "log",
     .name = "level",
     .kind = Kind::text,
     .allowed = "\"debug\", \"info\", \"warning\", \"error\"",
     .doc = "The least level that is written. info has a line for each decision.",
     .set = set_text<kLog, &L::level, word_of<kLevels>>,
     .show = show_text<kLog, &L::level>},
    {.table = "log",
     .name = "target",
     .kind = Kind::text,
     .allowed = "\"stderr\", \"syslog\"",
     .doc = "Where lines go. syslog uses the facility mail.",
     .set = set_text<kLog, &L::target, word_of<kTargets>>,
     .show = show_text<kLog, &L::target>},
};

}  // namespace

std::span<const Table> config_tables() { return kTables; }
std::span<const Key> config_keys() { return kKeys; }

}  // namespace countersign
