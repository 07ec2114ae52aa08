// SPDX-License-Identifier: Apache-2.0
#include "admin/sendmail_settings.h"

#include <algorithm>
#include <array>

#include "admin/files.h"
#include "config/check.h"

namespace countersign::admin {
namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (true) {
    const auto end = text.find(separator);
    out.push_back(trim(text.substr(0, end)));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> names(std::string_view list, char separator) {
  std::vector<std::string> out;
  for (const std::string_view name : split(list, separator))
    if (!name.empty()) out.emplace_back(name);
  return out;
}

/// "Key=value" in two; the value is "" where there is no '='.
std::pair<std::string_view, std::string_view> assignment(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return {trim(text), {}};
  return {trim(text.substr(0, equals)), trim(text.substr(equals + 1))};
}

/// "10s", "5m", "1h30m", "10": Sendmail's intervals.
seconds interval(std::string_view text) {
  long long total = 0;
  long long number = 0;
  bool open = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = std::min(number * 10 + (c - '0'), 1'000'000'000LL);
      open = true;
      continue;
    }
    const long long unit = c == 'm' ? 60 : c == 'h' ? 3600 : c == 'd' ? 86400 : 1;
    total += number * unit;
    number = 0;
    open = false;
  }
  return seconds(open ? total + number : total);
}

/// A line behind its X: "name, S=local:/path, F=T, T=S:10s;R:10s".
SendmailFilter filter_of(std::string_view line) {
  SendmailFilter filter;
  const auto parts = split(line, ',');
  filter.name = parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto [key, value] = assignment(parts[i]);
    if (key.empty()) continue;
    // Sendmail looks at the first letter only.
    if (key.front() == 'S') filter.socket = value;
    if (key.front() == 'F') filter.flag = value;
    if (key.front() != 'T') continue;
    for (const std::string_view time : split(value, ';'))
      if (const auto colon = time.find(':'); colon != std::string_view::npos && colon > 0)
        filter.times[time.front()] = interval(trim(time.substr(colon + 1)));
  }
  return filter;
}

SendmailDaemon daemon_of(std::string_view options) {
  SendmailDaemon daemon;
  for (const std::string_view part : split(options, ',')) {
    const auto [key, value] = assignment(part);
    if (key.empty()) continue;
    switch (key.front()) {
      case 'N':
        daemon.name = value;
        break;
      case 'P':
        daemon.port = value;
        break;
      case 'A':
        daemon.address = value;
        break;
      case 'M':
        daemon.modifiers = value;
        break;
      case 'I':
        daemon.filters = names(value, ';');
        break;
      default:
        break;
    }
  }
  return daemon;
}

void option(std::string_view line, SendmailSettings& into) {
  const auto [name, value] = assignment(line);
  if (name == "InputMailFilters") into.input_filters = names(value, ',');
  if (name == "DaemonPortOptions") into.daemons.push_back(daemon_of(value));
  if (name == "RunAsUser") into.run_as_user = value;
}

/// The lines, each with those that continue it.
std::vector<std::string> whole_lines(std::string_view cf) {
  std::vector<std::string> lines;
  while (!cf.empty()) {
    const auto end = cf.find('\n');
    const std::string_view line = cf.substr(0, end);
    cf.remove_prefix(end == std::string_view::npos ? cf.size() : end + 1);
    if (!line.empty() && kBlank.find(line.front()) != std::string_view::npos && !lines.empty())
      lines.back().append(line);
    else
      lines.emplace_back(line);
  }
  return lines;
}

bool is_any(std::string_view address) {
  return address.empty() || address == "0.0.0.0" || address == "::" || address == "IPv6:::";
}

/// A port's number as text, of a name that Sendmail's own documentation uses.
std::string_view number_of(std::string_view port) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kNames = {
      {{"smtp", "25"},
       {"submission", "587"},
       {"msa", "587"},
       {"submissions", "465"},
       {"smtps", "465"}}};
  const auto found = std::find_if(kNames.begin(), kNames.end(),
                                  [&](const auto& name) { return name.first == port; });
  return found == kNames.end() ? port : found->second;
}

}  // namespace

std::vector<const SendmailFilter*> SendmailSettings::filters_of(
    const SendmailDaemon& daemon) const {
  std::vector<const SendmailFilter*> out;
  for (const std::string& name : daemon.filters ? *daemon.filters : input_filters)
    if (const auto found = filters.find(name); found != filters.end())
      out.push_back(&found->second);
  return out;
}

SendmailSettings parse_sendmail(std::string_view cf) {
  SendmailSettings settings;
  for (const std::string& line : whole_lines(cf)) {
    if (line.starts_with("O ")) option(std::string_view(line).substr(2), settings);
    if (line.starts_with('X')) {
      SendmailFilter filter = filter_of(std::string_view(line).substr(1));
      const std::string name = filter.name;
      settings.filters[name] = std::move(filter);
    }
  }
  if (settings.daemons.empty()) settings.daemons.push_back(daemon_of("Name=MTA"));
  return settings;
}

Result<SendmailSettings> read_sendmail(const std::string& directory) {
  const std::string path = directory + "/sendmail.cf";
  if (!exists(path)) return Error{Errc::not_found, "there is no " + path};
  CS_ASSIGN(const std::string cf, read_whole_file(path));
  return parse_sendmail(cf);
}

std::vector<std::string> sendmail_sockets(std::string_view socket) {
  if (socket.starts_with("unix:")) {
    const std::string path(socket.substr(5));
    return {"local:" + path, "unix:" + path};
  }
  std::vector<std::string> out{std::string(socket)};
  const auto at = socket.find('@');
  const std::string_view host = socket.substr(at + 1);
  if (host == "127.0.0.1") out.push_back(std::string(socket.substr(0, at + 1)) + "localhost");
  return out;
}

bool is_submission(const SendmailDaemon& daemon) {
  const std::string_view port = number_of(daemon.port);
  return port == "587" || port == "465";
}

bool is_mx(const SendmailDaemon& daemon) { return number_of(daemon.port) == "25"; }

const SendmailDaemon* find_daemon(const SendmailSettings& settings, std::string_view address) {
  if (address.starts_with("unix:")) return nullptr;
  const auto colon = address.rfind(':');
  const std::string_view port = address.substr(colon + 1);
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  const SendmailDaemon* by_port = nullptr;
  for (const SendmailDaemon& daemon : settings.daemons) {
    if (number_of(daemon.port) != number_of(port)) continue;
    std::string_view own = daemon.address;
    if (own.starts_with("IPv6:")) own.remove_prefix(5);
    if (own == host || (own == "localhost" && host == "127.0.0.1") ||
        (host == "localhost" && own == "127.0.0.1"))
      return &daemon;
    if (is_any(daemon.address)) by_port = &daemon;
  }
  return by_port;
}

}  // namespace countersign::admin
