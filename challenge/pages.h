// SPDX-License-Identifier: Apache-2.0
//
// The pages: what a view of a held message becomes as HTML, and the files that the pages load. All
// wording is in assets/page.html, which a site may replace. Immutable, thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "answering/answer.h"
#include "answering/views.h"
#include "base/clock.h"
#include "base/result.h"
#include "challenge/http.h"
#include "challenge/templates.h"

namespace countersign::challenge {

/// What a page says that has no message to show.
enum class Problem { not_found, limited, unavailable, refused };

class Pages {
 public:
  /// Takes page.html and page.css from `folder` where it has them ("": none), else our own.
  /// `prefix`: the path of base_url, under which all links are ("" or "/gate").
  /// Errors: unavailable (a file cannot be read), invalid ("FILE:LINE: ...", see Template::parse).
  static Result<std::shared_ptr<const Pages>> load(const std::string& folder,
                                                   const std::string& prefix);

  /// The page of a message: the form, or how it stands. `now` is for what "Monday" means.
  std::string message(const TokenView& view, WallTime now) const;
  /// The form after an answer that was not taken, with what was typed.
  std::string again(const AnswerResult& result, const std::string& typed) const;
  std::string problem(Problem problem) const;

  /// Returns a file under /assets/, or nothing. Its name changes with its content, so that it may
  /// be kept for ever.
  const HttpResponse* asset(const std::string& name) const;

  /// The path of a message's page: "/c/TOKEN" under the prefix.
  std::string path_of(const std::string& token) const { return prefix_ + "/c/" + token; }

 private:
  Pages(std::string prefix, Template page) : prefix_(std::move(prefix)), page_(std::move(page)) {}

  Values files() const;
  Values waiting(const TokenView& view) const;
  void add_asset(const std::string& file, const std::string& text);

  const std::string prefix_;
  const Template page_;
  std::map<std::string, HttpResponse> assets_;  ///< by name with hash
  std::map<std::string, std::string> links_;    ///< file -> path
};

}  // namespace countersign::challenge
