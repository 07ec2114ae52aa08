// SPDX-License-Identifier: Apache-2.0
#include "screening/authentication.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/arc_chain.h"
#include "mail/dkim_signature.h"
#include "mail/domain.h"

namespace countersign {
namespace {

/// What a field says by one method: its result ("pass", "none", ...) and of which domain, sorted.
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

/// Of From, which is the author's unless it says something else.
std::string dmarc_domain(const AuthResult& result) {
  return domain_of(only_value(result, "header", "from"));
}

/// Returns what all `fields` say by `method`, if those that speak of it agree; else nothing. One
/// that found nothing ("dkim=none", of no domain) speaks too: the true one, of an unsigned mail.
Claims agreed_claims(const std::vector<AuthenticationResults>& fields, std::string_view method,
                     std::string (*domain)(const AuthResult&)) {
  Claims agreed;
  for (const AuthenticationResults& field : fields) {
    Claims claims;
    for (const AuthResult& result : field.results)
      if (result.method == method) claims.emplace_back(result.result, domain(result));
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
    if (result == "pass" && !domain.empty()) domains.push_back(organizational_domain(domain));
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

std::vector<std::string> stated_policies(const AuthResult& result) {
  std::vector<std::string> policies;
  for (const AuthProperty& p : result.properties)
    if (p.ptype == "policy") add_stated_policies(p.property + "=" + p.value, policies);
  for (const std::string& comment : result.comments) add_stated_policies(comment, policies);
  // RFC 8601 registers policy.dmarc, whose property is "dmarc" alone.
  if (const auto value = only_value(result, "policy", "dmarc"); !value.empty())
    add_stated_policies("p=" + std::string(value), policies);
  return policies;
}

bool any_is_strict(const std::vector<std::string>& policies) {
  return std::any_of(policies.begin(), policies.end(), [](const auto& p) { return p != "none"; });
}

/// Whether a `dmarc` result says that the author's domain wants such mail kept away.
bool dmarc_fails(const AuthResult& result) {
  if (result.method != "dmarc" || result.result != "fail") return false;
  const std::vector<std::string> policies = stated_policies(result);
  return policies.empty() || any_is_strict(policies);
}

/// Whether all that is claimed is "none", or for want of an answer "temperror", of one of
/// `domains`. Nothing claimed says nothing.
Published published_by(const Claims& claims, const std::vector<std::string>& domains) {
  bool unsure = false;
  for (const auto& [result, domain] : claims) {
    const bool ours = std::find(domains.begin(), domains.end(), domain) != domains.end();
    if (!ours || (result != "none" && result != "temperror")) return Published::unknown;
    unsure = unsure || result == "temperror";
  }
  if (claims.empty()) return Published::unknown;
  return unsure ? Published::unsure : Published::nothing;
}

/// What is published by either of two ways: something by one of them is enough.
Published joined(Published a, Published b) {
  if (a == Published::unknown || b == Published::unknown) return Published::unknown;
  return a == Published::nothing ? b : a;
}

/// What fields of an earlier milter say that the author's domain publishes.
Published published_of(const std::vector<AuthenticationResults>& ours, const Mailbox& author,
                       const std::optional<Mailbox>& reverse_path) {
  // SPF is asked of the reverse-path alone (RFC 7208 §2.4).
  if (!reverse_path || reverse_path->domain() != author.domain()) return Published::unknown;
  for (const AuthenticationResults& field : ours)
    for (const AuthResult& result : field.results)
      if (result.method == "dmarc" && any_is_strict(stated_policies(result)))
        return Published::unknown;
  return joined(published_by(agreed_claims(ours, "dmarc", dmarc_domain), {"", author.domain()}),
                published_by(agreed_claims(ours, "spf", spf_domain), {author.domain()}));
}

/// The same of what our own process found.
Published published_of(const std::vector<AuthResult>& results, const Mailbox& author) {
  Claims dmarc, spf;
  for (const AuthResult& result : results) {
    if (result.method != "dmarc") continue;
    dmarc.emplace_back(result.result, dmarc_domain(result));
    spf.emplace_back(only_value(result, "policy", "spf"), dmarc_domain(result));
  }
  return joined(published_by(dmarc, {author.domain()}), published_by(spf, {author.domain()}));
}

bool trusted(const std::vector<std::string>& sealers, std::string_view domain) {
  return std::any_of(sealers.begin(), sealers.end(), [&](const std::string& sealer) {
    return domain == sealer || domain.ends_with("." + sealer);
  });
}

/// Whether a chain that is intact ends with sealers who are trusted, and the first of them saw no
/// DMARC fail himself: what came to him from others is only their word.
bool vouched_by_sealers(const std::vector<AuthenticationResults>& ours, const HeaderSection& header,
                        const std::vector<std::string>& sealers) {
  bool passed = false;
  for (const AuthenticationResults& field : ours)
    for (const AuthResult& result : field.results) {
      if (result.method == "arc" && result.result != "pass") return false;
      passed = passed || result.method == "arc";
    }
  if (!passed || sealers.empty()) return false;
  const std::vector<ArcSet> chain = read_arc_chain(header);
  const ArcSet* first = nullptr;
  for (auto set = chain.rbegin(); set != chain.rend() && trusted(sealers, set->sealer); ++set)
    first = &*set;
  if (first == nullptr || !first->found) return false;
  const auto& results = first->found->results;
  return std::none_of(results.begin(), results.end(), [](const AuthResult& result) {
    return result.method == "dmarc" && result.result == "fail";
  });
}

bool any_dmarc_fails(const std::vector<AuthenticationResults>& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const AuthenticationResults& field) {
    return std::any_of(field.results.begin(), field.results.end(), dmarc_fails);
  });
}

/// Takes away what passes by signatures that prove nothing of the author or of the whole body
/// (design section 4, Identity). Which of a domain's signatures passed is not told: all must do.
void drop_weak_signatures(const HeaderSection& header, Claims& dkim) {
  for (const DkimSignature& signature : read_dkim_signatures(header)) {
    if (signature.signs_from && !signature.cuts_body) continue;
    std::erase_if(dkim, [&](const auto& claim) { return claim.second == signature.domain; });
  }
}

/// What fields that are all ours prove; without DMARC. `header`: whose signatures are looked at.
Authentication judge(const std::vector<AuthenticationResults>& ours, const HeaderSection* header,
                     const std::optional<Mailbox>& author,
                     const std::optional<Mailbox>& reverse_path) {
  Authentication out;
  out.checked = true;
  Claims dkim = agreed_claims(ours, "dkim", dkim_domain);
  if (header != nullptr) drop_weak_signatures(*header, dkim);
  const Claims spf = agreed_claims(ours, "spf", spf_domain);
  out.dkim_domains = passed_domains(dkim);
  if (!author) return out;

  const auto dkim_says = [&](std::string_view result) {
    return std::any_of(dkim.begin(), dkim.end(), [&](const auto& claim) {
      return claim.first == result && aligned(claim.second, author->domain());
    });
  };
  const auto spf_says = [&](std::string_view result) {
    return reverse_path && aligned(reverse_path->domain(), author->domain()) &&
           std::any_of(spf.begin(), spf.end(), [&](const auto& claim) {
             return claim.first == result && claim.second == reverse_path->domain();
           });
  };
  out.spf_aligned = spf_says("pass");
  out.spf_failed = spf_says("fail") || spf_says("softfail");
  if (out.spf_aligned || dkim_says("pass"))
    out.fingerprint = organizational_domain(author->domain());
  else
    out.unsure = dkim_says("temperror") || spf_says("temperror");
  return out;
}

}  // namespace

Authentication authenticate(const AuthenticationSettings& settings, const HeaderSection& header,
                            const std::optional<Mailbox>& author,
                            const std::optional<Mailbox>& reverse_path) {
  if (settings.source != AuthenticationSource::header) return {};
  std::vector<AuthenticationResults> ours;
  for (const HeaderField* field : header.all("Authentication-Results")) {
    auto parsed = parse_authentication_results(field->value);
    if (parsed && !parsed->authserv_id.empty() && parsed->authserv_id == settings.authserv_id)
      ours.push_back(*std::move(parsed));
  }
  Authentication out = judge(ours, &header, author, reverse_path);
  out.dmarc_failed =
      any_dmarc_fails(ours) && !vouched_by_sealers(ours, header, settings.arc_sealers);
  if (author) out.published = published_of(ours, *author, reverse_path);
  return out;
}

Authentication authenticate(const std::vector<AuthResult>& results,
                            const std::optional<Mailbox>& author,
                            const std::optional<Mailbox>& reverse_path) {
  const std::vector<AuthenticationResults> ours{{"", results}};
  Authentication out = judge(ours, nullptr, author, reverse_path);
  out.dmarc_failed = any_dmarc_fails(ours);
  if (author) out.published = published_of(results, *author);
  return out;
}

Authentication unknown_authentication() {
  Authentication out;
  out.checked = out.unsure = true;
  out.published = Published::unsure;
  return out;
}

}  // namespace countersign
