// SPDX-License-Identifier: Apache-2.0
//
// One HTTP GET, to ask our own page whether it is well.
#pragma once

#include <string>

#include "admin/tools.h"

namespace countersign::admin {

/// http and https only, at most three redirects are followed. Errors: unavailable (detail:
/// libcurl's words).
Result<HttpAnswer> http_get(const std::string& url, Deadline deadline);

}  // namespace countersign::admin
