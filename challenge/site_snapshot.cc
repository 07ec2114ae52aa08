// SPDX-License-Identifier: Apache-2.0
#include "challenge/site_snapshot.h"

#include <algorithm>

namespace countersign::challenge {
namespace {

/// The path of a URL, without a final slash.
std::string path_of_url(std::string_view url) {
  const auto authority = url.find("://");
  if (authority == std::string_view::npos) return "";
  const auto slash = url.find('/', authority + 3);
  if (slash == std::string_view::npos) return "";
  std::string_view path = url.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

/// The host of a URL, with its port.
std::string host_of_url(std::string_view url) {
  const std::string origin = origin_of(url);
  return origin.substr(std::min(origin.size(), origin.find("://") + 3));
}

}  // namespace

SiteSnapshot::SiteSnapshot(const SiteParts& parts, const SiteSettings& settings, AdmissionRules r,
                           std::shared_ptr<const Pages> p, Effort e)
    : rules(std::move(r)),
      pages(std::move(p)),
      effort(std::move(e)),
      failures(parts.state, parts.limits),
      views(parts.index, parts.clock, settings.proofs),
      desk({views, parts.pow, parts.wait, parts.codes, parts.state, parts.requests, parts.keyring,
            parts.limits}),
      retract_desk({views, parts.wait, parts.state, parts.requests, parts.keyring, parts.limits}) {}

Result<std::shared_ptr<const SiteSnapshot>> SiteSnapshot::make(const SiteParts& parts,
                                                               const SiteSettings& settings) {
  CS_ASSIGN(NetworkList proxies, NetworkList::parse(settings.proxies));
  CS_ASSIGN(Effort effort, Effort::parse(settings.work));
  About about = settings.about;
  about.host = host_of_url(settings.base_url);
  CS_ASSIGN(auto plain, Pages::load(settings.templates, path_of_url(settings.base_url), about));
  CS_ASSIGN(auto pages, plain->branded(settings.brand, path_of_url(settings.base_url), about));
  const auto next = std::make_shared<SiteSnapshot>(
      parts, settings,
      AdmissionRules{origin_of(settings.base_url), std::move(proxies), settings.client_field},
      std::move(pages), std::move(effort));
  for (const auto& [domain, brand] : settings.brands) {
    const std::string& url = brand.base_url.empty() ? settings.base_url : brand.base_url;
    about.host = host_of_url(url);
    CS_ASSIGN(auto own, plain->branded(brand, path_of_url(url), about));
    next->by_domain[domain] = own;
    if (!brand.base_url.empty()) next->by_host.try_emplace(host_name(about.host), own);
  }
  next->collect_assets();
  return std::shared_ptr<const SiteSnapshot>(next);
}

void SiteSnapshot::collect_assets() {
  const auto add = [&](const Pages& of) {
    for (const auto& [name, file] : of.assets()) assets[name] = &file;
  };
  add(*pages);
  for (const auto& [domain, own] : by_domain) add(*own);
}

const Pages& SiteSnapshot::pages_of(const TokenView& view) const {
  if (view.held.recipients.empty()) return *pages;
  const std::string& address = view.held.recipients.front();
  const auto at = by_domain.find(address.substr(address.rfind('@') + 1));
  return at == by_domain.end() ? *pages : *at->second;
}

const Pages& SiteSnapshot::pages_of(const HttpRequest& request) const {
  const auto at = by_host.find(request.host);
  return at == by_host.end() ? *pages : *at->second;
}

}  // namespace countersign::challenge
