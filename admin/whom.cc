// SPDX-License-Identifier: Apache-2.0
#include "admin/whom.h"

#include <algorithm>
#include <array>
#include <map>

#include "config/postmap_table.h"
#include "config/values.h"
#include "mail/domain.h"
#include "mail/list_fields.h"

namespace countersign::admin {
namespace {

constexpr seconds kTableTime{10};

/// The values in protect.mailboxes of those keys that are there. Errors: unavailable.
Result<std::map<std::string, std::string>> entries_for(const Config& config,
                                                       const std::vector<std::string>& keys) {
  std::map<std::string, std::string> out;
  if (config.protect.mailboxes_asked) {
    static const SystemClock clock;
    static PostmapTable table(config.protect.mailboxes, clock);
    return table.find(keys, std::chrono::steady_clock::now() + kTableTime);
  }
  const auto& owners = config.protect.owners;
  for (const std::string& key : keys)
    if (const auto found = owners.find(key); found != owners.end()) out.insert(*found);
  return out;
}

}  // namespace

Result<Ownership> ownership_of(const Config& config, const Mailbox& recipient) {
  const std::string& delimiters = config.protect.recipient_delimiter;
  const auto keys = OwnerMap::keys_of(recipient, delimiters);
  CS_ASSIGN(const auto owners, entries_for(config, keys));
  for (const std::string& key : keys)
    if (const auto found = owners.find(key); found != owners.end())
      return OwnerMap::read(recipient, delimiters, found->second);
  return OwnerMap::read(recipient, delimiters, "");
}

Result<bool> is_own_mailbox(const Config& config, const Mailbox& address) {
  CS_ASSIGN(const auto own, entries_for(config, {address.address()}));
  return !own.empty();
}

Mailbox owner_of(const Config& config, const Mailbox& recipient) {
  const auto found = ownership_of(config, recipient);
  return found ? found->owner
               : OwnerMap::read(recipient, config.protect.recipient_delimiter, "").owner;
}

bool is_protected(const Config& config, std::string_view domain) {
  const auto& domains = config.protect.domains;
  return std::find(domains.begin(), domains.end(), domain) != domains.end();
}

bool is_exempt(const Config& config, const Mailbox& recipient) {
  constexpr std::array<std::string_view, 7> kAlwaysReached = {
      "postmaster", "abuse", "hostmaster", "webmaster", "admin", "administrator", "security"};
  const Mailbox bare = recipient.without_detail(config.protect.recipient_delimiter);
  const auto& exempt = config.protect.exempt;
  std::string notices = config.notices.from;
  if (const auto at = notices.find("{domain}"); at != std::string::npos)
    notices.replace(at, std::string_view("{domain}").size(), bare.domain());
  const auto own = Mailbox::parse(notices);
  return std::find(kAlwaysReached.begin(), kAlwaysReached.end(), bare.local()) !=
             kAlwaysReached.end() ||
         std::find(exempt.begin(), exempt.end(), recipient.address()) != exempt.end() ||
         std::find(exempt.begin(), exempt.end(), bare.address()) != exempt.end() ||
         (own && *own == bare);
}

Result<Whom> parse_whom(std::string_view text, const Config& config) {
  if (text == "site") return Whom{{Level::site, ""}, "site"};
  const auto unprotected = [&](const std::string& domain) {
    return Error{Errc::invalid, in_quotes(text) + ": " + domain +
                                    " is not protected; allowed: site, a domain of "
                                    "protect.domains, or a mailbox in one"};
  };
  if (text.find('@') != std::string_view::npos) {
    const auto mailbox = Mailbox::parse(text);
    if (!mailbox) return Error{Errc::invalid, in_quotes(text) + " is no mailbox"};
    if (!is_protected(config, mailbox->domain())) return unprotected(mailbox->domain());
    CS_ASSIGN(const Ownership found, ownership_of(config, *mailbox));
    return Whom{{Level::mailbox, found.owner.key()}, found.owner.address()};
  }
  const auto domain = to_a_labels(text);
  if (!domain || domain->empty())
    return Error{Errc::invalid, in_quotes(text) +
                                    " is no domain; allowed: site, a domain of protect.domains, "
                                    "or a mailbox in one"};
  if (!is_protected(config, *domain)) return unprotected(*domain);
  return Whom{{Level::domain, *domain}, *domain};
}

Result<Subject> parse_subject(std::string_view text) {
  const Error bad{Errc::invalid, in_quotes(text) +
                                     " is no author; allowed: an address, @DOMAIN (just that "
                                     "domain), @.DOMAIN (and all below it), or list:LIST-ID"};
  if (text.starts_with("list:")) {
    const std::string id = parse_list_id(text.substr(5));
    return id.empty() ? Result<Subject>(bad) : Result<Subject>("l:" + id);
  }
  if (text.starts_with("*@")) {
    // RFC 5321 allows it as a local part; nobody has it, and who writes it means all of them.
    const std::string domain(text.substr(2));
    return Error{Errc::invalid, in_quotes(text) + " would be just the author called *; allowed: @" +
                                    domain + " (all authors in just that domain) or @." + domain +
                                    " (and all below it)"};
  }
  if (text.find('@', 1) != std::string_view::npos) {
    const auto mailbox = Mailbox::parse(text);
    if (!mailbox) return bad;
    return "a:" + mailbox->address();
  }
  std::string_view name = text;
  if (name.starts_with('@')) name.remove_prefix(1);
  const bool below = name.starts_with('.');
  if (below) name.remove_prefix(1);
  const auto domain = to_a_labels(name);
  // One label is a whole top-level domain, which nobody means by its bare name.
  if (!domain || domain->empty() || domain->starts_with('[') ||
      (!below && domain->find('.') == std::string::npos))
    return bad;
  return (below ? "d:." : "d:") + *domain;
}

std::string shown_subject(const Subject& subject) {
  if (subject.starts_with("a:")) return subject.substr(2);
  if (subject.starts_with("d:")) return "@" + subject.substr(2);
  if (subject.starts_with("l:")) return "list:" + subject.substr(2);
  return subject;
}

}  // namespace countersign::admin
