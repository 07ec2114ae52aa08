// SPDX-License-Identifier: Apache-2.0
#include "admin/postfix_settings.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "relay/reply_reader.h"

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

std::vector<std::string> postfix(const std::string& directory, const std::string& command) {
  if (directory.empty()) return {"postfix", command};
  return {"postfix", "-c", directory, command};
}

std::optional<bool> postfix_runs(const RunProgram& run, const std::string& directory) {
  if (::geteuid() != 0) return std::nullopt;
  const auto status = run(postfix(directory, "status"));
  if (status) return true;
  if (status.error().code == Errc::invalid) return false;
  return std::nullopt;
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
    cut_word(line);  // private
    cut_word(line);  // unpriv
    service.chroot = cut_word(line);
    cut_word(line);  // wakeup
    cut_word(line);  // maxproc
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

namespace {

/// The number of a port; the names are those of /etc/services that mail servers go by.
std::string_view number_of(std::string_view port) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kNames = {
      {{"smtp", "25"},
       {"submission", "587"},
       {"submissions", "465"},
       {"smtps", "465"},
       {"lmtp", "24"}}};
  for (const auto& [name, number] : kNames)
    if (port == name) return number;
  return port;
}

/// 2: stands at this address; 1: at its port on all addresses; 0: elsewhere.
int meets(const PostfixService& service, std::string_view address) {
  if (service.type != "inet") return 0;
  if (service.name == address) return 2;
  const auto colon = service.name.rfind(':');
  const std::string_view name = service.name;
  const std::string_view host = colon == std::string::npos ? "" : name.substr(0, colon);
  const std::string_view port = colon == std::string::npos ? name : name.substr(colon + 1);
  if (number_of(port) != number_of(address.substr(address.rfind(':') + 1))) return 0;
  if (host.empty() || host == "*" || host == "0.0.0.0" || host == "[::]" || host == "::") return 1;
  const auto local = [](std::string_view one) { return one == "localhost" ? "127.0.0.1" : one; };
  return local(host) == local(address.substr(0, address.rfind(':'))) ? 2 : 0;
}

const PostfixService* find(const PostfixSettings& settings, std::string_view address,
                           std::string_view command) {
  if (!service_name(address)) return nullptr;
  const PostfixService* found = nullptr;
  int best = 0;
  for (const PostfixService& service : settings.services) {
    if (!command.empty() && service.command != command) continue;
    if (const int how = meets(service, address); how > best) {
      best = how;
      found = &service;
    }
  }
  return found;
}

}  // namespace

const PostfixService* find_inet(const PostfixSettings& settings, std::string_view address) {
  return find(settings, address, "");
}

std::string greeting_at(const PostfixSettings& settings, std::string_view address) {
  const PostfixService* service = find_smtpd(settings, address);
  return printable_reply(service == nullptr ? settings.value("smtpd_banner")
                                            : settings.value(*service, "smtpd_banner"));
}

const PostfixService* find_smtpd(const PostfixSettings& settings, std::string_view address) {
  return find(settings, address, "smtpd");
}

}  // namespace countersign::admin
