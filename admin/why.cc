// SPDX-License-Identifier: Apache-2.0
//
// why: the decision for a mail that has not come, by the functions that decide when one comes.
#include <algorithm>
#include <array>

#include "admin/exit_status.h"
#include "admin/fingerprint_words.h"
#include "admin/milter_state.h"
#include "admin/opening.h"
#include "admin/policy_words.h"
#include "admin/run.h"
#include "admin/token_words.h"
#include "admin/whom.h"
#include "config/values.h"
#include "mail/domain.h"
#include "mail/machine.h"
#include "screening/facts.h"
#include "screening/plan.h"
#include "screening/screen.h"
#include "spool/spool.h"

namespace countersign::admin {
namespace {

constexpr seconds kPageMissing{61};  ///< as PageWatch has it

// In the order of Reason.
constexpr std::array<std::string_view, kReasonWords.size()> kExplanations = {
    "The client is one of our own users.",
    "The recipient is in no protected domain.",
    "The recipient must always be reached, or is listed in protect.exempt.",
    "The most specific entry for this author is a deny.",
    "An earlier milter found malware.",
    "The address carries a valid token.",
    "The address carries a token that is not valid any more.",
    "The author is in one of our own domains, and the client is outside.",
    "The author is a contact, and authenticated as this contact is.",
    "The author is a contact, but is not authenticated as this contact is.",
    "DMARC fails for the author's domain.",
    "It answers a mail of this mailbox.",
    "It returns a mail of this mailbox.",
    "The recipient expects mail of this domain.",
    "The From field names no single author.",
    "No person sent it, by its own marks.",
    "An earlier milter found spam.",
    "It was forwarded.",
    "The author answered, and has one message let in.",
    "Nobody knows this author yet.",
    "The operator said: pass everything (countersign resume ends it).",
    "The store cannot be asked."};

/// The mail that the arguments describe.
struct Question {
  std::optional<Mailbox> sender;  ///< none: null reverse-path
  Mailbox recipient;
};

Result<Question> question_of(const Invocation& invocation) {
  const std::string& sender = invocation.one("SENDER");
  const auto recipient = Mailbox::parse(invocation.one("RECIPIENT"));
  if (!recipient)
    return Error{Errc::invalid,
                 "RECIPIENT: " + in_quotes(invocation.one("RECIPIENT")) + " is no address"};
  Question question{std::nullopt, *recipient};
  if (sender == "<>") return question;
  const auto author = Mailbox::parse(sender);
  if (!author)
    return Error{Errc::invalid,
                 "SENDER: " + in_quotes(sender) + " is no address; allowed: an address, or <>"};
  question.sender = *author;
  return question;
}

Result<std::string> fingerprint_of(const Invocation& invocation, const Question& question) {
  if (!question.sender) return std::string();
  const std::string& domain = question.sender->domain();
  if (invocation.given("--spf")) return organizational_domain(domain);
  const auto dkim = invocation.option("--dkim");
  if (!dkim) return std::string();
  const auto signer = to_a_labels(*dkim);
  if (!signer || signer->empty())
    return Error{Errc::invalid, "--dkim: " + in_quotes(*dkim) + " is no domain"};
  // A signature of somebody else proves nothing of the author.
  return aligned(*signer, domain) ? organizational_domain(domain) : std::string();
}

Result<std::string> parse_network(const std::string& text) {
  auto fingerprint = parse_contact_fingerprint("", text);
  if (fingerprint && is_network(*fingerprint)) return fingerprint;
  return Error{Errc::invalid, "--network: " + in_quotes(text) +
                                  " is no network; allowed: ptr:DOMAIN, net: and a /24 or /64"};
}

Result<Facts> facts_of(const Invocation& invocation, const Question& question,
                       const Config& config) {
  CS_ASSIGN(const std::string fingerprint, fingerprint_of(invocation, question));
  Facts facts;
  facts.internal = invocation.given("--auth");
  facts.null_reverse_path = !question.sender;
  facts.reverse_path_is_author = question.sender.has_value();
  facts.author_domain_protected =
      question.sender && is_protected(config, question.sender->domain());
  // A bounce has an author too, whoever he is: he is not what is asked about.
  facts.author.problem = FromProblem::none;
  facts.author.mailbox = question.sender;
  facts.authentication.checked = config.authentication.source != "none";
  if (facts.authentication.checked) {
    facts.authentication.fingerprint = fingerprint;
    facts.authentication.spf_aligned = invocation.given("--spf");
    facts.authentication.dmarc_failed = invocation.given("--dmarc-fail");
    if (const auto network = invocation.option("--network")) {
      CS_ASSIGN(facts.network, parse_network(*network));
      facts.authentication.published = Published::nothing;
    }
  }
  ReversePath path;
  path.mailbox = question.sender;
  path.null = facts.null_reverse_path;
  const bool says_so = invocation.given("--machine");
  const auto header = HeaderSection::parse(says_so ? "Auto-Submitted: auto-generated\r\n" : "");
  facts.machine_mark = machine_mark(path, header, question.sender);
  const auto& channels = config.challenge.channels;
  facts.mail_channel = std::find(channels.begin(), channels.end(), "mail") != channels.end();
  return facts;
}

/// The token that the recipient's address carries. Without keys there are none.
std::optional<AddressToken> token_in(const Question& question, const Config& config,
                                     const Tools& tools) {
  const auto ring = tools.load_keys(config.secrets.milter);
  if (!ring) return std::nullopt;
  const auto token = token_of(config, ring->all("token"), question.recipient);
  return token ? *token : std::nullopt;
}

/// Sets what permits are good for, as the milter does it.
void judge_permits(const Facts& message, const Knowledge& knowledge, RecipientFacts& facts) {
  if (const auto& window = facts.knowledge.window)
    facts.knowledge.expected =
        use_of(*window, window->bound_to, message.arrived, false) == TokenUse::valid;
  if (!knowledge.tokens.empty() && knowledge.tokens.front())
    facts.token = use_of(*knowledge.tokens.front(), message.authentication.fingerprint,
                         message.arrived, false);
}

/// Whose lists count; where the table cannot be asked, the address without detail.
Mailbox owner_in(const Config& config, const Question& question,
                 const std::optional<AddressToken>& token, const Result<Ownership>& found) {
  if (token) return token->owner;
  if (found) return found->owner;
  return OwnerMap::read(question.recipient, config.protect.recipient_delimiter, "").owner;
}

RecipientFacts recipient_facts(const Question& question, const Config& config,
                               const std::optional<AddressToken>& token, const Facts& message,
                               const Result<Ownership>& found, const Result<Knowledge>& knowledge) {
  RecipientFacts facts;
  facts.address_token = token;
  facts.is_protected = is_protected(config, question.recipient.domain());
  facts.exempt = is_exempt(config, question.recipient);
  facts.owner = owner_in(config, question, token, found);
  facts.shared = !token && found && found->shared;
  facts.named = true;
  facts.unknown = !knowledge || !found;
  if (knowledge && !knowledge->recipients.empty()) facts.knowledge = knowledge->recipients.front();
  if (knowledge) judge_permits(message, *knowledge, facts);
  if (facts.shared && knowledge && !facts.knowledge.own_mode) facts.exempt = true;
  facts.policy = resolve_policy(default_policy(config), facts.knowledge.policy);
  // As for a first try.
  facts.waits = facts.policy.mode == Mode::defer;
  return facts;
}

/// What is known of the mail at RCPT, before its header section: as waits_at_sender() wants it.
Facts at_recipient(const Facts& message) {
  Facts facts;
  facts.arrived = message.arrived;
  facts.paused = message.paused;
  facts.internal = message.internal;
  facts.page = message.page;
  facts.null_reverse_path = message.null_reverse_path;
  facts.author.mailbox = message.author.mailbox;
  ReversePath path;
  path.mailbox = message.author.mailbox;
  path.null = message.null_reverse_path;
  facts.machine_mark = machine_mark(path, HeaderSection(), std::nullopt);
  facts.authentication.checked = message.authentication.checked;
  return facts;
}

/// What becomes of it now.
struct Outcome {
  Decision decision;
  Plan whole;
  std::string
      later;  ///< in mode defer, what its header section makes of it then; "": as a stranger
};

Outcome outcome_of(const Facts& message, const RecipientFacts& recipient) {
  const auto planned = [&](const Facts& facts, const Decision& decision) {
    return plan(facts, std::span(&recipient, 1), std::span(&decision, 1));
  };
  const Decision whole = screen(message, recipient);
  const Facts envelope = at_recipient(message);
  if (!waits_at_sender(envelope, recipient)) return {whole, planned(message, whole), ""};
  Decision waits;
  waits.disposition = Disposition::defer;
  waits.reason = Reason::first_contact;
  const std::string later =
      std::string(word(whole.disposition)) + " (" + std::string(word(whole.reason)) + ")";
  return {waits, planned(envelope, waits), whole.reason == Reason::first_contact ? "" : later};
}

std::string_view challenge_word(const Plan& plan) {
  if (plan.answer == Handling::ask || plan.answer == Handling::wait) return "reply";
  switch (plan.challenge) {
    case Challenge::in_reply:
      return "reply";
    case Challenge::by_mail:
      return "mail";
    case Challenge::none:
      break;
  }
  return "none";
}

std::string_view level_word(Level level) {
  return level == Level::mailbox ? "mailbox" : level == Level::domain ? "domain" : "site";
}

/// What becomes of mail that is kept.
std::string_view held_how(const Decision& decision, const Plan& plan, PageState page) {
  if (plan.challenge == Challenge::in_reply)
    return "It is held, and its author is told the page in the SMTP reply.";
  if (plan.challenge == Challenge::by_mail)
    return "It is held, and its author is told the page by mail.";
  if (decision.disposition != Disposition::hold_silently && page != PageState::up)
    return "It is held, and its author is not told: the page does not run.";
  return "It is held, and nobody but the recipient is told.";
}

/// What happens, in one sentence.
std::string outcome(const Decision& decision, const Plan& plan, PageState page) {
  if (decision.would)
    return "It passes; without mode observe it would be: " + std::string(word(*decision.would)) +
           ".";
  switch (plan.answer) {
    case Handling::ask:
      return "It is refused with 554 and the page; once answered, it is to be sent again.";
    case Handling::wait:
      return "It is refused for now with 450 and the page; it is held when the time of "
             "first_contact.ask_after is over.";
    case Handling::refuse:
      return "It is refused with 554.";
    case Handling::defer:
      return page == PageState::up
                 ? "It is refused for now with 451."
                 : "It is refused for now with 451, as the page does not run; when the milter has "
                   "missed that for 4 hours, it is held, and its author is not told.";
    case Handling::accept:
    case Handling::deliver:
      return decision.disposition == Disposition::aside ? "It passes, marked to be filed aside."
                                                        : "It passes.";
    case Handling::keep:
      break;
  }
  return std::string(held_how(decision, plan, page));
}

std::string explanation_of(const Decision& decision, bool owner_unknown,
                           const std::string& mode_remark) {
  if (owner_unknown) return "protect.mailboxes does not answer: nobody's list can be asked.";
  std::string out(kExplanations[static_cast<std::size_t>(decision.reason)]);
  if (decision.reason == Reason::first_contact && !mode_remark.empty())
    out += " (" + mode_remark + ".)";
  return out;
}

/// What its sender hears counts: a mail that would be held or refused with the page waits with him
/// while nobody can be told where to answer, and is held in the end.
Disposition disposition_of(const Decision& decision, const Plan& plan) {
  if (plan.answer == Handling::defer) return Disposition::defer;
  const bool is_silent = decision.disposition == Disposition::hold_silently;
  return plan.answer == Handling::keep && !is_silent ? Disposition::hold : decision.disposition;
}

void print(const Question& question, const Facts& facts, const RecipientFacts& recipient,
           const Decision& decision, const Plan& plan, const std::string& explanation,
           Output& output) {
  const auto& fingerprint = facts.authentication.fingerprint;
  std::vector<Record> matches;
  for (const ContactMatch& match : recipient.knowledge.matches)
    matches.push_back(
        Record()
            .add("level", level_word(match.level))
            .add("subject", shown_subject(match.subject))
            .add("standing", match.entry.standing == Standing::allow ? "allow" : "deny")
            .add("fingerprints", match.entry.fingerprints));
  Record record;
  record.add("sender", question.sender ? question.sender->address() : "<>")
      .add("recipient", question.recipient.address())
      .add("owner", recipient.owner->address())
      .add("fingerprint", fingerprint)
      .add("disposition", word(disposition_of(decision, plan)))
      .add("reason", word(decision.reason))
      .add("would", decision.would ? Record::Value(std::string(word(*decision.would)))
                                   : Record::Value(nullptr))
      .add("challenge", challenge_word(plan))
      .add("mode", word(recipient.policy.mode))
      .add("explanation", explanation)
      .add("matches", std::move(matches));
  output.put(record);
  output.line(std::string(word(disposition_of(decision, plan))) + " (" +
              std::string(word(decision.reason)) + ")");
  output.line(explanation);
  output.line(outcome(decision, plan, facts.page));
  output.line("mode: " + std::string(word(recipient.policy.mode)));
  output.line("owner: " + recipient.owner->address());
  output.line("author: " +
              (fingerprint.empty() ? "not authenticated" : "authenticated by " + fingerprint));
  for (const ContactMatch& match : recipient.knowledge.matches)
    output.line("entry: " + shown_subject(match.subject) + ", " +
                (match.entry.standing == Standing::allow ? "allow" : "deny") + ", of the " +
                std::string(level_word(match.level)));
}

/// What the milter would hear, which may have lost the store that this command sees.
Result<Knowledge> ask(const Config& config, const Inquiry& inquiry, Store& store,
                      const Tools& tools) {
  CS_ASSIGN(Knowledge knowledge, store.directory().look_up(inquiry, store_deadline()));
  if (const auto up = milter_has_store(config, tools); up && !*up)
    return Error{Errc::unavailable,
                 "countersign-milter has no store, though this command has: see 'countersign "
                 "doctor'"};
  return knowledge;
}

}  // namespace

int why(const Invocation& invocation, Tools& tools, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto question = question_of(invocation);
  if (!question) return fail(question.error(), output);
  auto facts = facts_of(invocation, *question, *config);
  if (!facts) return fail(facts.error(), output);
  const auto store = open_store(*config, tools, output);
  if (!store) return no_store(*config);
  const auto token = token_in(*question, *config, tools);
  // Asked once: it may take its time to fail.
  const auto found = ownership_of(*config, question->recipient);
  Inquiry inquiry{.recipients = {owner_in(*config, *question, token, found)},
                  .author = question->sender};
  facts->arrived = inquiry.now = tools.clock.wall();
  if (token) inquiry.tokens = {{token->owner.key(), token->id}};
  const auto knowledge = ask(*config, inquiry, *store, tools);
  if (!knowledge) output.say("Redis: " + knowledge.error().detail);
  // None may be of long ago or lost: the milter goes by how long it has missed it itself.
  if (knowledge) facts->page = page_state(knowledge->page_age.value_or(kPageMissing));
  // A spool that cannot be read says nothing of a pause.
  if (const auto fs = tools.open_spool(config->spool.directory); fs)
    if (const auto paused = is_paused(**fs); paused) facts->paused = *paused;
  const RecipientFacts recipient =
      recipient_facts(*question, *config, token, *facts, found, knowledge);
  const auto [decision, whole, later] = outcome_of(*facts, recipient);
  // Where both are out of service the store is told, as without it nothing of the table helps.
  const bool owner_unknown = knowledge && !found && decision.reason == Reason::unscreened;
  if (owner_unknown) output.say(found.error().detail);
  std::string explanation =
      explanation_of(decision, owner_unknown, mode_remark(*config, recipient.policy.mode));
  if (!later.empty())
    explanation +=
        " Its header section is not seen before it comes again when "
        "first_contact.ask_after is over: then " +
        later + ".";
  print(*question, *facts, recipient, decision, whole, explanation, output);
  if (owner_unknown) return exit_status(found.error().code);
  return knowledge ? EX_OK : exit_status(knowledge.error().code);
}

}  // namespace countersign::admin
