// SPDX-License-Identifier: Apache-2.0
#include "authentication/spf.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

extern "C" {
#include <arpa/nameser.h>
#include <netdb.h>
#include <spf2/spf.h>
#include <spf2/spf_record.h>
}

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "mail/domain.h"
#include "mail/network.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

// RFC 7208 §4.6.4. libspf2 counts the terms of each included record anew.
constexpr int kMostTerms = 10;
constexpr int kMostVoid = 2;
constexpr std::size_t kMostNames = 10;

struct FreeServer {
  void operator()(SPF_server_t* server) const { SPF_server_free(server); }
};
struct FreeRequest {
  void operator()(SPF_request_t* request) const { SPF_request_free(request); }
};
struct FreeResponse {
  void operator()(SPF_response_t* response) const { SPF_response_free(response); }
};

/// What libspf2's questions come to for one message.
struct Asking {
  DnsBudget& dns;
  const std::string& client;
  SPF_dns_server_t server{};
  int terms = -1;                 ///< that asked; the first record is looked for by none
  int nothing = 0;                ///< void look-ups
  std::set<std::string> named{};  ///< by MX and PTR: asking for their addresses is no term
  bool over_limit = false;
  /// Of the first record: libspf2 tells no difference between none and one that does not compile.
  bool no_record = false;
};

Asking& asking_of(SPF_dns_server_t* server) { return *static_cast<Asking*>(server->hook); }

/// Asks, and counts what RFC 7208 limits. Over a limit, it fails.
DnsAnswer ask(Asking& asking, const std::string& name, DnsType type) {
  const bool address = type == DnsType::a || type == DnsType::aaaa;
  if (!(address && asking.named.contains(name)) && ++asking.terms > kMostTerms)
    asking.over_limit = true;
  DnsAnswer answer = asking.over_limit ? DnsAnswer{} : asking.dns.ask(name, type);
  if (type == DnsType::mx && answer.records.size() > kMostNames) asking.over_limit = true;
  if (type == DnsType::mx || type == DnsType::ptr)
    for (const std::string& record : answer.records)
      if (auto named = name_of(record, type)) asking.named.insert(*std::move(named));
  if (answer.kind == DnsAnswer::Kind::nothing && ++asking.nothing > kMostVoid)
    asking.over_limit = true;
  asking.over_limit = asking.over_limit || asking.dns.exhausted();
  if (asking.over_limit) answer = {};
  return answer;
}

bool put(SPF_dns_rr_t* set, const void* bytes, std::size_t size) {
  if (SPF_dns_rr_buf_realloc(set, set->num_rr, size + 1) != SPF_E_SUCCESS) return false;
  char* place = reinterpret_cast<char*>(set->rr[set->num_rr]);
  std::memcpy(place, bytes, size);
  place[size] = '\0';
  ++set->num_rr;
  return true;
}

/// Adds a record to `set`, if it is one of its type.
void add_record(SPF_dns_rr_t* set, const std::string& record, DnsType type) {
  switch (type) {
    case DnsType::a:
      if (record.size() == 4) put(set, record.data(), record.size());
      return;
    case DnsType::aaaa:
      if (record.size() == 16) put(set, record.data(), record.size());
      return;
    case DnsType::txt:
      if (const auto text = txt_of(record)) put(set, text->data(), text->size());
      return;
    case DnsType::mx:
    case DnsType::ptr:
      if (const auto name = name_of(record, type)) put(set, name->data(), name->size());
      return;
  }
}

std::optional<DnsType> type_of(ns_type type) {
  switch (type) {
    case ns_t_a:
      return DnsType::a;
    case ns_t_aaaa:
      return DnsType::aaaa;
    case ns_t_mx:
      return DnsType::mx;
    case ns_t_ptr:
      return DnsType::ptr;
    case ns_t_txt:
      return DnsType::txt;
    default:
      return std::nullopt;
  }
}

extern "C" SPF_dns_rr_t* look_up(SPF_dns_server_t* server, const char* name, ns_type type, int) {
  const auto wanted = type_of(type);
  const DnsAnswer answer =
      wanted ? ask(asking_of(server), name, *wanted) : DnsAnswer{DnsAnswer::Kind::nothing, {}};
  const SPF_dns_stat_t status = answer.kind == DnsAnswer::Kind::found     ? NETDB_SUCCESS
                                : answer.kind == DnsAnswer::Kind::nothing ? NO_DATA
                                                                          : TRY_AGAIN;
  SPF_dns_rr_t* set = SPF_dns_rr_new_init(server, name, type, 0, status);
  if (set == nullptr) std::abort();  // libspf2 takes none for an answer
  for (const std::string& record : answer.records) add_record(set, record, *wanted);
  if (status == NETDB_SUCCESS && set->num_rr == 0) set->herrno = NO_DATA;
  return set;
}

bool is_modifier_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
         });
}

/// Whether every '%' begins a macro or one of its escapes (RFC 7208 §7.1).
bool has_good_percents(std::string_view term) {
  for (auto at = term.find('%'); at != std::string_view::npos; at = term.find('%', at + 2))
    if (at + 1 == term.size() ||
        std::string_view("%_-{").find(term[at + 1]) == std::string_view::npos)
      return false;
  return true;
}

