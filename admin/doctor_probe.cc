// SPDX-License-Identifier: Apache-2.0
#include "admin/doctor_probe.h"

#include <poll.h>

#include <algorithm>

#include "admin/forged_fields.h"
#include "admin/held_desk.h"
#include "admin/policy_words.h"
#include "admin/whom.h"
#include "config/values.h"
#include "mail/authentication_results.h"
#include "mail/domain.h"
#include "mail/header_section.h"
#include "mail/held_id.h"

namespace countersign::admin {
namespace {

constexpr seconds kHoldTime{15};  ///< until the message stands in the spool
constexpr int kPollMilliseconds = 200;

Result<std::string> mode_of(const Config& config, const Mailbox& to, const Tools& tools) {
  CS_ASSIGN(const std::unique_ptr<Store> store, tools.open_store(config));
  CS_ASSIGN(const Knowledge knowledge,
            store->directory().look_up({{owner_of(config, to)}, std::nullopt},
                                       std::chrono::steady_clock::now() + seconds(5)));
  Policy policy = default_policy(config);
  if (!knowledge.recipients.empty())
    policy = resolve_policy(policy, knowledge.recipients.front().policy);
  return std::string(word(policy.mode));
}

/// Checks all that would make the probe say nothing. Errors: invalid.
Status check_order(const Config& config, const ProbeOrder& order, const Tools& tools) {
  const auto no = [](std::string why) { return Error{Errc::invalid, std::move(why)}; };
  if (config.authentication.source == "none")
    return no("--probe: authentication.source is \"none\": no field is believed");
  const auto to = Mailbox::parse(order.to);
  if (!to) return no("--to: " + in_quotes(order.to) + " is no address");
  if (!is_protected(config, to->domain()))
    return no("--to: " + to->address() + " is not protected: the probe would not be held");
  const auto from = Mailbox::parse(order.from);
  if (!from) return no("--from: " + in_quotes(order.from) + " is no address");
  if (is_protected(config, from->domain()))
    return no("--from: " + from->domain() + " is protected: the probe needs a stranger");
  CS_ASSIGN(const std::string mode, mode_of(config, *to, tools));
  if (mode != "hold")
    return no("--to: " + to->address() + " is in mode " + mode +
              ", and only held mail can be looked at: countersign policy set " + to->address() +
              " mode=hold");
  return {};
}

/// The held probe, once it is there.
std::optional<HeldMessage> find_held(SpoolFs& fs, const std::string& message_id) {
  const SpoolReader reader(fs);
  const auto ids = reader.list();
  if (!ids) return std::nullopt;
  for (const HeldId& id : *ids)
    if (auto message = reader.read(id); message && message->envelope.message_id == message_id)
      return std::move(*message);
  return std::nullopt;
}

std::optional<HeldMessage> wait_for_held(SpoolFs& fs, const std::string& message_id) {
  const Deadline deadline = std::chrono::steady_clock::now() + kHoldTime;
  for (;;) {
    if (auto found = find_held(fs, message_id)) return found;
    if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    ::poll(nullptr, 0, kPollMilliseconds);
  }
}

/// Takes the probe away again. Nobody is told: dropped mail is silent.
Status drop(const HeldId& id, const Config& config, SpoolFs& fs, Tools& tools) {
  const auto relay = tools.open_relay(config.release.smtp);
  const auto untold = [](const HeldMessage&) -> Status {
    return Error{Errc::unavailable, "left to the daemon"};
  };
  CS_ASSIGN(auto desk, HeldDesk::open({fs, *relay, tools.clock, "doctor", untold},
                                      {.bytes = config.spool.limit,
                                       .message_bytes = config.milter.max_message}));
  CS_ASSIGN(const HeldDone done, desk->drop(id));
  (void)done;
  return {};
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

std::string probe_message_id(const ProbeOrder& order, const std::string& nonce) {
  return "<countersign-probe." + nonce + "@" + order.from.substr(order.from.rfind('@') + 1) + ">";
}

Delivery probe_mail(const ProbeOrder& order, const std::string& authserv_id,
                    const std::string& nonce, WallTime now) {
  std::string content;
  for (const ForgedField& field : forged_fields(order.from, authserv_id, nonce))
    content += field.text;
  content += "From: " + order.from + "\r\nTo: " + order.to + "\r\nDate: " + rfc5322_date(now) +
             "\r\nMessage-ID: " + probe_message_id(order, nonce) +
             "\r\nSubject: Probe of countersign doctor\r\nMIME-Version: 1.0\r\n"
             "Content-Type: text/plain; charset=us-ascii\r\n\r\n"
             "This mail was sent by countersign doctor --probe with forged results of\r\n"
             "authentication, to see that nobody believes them. Delete it.\r\n";
  Delivery delivery;
  delivery.reverse_path = "<" + order.from + ">";
  delivery.recipients.push_back({"<" + order.to + ">", {}});
  delivery.size_bytes = content.size();
  delivery.content = [content](const std::function<Status(std::string_view)>& sink) {
    return sink(content);
  };
  return delivery;
}

void judge_probe(const HeldEnvelope& held, std::string_view content, const ProbeOrder& order,
                 const Config::Authentication& settings, const std::string& nonce, Findings& into) {
  Finder finder("probe", into);
  const std::string& authserv_id = settings.authserv_id;
  const std::string todo =
      settings.source == "builtin"
          ? "report this: our own milter is to remove them"
          : "countersign setup postfix --apply: its header checks remove every such field before "
            "any "
            "milter sees it; or let the milter before ours remove each that names " +
                authserv_id + ", however it is written";
  std::string left;
  int count = 0;
  const HeaderSection header = HeaderSection::parse(content);
  const auto sent = forged_fields(order.from, authserv_id, nonce);
  for (const ForgedField& forged : sent)
    for (const HeaderField* field : header.all("Authentication-Results")) {
      if (field->value.find(forged.mark) == std::string::npos) continue;
      left.append(left.empty() ? "" : ", ").append(forged.name);
      ++count;
      break;
    }
  const std::string arrived = std::to_string(count) + " of " + std::to_string(sent.size()) +
                              " spellings reached our milter (" + left + ")";
  if (!held.fingerprint.empty())
    finder.fail(
        "a forged Authentication-Results field was believed: anybody can write as a contact" +
            (count > 0 ? "; " + arrived : ""),
        todo);
  else if (count > 0)
    finder.fail(
        "forged Authentication-Results fields: " + arrived +
            "; none was believed, as others contradicted them, and a stranger sends the one "
            "that nothing contradicts",
        todo);
  else
    finder.ok("forged Authentication-Results fields were removed before our milter, in all " +
              std::to_string(sent.size()) + " spellings");
}

Status run_probe(const Config& config, const ProbeOrder& order, Tools& tools, Findings& into) {
  CS_TRY(check_order(config, order, tools));
  CS_ASSIGN(const std::unique_ptr<SpoolFs> fs, tools.open_spool(config.spool.directory));
  Finder finder("probe", into);
  const std::string& authserv_id = config.authentication.authserv_id;
  const std::string nonce = HeldId::random().text();
  const auto outcome =
      tools.open_relay(order.smtp)->send(probe_mail(order, authserv_id, nonce, tools.clock.wall()));
  const auto& reply = outcome.recipients.front().reply;
  const std::string said = std::to_string(reply.code) + " " + one_line(reply.text);
  const auto held = wait_for_held(*fs, probe_message_id(order, nonce));
  if (!held) {
    if (outcome.recipients.front().kind == DeliveryOutcome::Kind::taken)
      finder.fail("the probe was not held but taken (" + said + "): it reached " + order.to,
                  "countersign why " + order.from + " " + order.to +
                      "; if another node took it, run doctor there");
    else if (reply.code == 0)
      finder.fail("the probe was not made: " + order.smtp + ": " + one_line(reply.text),
                  "--smtp HOST:PORT: where the MX listens");
    else
      finder.fail("the probe was refused before it could be held, so it proves nothing: " + said,
                  "let the MX take it: another --from or --to, or a client that it trusts less");
    return {};
  }
  const SpoolReader reader(*fs);
  std::string content;
  const Status read = reader.content(held->envelope.id, [&](std::string_view piece) -> Status {
    content.append(piece);
    return {};
  });
  if (read)
    judge_probe(held->envelope, content, order, config.authentication, nonce, into);
  else
    finder.fail("the held probe cannot be read: " + read.error().detail, "countersign held list");
  if (const Status dropped = drop(held->envelope.id, config, *fs, tools); !dropped)
    finder.warn("the probe is still held: " + dropped.error().detail,
                "countersign held drop " + held->envelope.id.text());
  return {};
}

}  // namespace countersign::admin
