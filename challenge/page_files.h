// SPDX-License-Identifier: Apache-2.0
//
// The files of the pages: ours, which are part of the program, and a site's own in their place.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "challenge/http.h"

namespace countersign::challenge {

inline constexpr std::string_view kPageFile = "page.html";

struct PageText {
  std::string text;
  std::string path;  ///< where it came from, for messages
};

/// Returns all files by name; page.html and page.css are taken of `folder` where it has them ("":
/// none). Errors: unavailable (a file cannot be read).
Result<std::map<std::string, PageText>> page_texts(const std::string& folder);

/// What is served under /assets/. Not thread-safe while it is added to.
class PageFiles {
 public:
  /// Adds "page.css" as "page-HASH.css": its name changes with its content, so that it may be kept
  /// for ever.
  void add(const std::string& file, const std::string& content);
  /// Returns the path of "page.css" under `prefix`; "" if there is no such file.
  std::string link(const std::string& file, const std::string& prefix) const;
  /// By its name with hash; null if there is none.
  const HttpResponse* find(const std::string& name) const;
  /// By their names with hash.
  const std::map<std::string, HttpResponse>& all() const { return files_; }

 private:
  std::map<std::string, HttpResponse> files_;
  std::map<std::string, std::string> names_;  ///< file -> its name with hash
};

}  // namespace countersign::challenge
