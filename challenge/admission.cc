// SPDX-License-Identifier: Apache-2.0
#include "challenge/admission.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "challenge/form.h"

namespace countersign::challenge {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Calls `take` with each trimmed element of a comma-separated list until it returns true.
template <class Take>
void each_element(std::string_view list, Take take) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (take(trimmed(list.substr(0, comma)))) return;
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

bool is_field_name(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool has_control(std::string_view value) {
  return std::any_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 127;
  });
}

/// The fields of a head by name; names are compared without case.
class Fields {
 public:
  explicit Fields(const RequestHead& head) : head_(head) {}

  std::size_t count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(head_.fields.begin(), head_.fields.end(),
                      [&](const HeaderField& field) { return same_word(field.name, name); }));
  }
  /// All values of that name joined by commas, as RFC 9110 §5.3 has it; "" if there is none.
  std::string joined(std::string_view name) const {
    std::string out;
    for (const HeaderField& field : head_.fields) {
      if (!same_word(field.name, name)) continue;
      if (!out.empty()) out += ',';
      out += field.value;
    }
    return out;
  }

 private:
  const RequestHead& head_;
};

std::optional<Refusal> check_form(const RequestHead& head) {
  if (head.version != "HTTP/1.1" && head.version != "HTTP/1.0")
    return Refusal{505, "HTTP version not supported"};
  if (head.path.size() > kMostPath) return Refusal{414, "path too long"};
  std::size_t size = 0;
  for (const HeaderField& field : head.fields) size += field.name.size() + field.value.size() + 4;
  if (head.fields.size() > kMostFields || size > kMostHeader)
    return Refusal{431, "header too long"};
  for (const HeaderField& field : head.fields)
    if (!is_field_name(field.name) || has_control(field.value))
      return Refusal{400, "malformed header field"};
  return std::nullopt;
}

bool is_host(std::string_view host) {
  return !host.empty() && host.find_first_of("/@\\, \t") == std::string_view::npos;
}

/// Returns how long the body is, or why that is not clear.
std::variant<Refusal, std::optional<std::size_t>> body_size(const Fields& fields) {
  const std::size_t lengths = fields.count("Content-Length");
  if (fields.count("Transfer-Encoding") > 0) {
    if (lengths > 0) return Refusal{400, "Transfer-Encoding and Content-Length"};
    return Refusal{411, "Content-Length needed"};
  }
  if (lengths == 0) return std::optional<std::size_t>();
  if (lengths > 1) return Refusal{400, "several Content-Length"};
  const std::string text = fields.joined("Content-Length");
  if (text.empty() ||
      !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return Refusal{400, "malformed Content-Length"};
  std::size_t size = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), size).ec != std::errc())
    return Refusal{413, "body too long"};
  return std::optional(size);
}

/// Whether a browser says that another site's page made it send this.
///
/// Origin is "null" from our own pages, too, as they send no referrer; it then tells nothing.
bool is_foreign(const Fields& fields, const std::string& own) {
  const std::string site = lower(trimmed(fields.joined("Sec-Fetch-Site")));
  if (!site.empty() && site != "same-origin" && site != "none") return true;
  const std::string origin = lower(trimmed(fields.joined("Origin")));
  if (origin.empty() || origin == "null" || origin == own) return false;
  const std::string host = lower(trimmed(fields.joined("Host")));
  return origin != "https://" + host && origin != "http://" + host;
}

bool is_form(std::string_view type) {
  return same_word(trimmed(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded");
}

std::optional<Refusal> check_post(const Fields& fields, const std::optional<std::size_t>& size,
                                  const AdmissionRules& rules) {
  if (!size) return Refusal{411, "Content-Length needed"};
  if (*size > kMostBody) return Refusal{413, "body too long"};
  if (fields.count("Content-Type") != 1 || !is_form(fields.joined("Content-Type")))
    return Refusal{415, "only application/x-www-form-urlencoded is taken"};
  if (fields.count("Content-Encoding") > 0) return Refusal{415, "no Content-Encoding is taken"};
  if (is_foreign(fields, rules.origin)) return Refusal{403, "sent by another site's page"};
  return std::nullopt;
}

std::optional<Method> method_of(std::string_view word) {
  if (word == "GET") return Method::get;
  if (word == "HEAD") return Method::head;
  if (word == "POST") return Method::post;
  return std::nullopt;
}

/// The weight (RFC 9110 §12.4.2) of one element of Accept.
double weight(std::string_view parameters) {
  double q = 1;
  while (!parameters.empty()) {
    const auto end = parameters.find(';');
    const std::string_view parameter = trimmed(parameters.substr(0, end));
    if (parameter.starts_with("q=") || parameter.starts_with("Q=")) {
      const std::string_view number = parameter.substr(2);
      if (std::from_chars(number.data(), number.data() + number.size(), q).ec != std::errc()) q = 0;
    }
    if (end == std::string_view::npos) break;
    parameters.remove_prefix(end + 1);
  }
  return q;
}

bool is_file_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
  });
}

