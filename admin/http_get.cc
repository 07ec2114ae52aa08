// SPDX-License-Identifier: Apache-2.0
#include "admin/http_get.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace countersign::admin {
namespace {

constexpr std::size_t kBodyMost = 65536;

std::size_t take(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  const std::size_t all = size * count;
  body.append(bytes, std::min(all, kBodyMost - std::min(body.size(), kBodyMost)));
  return all;
}

}  // namespace

Result<HttpAnswer> http_get(const std::string& url, Deadline deadline) {
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return Error{Errc::unavailable, "libcurl does not start"};
  HttpAnswer answer;
  const long time = std::max(1, poll_timeout(deadline));
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, time);
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK)
    return Error{Errc::unavailable, curl_easy_strerror(code)};
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

}  // namespace countersign::admin
