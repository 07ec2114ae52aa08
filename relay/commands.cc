// SPDX-License-Identifier: Apache-2.0
#include "relay/commands.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace countersign {
namespace {

struct Parameter {
  std::string_view name;
  std::string_view extension;  ///< keyword by which the peer offers it
};
// AUTH= (RFC 4954 §5) is missing on purpose: we do not authenticate, so a peer may believe none of
// it, and Postfix refuses it where SASL is off.
constexpr std::array kMailParameters = {
    Parameter{"BODY", "8BITMIME"}, Parameter{"SMTPUTF8", "SMTPUTF8"}, Parameter{"RET", "DSN"},
    Parameter{"ENVID", "DSN"}, Parameter{"MT-PRIORITY", "MT-PRIORITY"}};
constexpr std::array kRcptParameters = {Parameter{"NOTIFY", "DSN"}, Parameter{"ORCPT", "DSN"}};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return upper(c); });
  return out;
}

bool control(char c) { return (c >= 0 && c < ' ') || c == 127; }
bool outside_ascii(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 127; });
}

Status check_path(std::string_view path) {
  if (std::ranges::any_of(path, control))
    return Error{Errc::invalid, "a path with a control character"};
  if (path.size() < 2 || path.front() != '<' || path.back() != '>')
    return Error{Errc::invalid, "a path that is not in angle brackets"};
  return {};
}

Status check_parameters(const std::vector<std::string>& parameters) {
  for (const std::string& p : parameters)
    if (p.empty() || std::ranges::any_of(p, [](char c) { return control(c) || c == ' '; }))
      return Error{Errc::invalid, "an ESMTP parameter with a blank or control character"};
  return {};
}

std::string name_of(std::string_view parameter) {
  return upper(parameter.substr(0, parameter.find('=')));
}

template <std::size_t N>
void append_known(std::string& line, const std::vector<std::string>& parameters,
                  const std::array<Parameter, N>& known, const Extensions& peer) {
  for (const std::string& parameter : parameters) {
    const auto found = std::ranges::find(known, name_of(parameter), &Parameter::name);
    if (found != known.end() && peer.offers(found->extension)) line += ' ' + parameter;
  }
}

bool has(const std::vector<std::string>& parameters, std::string_view name) {
  return std::ranges::any_of(parameters, [&](const auto& p) { return name_of(p) == name; });
}

bool has_path_outside_ascii(const Delivery& delivery) {
  return outside_ascii(delivery.reverse_path) ||
         std::ranges::any_of(delivery.recipients, outside_ascii,
                             &Delivery::Recipient::forward_path);
}

}  // namespace

Extensions Extensions::parse(std::string_view ehlo) {
  Extensions out;
  std::size_t at = ehlo.find('\n');
  while (at != std::string_view::npos) {
    const std::size_t end = ehlo.find('\n', ++at);
    const std::string_view line = ehlo.substr(at, end == ehlo.npos ? ehlo.npos : end - at);
    // "AUTH=LOGIN" is an old spelling of "AUTH LOGIN".
    const std::string keyword = upper(line.substr(0, line.find_first_of(" =")));
    out.keywords_.insert(keyword);
    if (keyword == "SIZE" && line.size() > keyword.size()) {
      const std::string_view digits = line.substr(keyword.size() + 1);
      const auto read = std::from_chars(digits.begin(), digits.end(), out.size_);
      if (read.ec != std::errc() || read.ptr != digits.end()) out.size_ = 0;
    }
    at = end;
  }
  return out;
}

Status check_mail(const Delivery& delivery) {
  CS_TRY(check_path(delivery.reverse_path));
  return check_parameters(delivery.mail_parameters);
}

Status check_rcpt(const Delivery::Recipient& recipient) {
  CS_TRY(check_path(recipient.forward_path));
  return check_parameters(recipient.parameters);
}

bool needs_smtputf8(const Delivery& delivery) {
  return has(delivery.mail_parameters, "SMTPUTF8") && has_path_outside_ascii(delivery);
}

std::string mail_command(const Delivery& delivery, const Extensions& peer) {
  const bool null = delivery.unreported && !peer.offers("DSN");
  std::string line = "MAIL FROM:" + (null ? "<>" : delivery.reverse_path);
  if (peer.offers("SIZE")) line += " SIZE=" + std::to_string(delivery.size_bytes);
  append_known(line, delivery.mail_parameters, kMailParameters, peer);
  if (peer.offers("SMTPUTF8") && has_path_outside_ascii(delivery) &&
      !has(delivery.mail_parameters, "SMTPUTF8"))
    line += " SMTPUTF8";
  return line + "\r\n";
}

std::string rcpt_command(const Delivery& delivery, std::size_t i, const Extensions& peer) {
  const Delivery::Recipient& recipient = delivery.recipients[i];
  std::string line = "RCPT TO:" + recipient.forward_path;
  std::vector<std::string> parameters = recipient.parameters;
  if (delivery.unreported) {
    std::erase_if(parameters, [](const std::string& p) { return name_of(p) == "NOTIFY"; });
    parameters.emplace_back("NOTIFY=NEVER");
  }
  append_known(line, parameters, kRcptParameters, peer);
  return line + "\r\n";
}

}  // namespace countersign
