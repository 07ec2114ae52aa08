// SPDX-License-Identifier: Apache-2.0
#include "challenge/responses.h"

#include "challenge/json.h"

namespace countersign::challenge {
namespace {

const std::string kHtml = "text/html; charset=utf-8";
const std::string kJson = "application/json";

}  // namespace

HeaderField retry_after(seconds time) { return {"Retry-After", std::to_string(time.count())}; }

HttpResponse json_response(int status, std::string body) {
  return {status, kJson, std::move(body), {{"Vary", "Accept, Accept-Language"}}};
}
HttpResponse html_response(int status, std::string body) {
  return {status, kHtml, std::move(body), {{"Vary", "Accept, Accept-Language"}}};
}

std::string form_field(const std::map<std::string, std::string>& form, const std::string& name) {
  const auto at = form.find(name);
  return at == form.end() ? std::string() : at->second;
}

Reader reader_of(const HttpRequest& request, const Pages& pages) {
  if (const auto* chosen = language::look_up(form_field(request.query, "lang")))
    return {chosen, true};
  return {&language::choose(request.accept_language, pages.own_language()), false};
}

HttpResponse problem(const Pages& pages, const HttpRequest& request, int status, Problem what,
                     std::string_view error) {
  return request.json ? json_response(status, error_json(error))
                      : html_response(status, pages.problem(what, reader_of(request, pages)));
}

HttpResponse not_found(const Pages& pages, const HttpRequest& request) {
  return problem(pages, request, 404, Problem::not_found, "not-found");
}

HttpResponse limited(const Pages& pages, const HttpRequest& request, seconds retry) {
  HttpResponse out = problem(pages, request, 429, Problem::limited, "limited");
  out.fields.push_back(retry_after(retry));
  return out;
}

HttpResponse unavailable(const Pages& pages, const HttpRequest& request, seconds retry,
                         std::string_view error) {
  HttpResponse out = problem(pages, request, 503, Problem::unavailable, error);
  out.fields.push_back(retry_after(retry));
  return out;
}

}  // namespace countersign::challenge