constexpr std::array<std::pair<std::string_view, Route>, 5> kUnderToken = {
    {{"pow", Route::pow},
     {"code.png", Route::code_image},
     {"code.wav", Route::code_sound},
     {"withdraw", Route::withdraw},
     {"not-me", Route::not_me}}};

const char* client_field_name(ClientField field) {
  return field == ClientField::forwarded ? "Forwarded" : "X-Forwarded-For";
}

}  // namespace

Route parse_path(std::string_view path, std::string& name) {
  constexpr std::string_view kPage = "/c/";
  constexpr std::string_view kAssets = "/assets/";
  if (path == "/healthz") return Route::health;
  if (path == "/why") return Route::why;
  if (path.starts_with(kAssets)) {
    name = path.substr(kAssets.size());
    return is_file_name(name) ? Route::asset : Route::none;
  }
  if (!path.starts_with(kPage)) return Route::none;
  path.remove_prefix(kPage.size());
  const auto slash = path.find('/');
  name = path.substr(0, slash);
  if (slash == std::string_view::npos) return Route::page;
  const std::string_view what = path.substr(slash + 1);
  for (const auto& [word, route] : kUnderToken)
    if (what == word) return route;
  return Route::none;
}

bool takes_post(Route route) {
  return route == Route::page || route == Route::withdraw || route == Route::not_me;
}

bool wants_json(std::string_view accept) {
  double json = 0;
  double html = 0;
  each_element(accept, [&](std::string_view element) {
    const auto end = element.find(';');
    const std::string_view type = trimmed(element.substr(0, end));
    const std::string_view rest =
        end == std::string_view::npos ? std::string_view() : element.substr(end + 1);
    if (same_word(type, "application/json")) json = std::max(json, weight(rest));
    if (same_word(type, "text/html")) html = std::max(html, weight(rest));
    return false;
  });
  return json > html;
}

std::string host_name(std::string_view authority) {
  const std::string host = lower(trimmed(authority));
  const auto end =
      host.find(':', host.starts_with('[') ? std::min(host.find(']'), host.size()) : 0);
  return host.substr(0, end);
}

std::string origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  return lower(url.substr(0, url.find_first_of("/?#", scheme + 3)));
}

std::variant<Refusal, HttpRequest> admit(const RequestHead& head, const AdmissionRules& rules) {
  if (const auto refusal = check_form(head)) return *refusal;
  const Fields fields(head);
  if (fields.count("Host") != 1 || !is_host(trimmed(fields.joined("Host"))))
    return Refusal{400, "exactly one Host needed"};
  const auto sized = body_size(fields);
  if (const auto* refusal = std::get_if<Refusal>(&sized)) return *refusal;
  const auto& size = std::get<1>(sized);

  HttpRequest request;
  request.json = wants_json(fields.joined("Accept"));
  request.host = host_name(fields.joined("Host"));
  request.accept_language = fields.joined("Accept-Language");
  request.route = parse_path(head.path, request.name);
  if (request.route == Route::none) return Refusal{404, "no such page"};
  const auto method = method_of(head.method);
  if (!method || (*method == Method::post && !takes_post(request.route)))
    return Refusal{405, "method not allowed"};
  request.method = *method;
  if (auto query = parse_form(head.query)) request.query = *std::move(query);
  if (*method == Method::post) {
    if (const auto refusal = check_post(fields, size, rules)) return *refusal;
  } else if (size && *size > 0) {
    return Refusal{400, "a body where none is taken"};
  }
  const auto network = network_of(
      client_address(head.peer, rules.client_field,
                     fields.joined(client_field_name(rules.client_field)), rules.proxies));
  if (network) request.network = *network;
  return request;
}

}  // namespace countersign::challenge
