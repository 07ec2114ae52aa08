// SPDX-License-Identifier: Apache-2.0
#include "base/http_get.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace countersign {
namespace {

constexpr std::size_t kMostBody = 65536;

std::size_t take(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  const std::size_t all = size * count;
  body.append(bytes, std::min(all, kMostBody - std::min(body.size(), kMostBody)));
  return all;
}

}  // namespace

HttpGot http_get(const std::string& url, int redirects, Deadline deadline) {
  HttpGot got;
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) {
    got.failure = "libcurl does not start";
    return got;
  }
  const auto set = [&](CURLoption option, auto value) {
    curl_easy_setopt(curl.get(), option, value);
  };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, redirects > 0 ? 1L : 0L);
  set(CURLOPT_MAXREDIRS, static_cast<long>(redirects));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max(1, poll_timeout(deadline))));
  set(CURLOPT_WRITEFUNCTION, take);
  set(CURLOPT_WRITEDATA, &got.body);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) {
    curl_off_t looked_up = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_NAMELOOKUP_TIME_T, &looked_up);
    got.no_address =
        code == CURLE_COULDNT_RESOLVE_HOST || (code == CURLE_OPERATION_TIMEDOUT && looked_up == 0);
    got.failure = curl_easy_strerror(code);
    return got;
  }
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &got.status);
  return got;
}

}  // namespace countersign
