// SPDX-License-Identifier: Apache-2.0
//
// The delivery status notification (RFC 3464) of failure_notice().
#include <algorithm>

#include "base/encoding.h"
#include "holding/history.h"
#include "holding/mime_writer.h"
#include "holding/notice_text.h"
#include "holding/notices.h"
#include "mail/header_section.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

bool printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 127; });
}

/// Returns the value of "NAME=value", or "" if it is not there.
std::string parameter(const std::vector<std::string>& parameters, std::string_view name) {
  for (const std::string& p : parameters)
    if (p.size() > name.size() && p[name.size()] == '=' &&
        same_name(std::string_view(p).substr(0, name.size()), name))
      return p.substr(name.size() + 1);
  return "";
}

/// Returns `text` without its xtext (RFC 3461 §4); "" if that is not printable ASCII.
std::string from_xtext(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '+') {
      out += text[i];
      continue;
    }
    const auto byte = hex_decode(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) return "";
    out += *byte;
    i += 2;
  }
  return printable_ascii(out) ? out : "";
}

/// An address as a field of the report: "rfc822; joe@example.org". Outside ASCII in the spelling
/// that an ASCII report may hold (RFC 6533 §3, utf-8-addr-xtext).
std::string typed_address(const std::string& address) {
  if (printable_ascii(address)) return "rfc822; " + address;
  std::string out = "utf-8; ";
  const auto append_escaped = [&](char32_t c) {
    std::string hex;
    for (; c != 0; c >>= 4) hex.insert(hex.begin(), "0123456789ABCDEF"[c & 15]);
    out += "\\x{" + hex + '}';
  };
  for (std::size_t i = 0; i < address.size();) {
    const auto lead = static_cast<unsigned char>(address[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (size == 1) {
      out += address[i++];
      continue;
    }
    char32_t c = lead & (0xffU >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < address.size(); ++k)
      c = (c << 6) | (static_cast<unsigned char>(address[i + k]) & 0x3fU);
    append_escaped(c);
    i += size;
  }
  return out;
}

/// RFC 3463: the status that the reply "550 5.1.1 text" names, or 5.0.0.
std::string status_of(std::string_view reply) {
  const std::string_view text = reply.substr(std::min(reply.size(), std::size_t{4}));
  const std::string_view word = text.substr(0, text.find(' '));
  int dots = 0;
  bool good = word.size() >= 5 && word.size() <= 9 && word.starts_with("5.") && word.back() != '.';
  for (std::size_t i = 1; i < word.size() && good; ++i) {
    if (word[i] == '.') ++dots;
    good = word[i] == '.' ? word[i - 1] != '.' : word[i] >= '0' && word[i] <= '9';
  }
  return good && dots == 2 ? std::string(word) : "5.0.0";
}

struct Failure {
  std::string address;
  const ForwardPath* path;
  std::string reply;  ///< "550 5.1.1 text", one line, printable ASCII
};

bool may_be_told(const ForwardPath& path) {
  const std::string notify = ascii_lower(parameter(path.parameters, "NOTIFY"));
  return notify.empty() || notify.find("failure") != std::string::npos;
}

std::vector<Failure> failures_of(const HeldMessage& message) {
  const History history = history_of(message);
  std::vector<Failure> out;
  for (std::size_t i = 0; i < history.recipients.size(); ++i) {
    const ForwardPath& path = message.envelope.envelope.recipients[i];
    if (history.recipients[i] != RecipientState::refused || !may_be_told(path)) continue;
    Failure failure{address_of(path), &path, "550"};
    for (const HeldEvent& event : message.events)
      if (event.kind == HeldEvent::Kind::refused && event.recipient == i)
        failure.reply = event.text;
    std::ranges::replace_if(
        failure.reply, [](char c) { return c < ' ' || c > '~'; }, '?');
    out.push_back(std::move(failure));
  }
  return out;
}

std::string report_of(const HeldEnvelope& envelope, const std::vector<Failure>& failures,
                      const std::string& reporting_mta) {
  std::string out;
  const std::string envid =
      from_xtext(parameter(envelope.envelope.reverse_path.parameters, "ENVID"));
  if (!envid.empty()) out += "Original-Envelope-Id: " + envid + '\n';
  out += "Reporting-MTA: dns; " + in_one_line(reporting_mta, 255) +
         "\nArrival-Date: " + rfc5322_date(envelope.arrived) + '\n';
  for (const Failure& failure : failures) {
    out += '\n';
    const std::string orcpt = parameter(failure.path->parameters, "ORCPT");
    const std::size_t semicolon = orcpt.find(';');
    if (semicolon != std::string::npos && semicolon > 0) {
      const std::string type = from_xtext(orcpt.substr(0, semicolon));
      const std::string address = from_xtext(orcpt.substr(semicolon + 1));
      if (!type.empty() && !address.empty())
        out += "Original-Recipient: " + type + ';' + address + '\n';
    }
    out += "Final-Recipient: " + typed_address(failure.address) +
           "\nAction: failed\nStatus: " + status_of(failure.reply) + "\nDiagnostic-Code: smtp; " +
           failure.reply + '\n';
  }
  return out;
}

std::string explanation(const HeldEnvelope& envelope, const std::vector<Failure>& failures,
                        const language::Catalogue& in) {
  std::vector<std::string> addresses;
  for (const Failure& failure : failures) addresses.push_back(failure.address);
  std::string text =
      std::string(in.say("Hello,")) + "\n\n" +
      wrapped(
          in.say("your message to {to} ({message}) was accepted here, but could not be delivered. "
                 "The mail server of the recipient said:",
                 {{"to", spoken_list(addresses, in)}, {"message", spoken_message(envelope, in)}})) +
      '\n';
  for (const Failure& failure : failures)
    text += "    " + failure.address + "\n        " + failure.reply + '\n';
  return text + '\n' +
         wrapped(
             in.say("It was not delivered to these recipients. If it matters, please reach them in "
                    "another way."));
}

}  // namespace

Notice failure_notice(const HeldMessage& message, const std::string& header_section,
                      const NoticeSettings& settings, const std::string& reporting_mta,
                      WallTime now) {
  const HeldEnvelope& envelope = message.envelope;
  const std::vector<Failure> failures = failures_of(message);
  if (failures.empty() || envelope.author.empty() || envelope.fingerprint.empty() ||
      envelope.envelope.reverse_path.null)
    return {};
  const std::string domain = domain_of(failures.front().address);
  const language::Catalogue& in = language_for(settings, domain);
  const NoticeSender sender = sender_for(settings, domain, in);
  const std::string subject = in_one_line(envelope.subject);
  MimeMail mail{.from_name = sender.name,
                .from = sender.address,
                .to = envelope.author,
                .subject = subject.empty()
                               ? std::string(in.say("Not delivered"))
                               : in.say("Not delivered: {subject}", {{"subject", subject}}),
                .message_id = "failure." + envelope.id.text() + '@' + domain_of(sender.address),
                .date = now,
                .fields = threading_fields(envelope.message_id),
                .multipart = "report",
                .parts = {{"text/plain", explanation(envelope, failures, in)},
                          {"message/delivery-status", report_of(envelope, failures, reporting_mta)},
                          {"text/rfc822-headers", header_section}}};
  mail.fields.emplace_back("Auto-Submitted", "auto-replied");
  mail.fields.emplace_back("X-Auto-Response-Suppress", "All");
  return {envelope.author, write_mime(mail)};
}

}  // namespace countersign
