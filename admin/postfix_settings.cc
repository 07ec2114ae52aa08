// SPDX-License-Identifier: Apache-2.0
#include "admin/postfix_settings.h"

#include <algorithm>
#include <array>
#include <set>

namespace countersign::admin {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(kBlanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

template <class Use>
void each_line(std::string_view text, Use use) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string_view cut_word(std::string_view& rest) {
  rest = trimmed(rest);
  const auto end = std::min(rest.find_first_of(kBlanks), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

}  // namespace

std::string PostfixSettings::value(std::string_view parameter) const {
  const auto found = main.find(parameter);
  return found == main.end() ? "" : found->second;
}

std::string PostfixSettings::value(const PostfixService& service,
                                   std::string_view parameter) const {
  const auto found = service.options.find(parameter);
  return found == service.options.end() ? value(parameter) : found->second;
}

const PostfixService* PostfixSettings::find(std::string_view name, std::string_view type) const {
  for (const PostfixService& service : services)
    if (service.name == name && service.type == type) return &service;
  return nullptr;
}

namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// `seen`: parameters that were looked into.
bool refers_to(const PostfixSettings& settings, std::string_view text, std::string_view parameter,
               std::set<std::string, std::less<>>& seen) {
  for (std::size_t at = 0; (at = text.find('$', at)) != std::string_view::npos;) {
    if (++at < text.size() && (text[at] == '{' || text[at] == '(')) ++at;
    std::size_t end = at;
    while (end < text.size() && is_name_character(text[end])) ++end;
    const std::string_view name = text.substr(at, end - at);
    at = end;
    if (name == parameter) return true;
    if (!seen.emplace(name).second) continue;
    if (refers_to(settings, settings.value(name), parameter, seen)) return true;
  }
  return false;
}

}  // namespace

bool refers_to(const PostfixSettings& settings, std::string_view text, std::string_view parameter) {
  std::set<std::string, std::less<>> seen;
  return refers_to(settings, text, parameter, seen);
}

bool rejects_nul(std::string_view characters) {
  for (std::size_t at = 0; (at = characters.find('\\', at)) != std::string_view::npos;) {
    std::size_t end = ++at;
    int code = 0;
    while (end < characters.size() && end < at + 3 && characters[end] >= '0' &&
           characters[end] <= '7')
      code = code * 8 + (characters[end++] - '0');
    if (end > at && code == 0) return true;
    at = std::max(end, at + 1);  // the second of two backslashes begins nothing
  }
  return false;
}

std::vector<std::string> postconf(const std::string& directory, std::vector<std::string> more) {
  std::vector<std::string> argv = {"postconf"};
  if (!directory.empty()) argv.insert(argv.end(), {"-c", directory});
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

PostfixSettings parse_postfix(std::string_view main, std::string_view master,
                              std::string_view options) {
  PostfixSettings settings;
  each_line(main, [&](std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return;
    settings.main[std::string(trimmed(line.substr(0, equals)))] = trimmed(line.substr(equals + 1));
  });
  each_line(master, [&](std::string_view line) {
    PostfixService service;
    service.name = cut_word(line);
    service.type = cut_word(line);
    for (int column = 0; column < 5; ++column) cut_word(line);
    service.command = cut_word(line);
    if (!service.command.empty()) settings.services.push_back(std::move(service));
  });
  each_line(options, [&](std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return;
    // name/type/parameter; a name may hold slashes.
    const std::string_view path = trimmed(line.substr(0, equals));
    const auto last = path.rfind('/');
    if (last == std::string_view::npos || last == 0) return;
    const std::string_view full_name = path.substr(0, last);
    for (PostfixService& service : settings.services)
      if (service.full_name() == full_name)
        service.options[std::string(path.substr(last + 1))] = trimmed(line.substr(equals + 1));
  });
  return settings;
}

Result<PostfixSettings> read_postfix(const RunProgram& run, const std::string& directory,
                                     Expand expand) {
  const auto ask = [&](std::vector<std::string> more) {
    if (expand == Expand::yes) more.insert(more.begin(), "-x");
    return run(postconf(directory, std::move(more)));
  };
  CS_ASSIGN(const std::string main, ask({}));
  CS_ASSIGN(const std::string master, ask({"-M"}));
  CS_ASSIGN(const std::string options, ask({"-P"}));
  return parse_postfix(main, master, options);
}

bool is_mx(const PostfixService& service) {
  return service.command == "smtpd" &&
         (service.type == "pass" || service.name == "smtp" || service.name == "25" ||
          service.name.ends_with(":25") || service.name.ends_with(":smtp"));
}

bool is_submission(const PostfixService& service) {
  constexpr std::array<std::string_view, 5> kNames = {"submission", "submissions", "smtps", "587",
                                                      "465"};
  const std::string port = service.name.substr(service.name.rfind(':') + 1);
  return service.command == "smtpd" && service.type == "inet" &&
         std::find(kNames.begin(), kNames.end(), port) != kNames.end();
}

std::optional<std::string> service_name(std::string_view address) {
  if (address.starts_with("unix:")) return std::nullopt;
  return std::string(address);
}

const PostfixService* find_smtpd(const PostfixSettings& settings, std::string_view address) {
  const auto name = service_name(address);
  if (!name) return nullptr;
  const std::string port = name->substr(name->rfind(':') + 1);
  const PostfixService* by_port = nullptr;
  for (const PostfixService& service : settings.services) {
    if (service.type != "inet" || service.command != "smtpd") continue;
    if (service.name == *name) return &service;
    if (service.name == port || service.name == "localhost:" + port) by_port = &service;
  }
  return by_port;
}

}  // namespace countersign::admin
