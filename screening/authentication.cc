// SPDX-License-Identifier: Apache-2.0
#include "screening/authentication.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/authentication_results.h"
#include "mail/domain.h"

namespace countersign {
namespace {

/// What a field says by one method: "pass" or "fail" and of which domain, sorted.
using Claims = std::vector<std::pair<std::string, std::string>>;

/// Returns the only value of that property; "" if there is none, or more than one.
std::string_view only_value(const AuthResult& result, std::string_view ptype,
                            std::string_view property) {
  std::string_view value;
  for (const AuthProperty& p : result.properties) {
    if (p.ptype != ptype || p.property != property) continue;
    if (!value.empty()) return {};
    value = p.value;
  }
  return value;
}

/// Returns the domain of "example.com", "@example.com" or "a@example.com", in A-labels; or "".
std::string domain_of(std::string_view value) {
  if (const auto at = value.rfind('@'); at != std::string_view::npos) value.remove_prefix(at + 1);
  auto domain = to_a_labels(value);
  return domain ? *domain : std::string();
}

std::string dkim_domain(const AuthResult& result) {
  const auto d = only_value(result, "header", "d");
  return domain_of(d.empty() ? only_value(result, "header", "i") : d);
}

std::string spf_domain(const AuthResult& result) {
  return domain_of(only_value(result, "smtp", "mailfrom"));
}

/// Returns what all `fields` say by `method`, if those that say anything agree; else nothing.
Claims agreed_claims(const std::vector<AuthenticationResults>& fields, std::string_view method,
                     std::string (*domain)(const AuthResult&)) {
  Claims agreed;
  for (const AuthenticationResults& field : fields) {
    Claims claims;
    for (const AuthResult& result : field.results)
      if (result.method == method)
        if (std::string name = domain(result); !name.empty())
          claims.emplace_back(result.result, std::move(name));
    if (claims.empty()) continue;
    std::sort(claims.begin(), claims.end());
    claims.erase(std::unique(claims.begin(), claims.end()), claims.end());
    if (agreed.empty())
      agreed = std::move(claims);
    else if (agreed != claims)
      return {};
  }
  return agreed;
}

std::vector<std::string> passed_domains(const Claims& claims) {
  std::vector<std::string> domains;
  for (const auto& [result, domain] : claims)
    if (result == "pass") domains.push_back(organizational_domain(domain));
  std::sort(domains.begin(), domains.end());
  domains.erase(std::unique(domains.begin(), domains.end()), domains.end());
  return domains;
}

void add_stated_policies(std::string_view text, std::vector<std::string>& policies) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const std::string_view separators = " \t\r\n,;";
  for (std::size_t at = 0; at < lower.size();) {
    const auto end = std::min(lower.find_first_of(separators, at), lower.size());
    const std::string_view word = std::string_view(lower).substr(at, end - at);
    for (const std::string_view key : {"p=", "policy="})
      if (word.starts_with(key)) policies.emplace_back(word.substr(key.size()));
    at = end + 1;
  }
}

/// Whether a `dmarc` result says that the author's domain wants such mail kept away.
bool dmarc_fails(const AuthResult& result) {
  if (result.method != "dmarc" || result.result != "fail") return false;
  std::vector<std::string> policies;
  for (const AuthProperty& p : result.properties)
    if (p.ptype == "policy") add_stated_policies(p.property + "=" + p.value, policies);
  for (const std::string& comment : result.comments) add_stated_policies(comment, policies);
  // RFC 8601 registers policy.dmarc, whose property is "dmarc" alone.
  if (const auto value = only_value(result, "policy", "dmarc"); !value.empty())
    add_stated_policies("p=" + std::string(value), policies);
  return policies.empty() ||
         std::any_of(policies.begin(), policies.end(), [](const auto& p) { return p != "none"; });
}

}  // namespace

Authentication authenticate(const AuthenticationSettings& settings, const HeaderSection& header,
                            const std::optional<Mailbox>& author,
                            const std::optional<Mailbox>& reverse_path) {
  Authentication out;
  if (settings.source == AuthenticationSource::none) return out;
  out.checked = true;

  std::vector<AuthenticationResults> ours;
  for (const HeaderField* field : header.all("Authentication-Results")) {
    auto parsed = parse_authentication_results(field->value);
    if (parsed && !parsed->authserv_id.empty() && parsed->authserv_id == settings.authserv_id)
      ours.push_back(*std::move(parsed));
  }
  for (const AuthenticationResults& field : ours)
    out.dmarc_failed =
        out.dmarc_failed || std::any_of(field.results.begin(), field.results.end(), dmarc_fails);
  const Claims dkim_claims = agreed_claims(ours, "dkim", dkim_domain);
  out.dkim_domains = passed_domains(dkim_claims);
  if (!author) return out;

  const auto vouched = [&](const Claims& claims, auto also) {
    return std::any_of(claims.begin(), claims.end(), [&](const auto& claim) {
      return claim.first == "pass" && aligned(claim.second, author->domain()) && also(claim.second);
    });
  };
  const bool dkim = vouched(dkim_claims, [](const auto&) { return true; });
  out.spf_aligned = vouched(agreed_claims(ours, "spf", spf_domain), [&](const std::string& domain) {
    return reverse_path && domain == reverse_path->domain();
  });
  if (dkim || out.spf_aligned) out.fingerprint = organizational_domain(author->domain());
  return out;
}

}  // namespace countersign