/// Whether a domain-spec ends as it must: in a macro, or in a dot and a top label.
bool is_domain_spec(std::string_view spec) {
  if (spec.ends_with('}')) return true;
  if (spec.size() > 1 && spec[spec.size() - 2] == '%') return true;
  if (spec.ends_with('.')) spec.remove_suffix(1);
  const auto dot = spec.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string label = ascii_lower(spec.substr(dot + 1));
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !label.empty() && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), is_part) &&
         label.find_first_not_of("0123456789") != std::string::npos;
}

/// Takes "/24", "//64" or both from the end of a term. False: a number begins with a nought.
bool take_prefix_lengths(std::string_view& term) {
  for (;;) {
    const auto last = term.find_last_not_of("0123456789");
    if (last == std::string_view::npos || term[last] != '/') return true;
    if (last + 2 < term.size() && term[last + 1] == '0') return false;
    term = term.substr(0, last > 0 && term[last - 1] == '/' ? last - 1 : last);
  }
}

/// Whether a term that is no modifier is a mechanism (RFC 7208 §5), as far as libspf2 takes others.
bool is_mechanism(std::string_view term) {
  if (std::string_view("+-?~").find(term.front()) != std::string_view::npos) term.remove_prefix(1);
  const std::string name = ascii_lower(term.substr(0, term.find_first_of(":/")));
  std::string_view rest = term.substr(name.size());
  if (name == "all") return rest.empty();
  if (name == "ip4" || name == "ip6") return rest.starts_with(':') && take_prefix_lengths(rest);
  const bool with_lengths = name == "a" || name == "mx";
  const bool may_be_bare = with_lengths || name == "ptr";
  if (!may_be_bare && name != "include" && name != "exists") return false;
  if (with_lengths && !take_prefix_lengths(rest)) return false;
  if (rest.empty()) return may_be_bare;
  return rest.starts_with(':') && is_domain_spec(rest.substr(1));
}

/// Whether a term is a good ip4 or ip6 that does not match. Large records have hundreds of these,
/// and libspf2 leaves out, without a word, what is more than some sixty terms.
bool is_other_network(std::string_view term, const std::string& client) {
  const std::string name = ascii_lower(term.substr(0, 4));
  const std::string network(term.substr(std::min<std::size_t>(4, term.size())));
  const bool six = network.find(':') != std::string::npos;
  if (!(name == "ip4:" && !six) && !(name == "ip6:" && six)) return false;
  const auto parsed = NetworkList::parse({network});
  return parsed && !network.ends_with("/0") && !parsed->contains(client);
}

/// Returns a record as libspf2 should see it, which takes what the grammar does not and does not
/// take all that it does (RFC 7208 §4.6.1, §12); nothing for one that is malformed. Modifiers that
/// change nothing for us are left out: unknown ones, exp, and redirect beside "all"; so are
/// networks in which the client is not.
std::optional<std::string> prepared(std::string_view record, const std::string& client) {
  std::string out = "v=spf1";
  std::string redirect;
  bool has_all = false, has_exp = false;
  record.remove_prefix(out.size());
  while (!record.empty()) {
    const auto end = std::min(record.find(' '), record.size());
    const std::string term(record.substr(0, end));
    record.remove_prefix(std::min(end + 1, record.size()));
    if (term.empty()) continue;
    if (!std::all_of(term.begin(), term.end(), [](char c) { return c > ' ' && c < 0x7f; }) ||
        !has_good_percents(term))
      return std::nullopt;
    const auto separator = std::min(term.find_first_of(":/="), term.size());
    if (separator == term.size() || term[separator] != '=') {
      if (!is_mechanism(term)) return std::nullopt;
      const std::string mechanism = ascii_lower(term);
      has_all = has_all || mechanism == "all" || mechanism.substr(1) == "all";
      const bool qualified = std::string_view("+-?~").find(term.front()) != std::string_view::npos;
      if (!is_other_network(std::string_view(term).substr(qualified ? 1 : 0), client))
        out += " " + term;
      continue;
    }
    const std::string name = ascii_lower(term.substr(0, separator));
    if (!is_modifier_name(name)) return std::nullopt;
    if (name != "redirect" && name != "exp") continue;
    const bool repeated = name == "exp" ? has_exp : !redirect.empty();
    if (repeated || !is_domain_spec(term.substr(separator + 1))) return std::nullopt;
    if (name == "exp")
      has_exp = true;
    else
      redirect = term;
  }
  return has_all || redirect.empty() ? out : out + " " + redirect;
}

/// The version section, then a blank or the end (RFC 7208 §4.5).
bool is_spf(std::string_view text) {
  constexpr std::string_view kVersion = "v=spf1";
  return ascii_lower(text.substr(0, kVersion.size())) == kVersion &&
         (text.size() == kVersion.size() || text[kVersion.size()] == ' ');
}

