// SPDX-License-Identifier: Apache-2.0
#include "milter/destination.h"

#include "mail/domain.h"

namespace countersign {
namespace {

/// The text of a path, without brackets and blanks around it.
std::string_view text_of(std::string_view path) {
  constexpr std::string_view kAround = "<> ";
  const auto first = path.find_first_not_of(kAround);
  if (first == std::string_view::npos) return {};
  return path.substr(first, path.find_last_not_of(kAround) - first + 1);
}

/// The user of the host that the path names, if it names one: by the macro, or where the MTA told
/// none, by the path itself.
std::string_view user_of(const ForwardPath& path) {
  const std::string_view user = text_of(path.rcpt_addr.empty() ? path.raw : path.rcpt_addr);
  return user.find('@') == std::string_view::npos ? user : std::string_view();
}

/// Whether this mailbox is another name for a user of the host, rather than a domain that the site
/// chose not to protect.
bool is_of_the_host(const Mailbox& given) {
  return given.local().find_first_of("%!") != std::string::npos || given.domain() == "localhost" ||
         given.domain().starts_with("localhost.") || given.domain().starts_with('[');
}

/// The protected domain of the host's own users: the only one, or the nearest above its name.
std::string_view home(const MilterSettings& settings, std::string_view mta) {
  const auto& domains = settings.protected_domains;
  if (domains.size() == 1) return *domains.begin();
  const auto name = to_a_labels(mta);
  if (!name) return {};
  for (std::string_view domain = *name; !domain.empty();) {
    if (const auto found = domains.find(domain); found != domains.end()) return *found;
    const auto dot = domain.find('.');
    domain = dot == std::string_view::npos ? std::string_view() : domain.substr(dot + 1);
  }
  return {};
}

std::optional<Mailbox> user_at(std::string_view user, std::string_view domain) {
  auto mailbox = Mailbox::parse(std::string(user) + "@" + std::string(domain));
  if (!mailbox) return std::nullopt;
  return *std::move(mailbox);
}

}  // namespace

std::optional<Mailbox> destination(const MilterSettings& settings, const ForwardPath& path,
                                   std::string_view mta) {
  const std::string_view user = user_of(path);
  const bool is_protected = path.mailbox && settings.protects(*path.mailbox);
  if (is_protected && user.empty()) return path.mailbox;
  const auto given = path.given();
  if (given && settings.protects(*given) && !is_protected) return given;
  if (user.empty() || settings.protected_domains.empty()) return path.mailbox;
  if (given && !is_of_the_host(*given)) return path.mailbox;
  if (const std::string_view domain = home(settings, mta); !domain.empty())
    return user_at(user, domain);
  // Who must be reached is, in whichever domain.
  const auto anywhere = user_at(user, *settings.protected_domains.begin());
  return anywhere && settings.is_exempt(*anywhere) ? anywhere : std::nullopt;
}

bool may_be_protected(const MilterSettings& settings, const ForwardPath& path) {
  std::string_view text = text_of(path.rcpt_addr.empty() ? path.raw : path.rcpt_addr);
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return !text.empty() && !settings.protected_domains.empty();
  const auto domain = to_a_labels(text.substr(at + 1));
  return domain && settings.protected_domains.contains(*domain);
}

}  // namespace countersign
