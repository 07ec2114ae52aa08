// SPDX-License-Identifier: Apache-2.0
//
// The responses of a site, as pages and as JSON, and to whom they speak. Pure, thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "challenge/http.h"
#include "challenge/pages.h"

namespace countersign::challenge {

HeaderField retry_after(seconds time);
HttpResponse json_response(int status, std::string body);
HttpResponse html_response(int status, std::string body);

/// Returns a field of a form, or of a query; "" if there is none.
std::string form_field(const std::map<std::string, std::string>& form, const std::string& name);

/// Who reads: the language that a link of the page names, else the best that the browser asks for.
Reader reader_of(const HttpRequest& request, const Pages& pages);

/// A page that has no message to show; as JSON its `error` alone.
HttpResponse problem(const Pages& pages, const HttpRequest& request, int status, Problem what,
                     std::string_view error);
HttpResponse not_found(const Pages& pages, const HttpRequest& request);
/// 429 (RFC 6585 §4): the next try is taken after `retry`.
HttpResponse limited(const Pages& pages, const HttpRequest& request, seconds retry);
/// 503: the same.
HttpResponse unavailable(const Pages& pages, const HttpRequest& request, seconds retry,
                         std::string_view error);

}  // namespace countersign::challenge
