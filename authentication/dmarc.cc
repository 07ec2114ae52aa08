// SPDX-License-Identifier: Apache-2.0
#include "authentication/dmarc.h"

#include <netinet/in.h>
#include <opendmarc/dmarc.h>
#include <sys/types.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "mail/domain.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

struct FreePolicy {
  void operator()(DMARC_POLICY_T* policy) const { opendmarc_policy_connect_shutdown(policy); }
};

unsigned char* bytes_of(const std::string& text) {
  // libopendmarc takes no const, and changes nothing.
  return reinterpret_cast<unsigned char*>(const_cast<char*>(text.c_str()));
}

struct Record {
  int policy = DMARC_RECORD_P_NONE;
  int subdomains = DMARC_RECORD_P_UNSPECIFIED;
  bool strict_dkim = false;
  bool strict_spf = false;
  int percent = 100;
};

/// Returns what a record says, or nothing if it is none.
std::optional<Record> parse_record(const std::string& text, const std::string& domain) {
  std::string local = "127.0.0.1";
  const std::unique_ptr<DMARC_POLICY_T, FreePolicy> policy(
      opendmarc_policy_connect_init(bytes_of(local), DMARC_POLICY_IP_TYPE_IPV4));
  if (!policy ||
      opendmarc_policy_store_from_domain(policy.get(), bytes_of(domain)) != DMARC_PARSE_OKAY ||
      opendmarc_policy_parse_dmarc(policy.get(), bytes_of(domain), bytes_of(text)) !=
          DMARC_PARSE_OKAY)
    return std::nullopt;
  Record out;
  int dkim = DMARC_RECORD_A_RELAXED, spf = DMARC_RECORD_A_RELAXED;
  if (opendmarc_policy_fetch_p(policy.get(), &out.policy) != DMARC_PARSE_OKAY ||
      opendmarc_policy_fetch_sp(policy.get(), &out.subdomains) != DMARC_PARSE_OKAY ||
      opendmarc_policy_fetch_adkim(policy.get(), &dkim) != DMARC_PARSE_OKAY ||
      opendmarc_policy_fetch_aspf(policy.get(), &spf) != DMARC_PARSE_OKAY ||
      opendmarc_policy_fetch_pct(policy.get(), &out.percent) != DMARC_PARSE_OKAY)
    return std::nullopt;
  out.strict_dkim = dkim == DMARC_RECORD_A_STRICT;
  out.strict_spf = spf == DMARC_RECORD_A_STRICT;
  return out;
}

struct Found {
  DnsAnswer::Kind kind = DnsAnswer::Kind::nothing;
  std::string text;
  int count = 0;
};

/// Looks for the one record at a domain (RFC 7489 §6.6.3: several are none).
Found find_record(DnsBudget& dns, const std::string& domain) {
  const DnsAnswer answer = dns.ask("_dmarc." + domain, DnsType::txt);
  Found out{
      answer.kind == DnsAnswer::Kind::failed ? DnsAnswer::Kind::failed : DnsAnswer::Kind::nothing,
      "", 0};
  for (const std::string& record : answer.records) {
    auto text = txt_of(record);
    if (!text || !text->starts_with("v=DMARC1")) continue;
    out.text = *std::move(text);
    ++out.count;
  }
  if (out.count == 1) out.kind = DnsAnswer::Kind::found;
  return out;
}

const char* word_of(int policy, int percent) {
  if (policy == DMARC_RECORD_P_REJECT) return percent == 0 ? "quarantine" : "reject";
  // RFC 7489 §6.6.4: what is not sampled falls to the policy below.
  if (policy == DMARC_RECORD_P_QUARANTINE && percent > 0) return "quarantine";
  return "none";
}

std::string_view value_of(const AuthResult& result, std::string_view name) {
  for (const AuthProperty& p : result.properties)
    if (p.property == name) return p.value;
  return {};
}

/// Whether a TXT record is one of SPF, of whatever version (RFC 7208 §4.5), or may be.
bool may_be_spf(const std::string& record) {
  const auto text = txt_of(record);
  return !text || ascii_lower(text->substr(0, 5)) == "v=spf" ||
         ascii_lower(text->substr(0, 5)) == "spf2.";
}

/// Whether a result of SPF or DKIM is of a domain that is aligned with the author's.
bool is_aligned(const AuthResult& result, const Record& record, const std::string& author) {
  const bool dkim = result.method == "dkim";
  std::string_view value = value_of(result, dkim ? "d" : "mailfrom");
  if (!dkim && value.empty()) value = value_of(result, "helo");
  if (const auto at = value.rfind('@'); at != std::string_view::npos) value.remove_prefix(at + 1);
  const auto domain = to_a_labels(value);
  if (!domain || value.empty()) return false;
  const bool strict = dkim ? record.strict_dkim : record.strict_spf;
  return strict ? *domain == author : aligned(*domain, author);
}

}  // namespace

AuthResult check_dmarc(DnsBudget& dns, const MessageOrigin& origin,
                       const std::vector<AuthResult>& found) {
  const std::string& author = origin.author_domain;
  AuthResult out{"dmarc", "none", "", {{"header", "from", author}}, {}};
  const std::string organization = organizational_domain(author);
  Found record = find_record(dns, author);
  const bool own = record.kind == DnsAnswer::Kind::found || organization == author;
  const bool several = record.count > 1;
  if (record.kind == DnsAnswer::Kind::nothing && !own) record = find_record(dns, organization);
  if (record.kind == DnsAnswer::Kind::failed) {
    out.result = "temperror";
    return out;
  }
  if (record.kind == DnsAnswer::Kind::nothing) {
    if (several || record.count > 1) out.reason = "several records";
    return out;
  }
  const auto parsed = parse_record(record.text, own ? author : organization);
  if (!parsed) {
    out.result = "permerror";
    return out;
  }
  const bool sub = !own && parsed->subdomains != DMARC_RECORD_P_UNSPECIFIED;
  const int policy = sub ? parsed->subdomains : parsed->policy;
  out.properties.push_back({"policy", "dmarc", word_of(policy, parsed->percent)});
  const auto any = [&](std::string_view word) {
    return std::any_of(found.begin(), found.end(), [&](const AuthResult& result) {
      return result.result == word && is_aligned(result, *parsed, author);
    });
  };
  out.result = any("pass") ? "pass" : any("temperror") ? "temperror" : "fail";
  return out;
}

void tell_published_spf(DnsBudget& dns, const MessageOrigin& origin, AuthResult& dmarc) {
  if ((dmarc.result != "none" && dmarc.result != "temperror") || !dmarc.reason.empty()) return;
  const DnsAnswer answer = dns.ask(origin.author_domain, DnsType::txt);
  const char* word = "none";
  if (answer.kind == DnsAnswer::Kind::failed)
    word = "temperror";
  else if (std::any_of(answer.records.begin(), answer.records.end(), may_be_spf))
    word = "published";
  dmarc.properties.push_back({"policy", "spf", word});
}

}  // namespace countersign