/// Finds and compiles the record of the request's current domain, instead of libspf2, which takes
/// an obsolete type of record and tells too little of what went wrong.
extern "C" SPF_errcode_t get_record(SPF_server_t* server, SPF_request_t* request,
                                    SPF_response_t* response, SPF_record_t** record) {
  Asking& asking = asking_of(server->resolver);
  const bool first = asking.terms < 0;
  const DnsAnswer answer = ask(asking, request->cur_dom, DnsType::txt);
  // The first question is not one of the record's.
  if (first) asking.nothing = 0;
  *record = nullptr;
  if (answer.kind == DnsAnswer::Kind::failed)
    return SPF_response_add_error(response, SPF_E_DNS_ERROR, "DNS");
  std::string found;
  int count = 0;
  for (const std::string& one : answer.records)
    if (auto text = txt_of(one); text && is_spf(*text)) {
      found = *std::move(text);
      ++count;
    }
  if (count == 0) {
    asking.no_record = first;
    return SPF_response_add_error(response, SPF_E_NOT_SPF, "no record");
  }
  if (count > 1) return SPF_response_add_error(response, SPF_E_MULTIPLE_RECORDS, "several records");
  const auto text = prepared(found, asking.client);
  if (!text || SPF_record_compile(server, response, record, text->c_str()) != SPF_E_SUCCESS)
    return SPF_response_add_error(response, SPF_E_SYNTAX, "syntax");
  return SPF_E_SUCCESS;
}

/// An explanation is of no use to us, and whoever wrote it chooses what is asked for it.
extern "C" SPF_errcode_t no_explanation(SPF_server_t*, const char*, char**, std::size_t*) {
  return SPF_E_NOT_CONFIG;
}

/// Whether it is a name of two labels or more (RFC 7208 §4.3).
bool is_domain(const std::string& name) {
  return name.find('.') != std::string::npos && name.front() != '[' && bool(to_a_labels(name));
}

const char* word_of(const Asking& asking, SPF_errcode_t error, SPF_response_t* response) {
  if (asking.over_limit) return "permerror";
  if (error == SPF_E_DNS_ERROR) return "temperror";
  if (asking.no_record) return "none";
  switch (response == nullptr ? SPF_RESULT_PERMERROR : SPF_response_result(response)) {
    case SPF_RESULT_PASS:
      return SPF_response_reason(response) == SPF_REASON_LOCALHOST ? "none" : "pass";
    case SPF_RESULT_FAIL:
      return "fail";
    case SPF_RESULT_SOFTFAIL:
      return "softfail";
    case SPF_RESULT_NEUTRAL:
      return "neutral";
    case SPF_RESULT_NONE:
      return "none";
    case SPF_RESULT_TEMPERROR:
      return "temperror";
    default:
      return "permerror";
  }
}

bool set_client(SPF_request_t* request, const std::string& client) {
  if (client.find(':') == std::string::npos)
    return SPF_request_set_ipv4_str(request, client.c_str()) == SPF_E_SUCCESS;
  in6_addr address{};
  if (inet_pton(AF_INET6, client.c_str(), &address) != 1) return false;
  if (!IN6_IS_ADDR_V4MAPPED(&address))
    return SPF_request_set_ipv6(request, address) == SPF_E_SUCCESS;
  in_addr v4{};
  std::memcpy(&v4, &address.s6_addr[12], sizeof v4);
  return SPF_request_set_ipv4(request, v4) == SPF_E_SUCCESS;
}

}  // namespace

AuthResult check_spf(DnsBudget& dns, const MessageOrigin& origin) {
  const bool null = origin.reverse_path.empty();
  const std::string& identity = null ? origin.helo : origin.reverse_path;
  AuthResult out{"spf", "none", "", {{"smtp", null ? "helo" : "mailfrom", identity}}, {}};
  const auto at = identity.rfind('@');
  const std::string domain =
      null ? identity : identity.substr(at == std::string::npos ? 0 : at + 1);
  if (origin.client.empty() || domain.empty() || !is_domain(domain)) return out;

  Asking asking{.dns = dns, .client = origin.client};
  asking.server.hook = &asking;
  asking.server.name = "countersign";
  asking.server.lookup = look_up;
  asking.server.get_spf = get_record;
  asking.server.get_exp = no_explanation;
  const std::unique_ptr<SPF_server_t, FreeServer> server(SPF_server_new_dns(&asking.server, 0));
  const std::unique_ptr<SPF_request_t, FreeRequest> request(SPF_request_new(server.get()));
  if (!server || !request) std::abort();
  if (!set_client(request.get(), origin.client)) return out;
  if (!origin.helo.empty()) SPF_request_set_helo_dom(request.get(), origin.helo.c_str());
  SPF_request_set_env_from(request.get(),
                           null ? ("postmaster@" + domain).c_str() : identity.c_str());
  SPF_response_t* raw = nullptr;
  const SPF_errcode_t error = SPF_request_query_mailfrom(request.get(), &raw);
  const std::unique_ptr<SPF_response_t, FreeResponse> response(raw);
  out.result = word_of(asking, error, response.get());
  return out;
}

}  // namespace countersign
