// SPDX-License-Identifier: Apache-2.0
#include "admin/verbs.h"

#include "admin/run.h"

namespace countersign::admin {
namespace {

const Argument kWhom = {"WHOM", "site, a protected domain, or a mailbox in one"};
const Argument kMailbox = {"MAILBOX", "a mailbox in a protected domain"};
const Argument kSubject = {"SUBJECT",
                           "an author's address; @DOMAIN: all authors in it; @.DOMAIN: and below "
                           "it; list:LIST-ID: a mailing list"};
const Argument kIds = {"ID", "held ids, as held list shows them", true};
const Option kNote = {"--note", "TEXT", "a remark, kept with the entry"};
const Option kDryRun = {"--dry-run", "", "writes nothing, and tells what would be written"};
const Option kFinal = {"--final", "",
                       "of the site's list: it beats the lists of mailboxes and domains"};

const Verb kVerbs[] = {
    {"config init",
     "Makes what a site needs once: countersign.toml if it is missing, both secrets files, the "
     "spool's folder, cs:site in Redis. Prints the two Redis users. May be repeated: what exists "
     "is "
     "kept.",
     "countersign config init --user countersign --web-user countersign-web",
     {},
     {{"--user", "NAME", "who runs countersign-milter: owns the spool, reads milter.secrets"},
      {"--web-user", "NAME", "who runs countersign-challenge: reads challenge.secrets"}},
     config_init},
    {"config check",
     "Checks countersign.toml and the files that it names; tells all that is wrong.",
     "countersign -c /tmp/new.toml config check",
     {},
     {},
     config_check},
    {"config show",
     "Prints all keys with their values. Passwords are not shown.",
     "countersign config show",
     {},
     {},
     config_show},
    {"config manual",
     "Prints the manual page countersign.toml(5), for man -l.",
     "countersign config manual | man -l -",
     {},
     {},
     config_manual},

    {"held list",
     "Lists the messages in this node's spool, oldest first.",
     "countersign held list --mailbox joe@example.org",
     {},
     {{"--mailbox", "ADDRESS", "only what is held for this mailbox"},
      {"--author", "ADDRESS", "only mail of this author"},
      {"--state",
       "WORD",
       "only held, answered, released, dropped, expired, failed or withdrawn",
       false,
       false,
       {"held", "answered", "released", "dropped", "expired", "failed", "withdrawn"}}},
     held_list},
    {"held show",
     "Shows all that is known of held messages, and what happened to them.",
     "countersign held show --content 7q2mxf4pk9td3hwa7q2mxf4pk9",
     {kIds},
     {{"--content", "", "the message itself too, as received"}},
     held_show},
    {"held release",
     "Delivers held messages, as if their recipients had let them in. If the milter runs, it gets "
     "the order; else the message is delivered now. With --allow their authors become contacts of "
     "their recipients: by what authenticates them, else by the network that they write from if "
     "their domains publish neither SPF nor DMARC, else by name only. Of several recipients "
     "those who block the author get it only if all do, or by --for.",
     "countersign held release --allow 7q2mxf4pk9td3hwa7q2mxf4pk9",
     {kIds},
     {{"--allow", "", "lets the author in from now on too; needs Redis"},
      {"--for", "MAILBOX", "only for this one of its recipients: the others are not touched"}},
     held_release},
    {"held drop",
     "Drops held messages for good, for all their recipients.",
     "countersign held drop 7q2mxf4pk9td3hwa7q2mxf4pk9",
     {kIds},
     {{"--for", "MAILBOX", "only for this one of its recipients: the others are not touched"}},
     held_drop},
    {"held restore",
     "Undoes that their senders took messages back: they wait again.",
     "countersign held restore 7q2mxf4pk9td3hwa7q2mxf4pk9",
     {kIds},
     {},
     held_restore},

    {"contacts list",
     "Lists the contacts of a mailbox, a domain or the site.",
     "countersign contacts list joe@example.org",
     {kWhom},
     {},
     contacts_list},
    {"contacts allow",
     "Lets an author in. Without --fingerprint the contact is authenticated by the first domain "
     "that proves itself; mail that proves nothing is not let in.",
     "countersign contacts allow joe@example.org alice@example.com --note 'the plumber'",
     {kWhom, kSubject},
     {{"--fingerprint", "DOMAIN",
       "a domain by which the author is authenticated; or, while his own publishes neither SPF nor "
       "DMARC, where he writes from: ptr:DOMAIN of the host, net:NETWORK (a /24 or /64)",
       true},
      kNote,
      kFinal},
     contacts_allow},
    {"contacts deny",
     "Keeps an author out.",
     "countersign contacts deny site spam.example --final",
     {kWhom, kSubject},
     {kNote, kFinal},
     contacts_deny},
    {"contacts remove",
     "Removes an entry, so that less specific lists count again.",
     "countersign contacts remove joe@example.org alice@example.com",
     {kWhom, kSubject},
     {},
     contacts_remove},

    {"contacts import",
     "Makes contacts of address books (vCard, CSV) or of those to whom sent mail went (mbox, "
     "Maildir); entries that are there stay. A list that contacts export wrote is written as it "
     "is.",
     "countersign contacts import joe@example.org contacts.vcf ~joe/Maildir/.Sent",
     {kWhom, {"FILE", "a file, a Maildir, or - for standard input", true}},
     {{"--format",
       "WORD",
       "vcard, csv, mbox, maildir or list; by default what the file looks like",
       false,
       false,
       {"vcard", "csv", "mbox", "maildir", "list"}},
      {"--from", "ADDRESS", "another address under which sent mail counts as theirs", true},
      kDryRun},
     contacts_import},
    {"contacts export",
     "Prints the contacts of a mailbox, a domain or the site as CSV, which contacts import reads.",
     "countersign contacts export joe@example.org >joe.csv",
     {kWhom},
     {},
     contacts_export},
    {"contacts learn",
     "Makes contacts of those to whom users wrote, by the mail log: mail of authenticated clients "
     "and of milter.submit_networks.",
     "countersign contacts learn --log /var/log/mail.log.1 /var/log/mail.log",
     {},
     {{"--log", "FILE", "the log of Postfix or Exim, or - for standard input", true, true},
      {"--format",
       "WORD",
       "postfix or exim; by default line by line what it looks like",
       false,
       false,
       {"postfix", "exim"}},
      {"--follow", "", "goes on reading as the log grows and is rotated, until interrupted"},
      kDryRun},
     contacts_learn},

    {"policy show",
     "Shows the policy of a mailbox, a domain or the site, and where each value comes from.",
     "countersign policy show joe@example.org",
     {kWhom},
     {},
     policy_show},
    {"policy set",
     "Sets the policy of a mailbox, a domain or the site. An empty value removes the key.",
     "countersign policy set joe@example.org mode=hold machines=aside",
     {kWhom,
      {"KEY=VALUE",
       "mode=observe|aside|hold|refuse|defer, machines=hold|aside, blocked=refuse|hold, "
       "unauthentic=hold|refuse, challenge_from=NUMBER",
       true}},
     {},
     policy_set},

    {"policy expect",
     "Lets authenticated mail of a domain in for some minutes: what is to come right now, an order "
     "or a confirmation, whoever writes it.",
     "countersign policy expect joe@example.org --domain bank.example --minutes 10",
     {kMailbox},
     {{"--domain", "DOMAIN", "whose mail; its organizational domain counts", false, true},
      {"--minutes", "N", "for how long from now, 1 to 43200; 0 ends it", false, true},
      {"--count", "N", "at most so many messages"}},
     policy_expect},

    {"tokens issue",
     "Makes an address for a machine: mail to it passes while the token is valid. Prints it.",
     "countersign tokens issue joe@example.org --label shop --uses 10",
     {kMailbox},
     {{"--label", "WORD", "what it is for: letters and digits, '-' and '_' between them", false,
       true},
      {"--until", "DATE",
       "the last day, as 2027-06-30, or a moment, as 2027-06-30T14:00:00Z (UTC)"},
      {"--uses", "N", "for so many messages"},
      {"--bind", "WHO",
       "first: only for the authenticated domain that uses it first (the default); anyone; or a "
       "domain"}},
     tokens_issue},
    {"tokens list",
     "Lists the tokens of a mailbox, oldest first: what is left of them, and which have leaked.",
     "countersign tokens list joe@example.org",
     {kMailbox},
     {},
     tokens_list},
    {"tokens revoke",
     "Ends tokens for good. Mail to them is refused.",
     "countersign tokens revoke joe@example.org shop",
     {{"TOKEN", "the address of a token; or a mailbox, and then ids or labels of its tokens",
       true}},
     {},
     tokens_revoke},
    {"tokens audit",
     "After a restore of Redis: compares the tokens in it with logs of the MTA and the milter, and "
     "tells which it has forgotten, and which have been used or revoked since.",
     "countersign tokens audit --log /var/log/mail.log --mend restore",
     {},
     {{"--log", "FILE", "a log, - for standard input", true, true},
      {"--mend",
       "HOW",
       "corrects the store; restore: lost tokens work again, bound to the first who uses them; "
       "revoke: lost tokens are revoked",
       false,
       false,
       {"restore", "revoke"}}},
     tokens_audit},

    {"doctor",
     "Looks for what is wrong or risky: configuration, secrets, Redis, spool, page, and Postfix or "
     "Sendmail.",
     "countersign doctor --probe --to test@example.org",
     {},
     {{"--postfix-dir", "DIR", "Postfix's configuration, by default that of postconf"},
      {"--no-postfix", "", "leaves Postfix out: it runs elsewhere"},
      {"--sendmail-dir", "DIR",
       "looks at Sendmail, not Postfix: the folder of sendmail.cf; without Postfix, /etc/mail"},
      {"--probe", "",
       "sends a mail with forged Authentication-Results through the MX, and looks whether they are "
       "believed; needs --to"},
      {"--smtp", "HOST:PORT", "the MX for --probe, by default 127.0.0.1:25"},
      {"--to", "ADDRESS", "recipient of the probe: a protected mailbox in mode hold"},
      {"--from", "ADDRESS",
       "author of the probe, by default countersign-probe@example.com; in no protected domain"}},
     doctor},
    {"setup postfix",
     "Prints what Postfix needs to work with us, or does it: our milter, the re-entry port, the "
     "notice port, header checks that remove forged Authentication-Results, the socket's folder.",
     "countersign setup postfix --apply",
     {},
     {{"--apply", "", "does it, after a backup; may be repeated"},
      {"--undo", "", "puts back what --apply found"},
      {"--no-header-checks", "",
       "leaves them out: true Authentication-Results come from another host, such as a gateway"},
      {"--postfix-dir", "DIR", "Postfix's configuration, by default that of postconf"},
      {"--user", "NAME", "who runs countersign-milter, by default the owner of the spool"}},
     setup_postfix},
    {"setup sendmail",
     "Prints the lines that sendmail.mc needs, or writes them at its end: our milter, the re-entry "
     "port, the notice port.",
     "countersign setup sendmail --apply",
     {},
     {{"--apply", "", "writes them, after a backup; may be repeated"},
      {"--undo", "", "puts back what --apply found"},
      {"--sendmail-dir", "DIR", "the folder of sendmail.mc, by default /etc/mail"},
      {"--user", "NAME", "who runs countersign-milter, by default the owner of the spool"}},
     setup_sendmail},
    {"why",
     "Tells what would become of a first mail and why. Without options its author is not "
     "authenticated.",
     "countersign why alice@example.com joe@example.org --dkim example.com",
     {{"SENDER", "the author's address, or <> for a null reverse-path"},
      {"RECIPIENT", "an address, detail included"}},
     {{"--dkim", "DOMAIN", "a DKIM signature of this domain passes"},
      {"--spf", "", "SPF passes for the author's domain, which is also that of the reverse-path"},
      {"--dmarc-fail", "", "DMARC fails"},
      {"--network", "WHERE",
       "the author's domain publishes neither SPF nor DMARC, and he writes from there: ptr:DOMAIN "
       "or net:NETWORK"},
      {"--machine", "", "the mail says that no person sent it"},
      {"--auth", "", "the client is authenticated, or in milter.submit_networks"}},
     why},
    {"pause",
     "Passes everything from now on, without screening. Works without Redis.",
     "countersign pause",
     {},
     {},
     pause},
    {"resume", "Screens again.", "countersign resume", {}, {}, resume},
    {"stats",
     "Counts the messages and bytes in this node's spool.",
     "countersign stats",
     {},
     {},
     stats},
};

}  // namespace

const std::string& Invocation::one(std::string_view argument) const {
  return all(argument).front();
}

const std::vector<std::string>& Invocation::all(std::string_view name) const {
  static const std::vector<std::string> kNone;
  const auto found = values.find(name);
  return found == values.end() ? kNone : found->second;
}

std::optional<std::string> Invocation::option(std::string_view name) const {
  const auto& list = all(name);
  if (list.empty()) return std::nullopt;
  return list.front();
}

bool Invocation::given(std::string_view name) const {
  const auto found = switches.find(name);
  return found != switches.end() && found->second;
}

std::string Verb::synopsis() const {
  std::string out(name);
  for (const Option& option : options) {
    out.append(option.required ? " " : " [").append(option.name);
    if (!option.value.empty()) out.append(" ").append(option.value);
    if (!option.required) out.append("]");
    if (option.repeated) out.append("...");
  }
  for (const Argument& argument : arguments)
    out.append(" ").append(argument.name).append(argument.repeated ? "..." : "");
  return out;
}

std::span<const Verb> verbs() { return kVerbs; }

std::string_view group_summary(std::string_view group) {
  if (group == "config") return "The configuration.";
  if (group == "held") return "Held mail, from this node's spool alone.";
  if (group == "contacts") return "Who may write to whom.";
  if (group == "policy") return "How mail is treated, by mailbox, domain or site.";
  if (group == "tokens") return "Addresses for machines.";
  if (group == "setup") return "The MTA's configuration.";
  return "";
}

}  // namespace countersign::admin
