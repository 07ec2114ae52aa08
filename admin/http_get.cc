// SPDX-License-Identifier: Apache-2.0
#include "admin/http_get.h"

#include "base/http_get.h"

namespace countersign::admin {

Result<HttpAnswer> http_get(const std::string& url, Deadline deadline) {
  HttpGot got = countersign::http_get(url, 3, deadline);
  if (!got.failure.empty()) return Error{Errc::unavailable, std::move(got.failure)};
  return HttpAnswer{got.status, std::move(got.body)};
}

}  // namespace countersign::admin
