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
#include "answering/retract.h"
#include "answering/views.h"
#include "base/clock.h"
#include "base/result.h"
#include "challenge/http.h"
#include "challenge/templates.h"

namespace countersign::challenge {

/// What a page says that has no message to show.
enum class Problem { not_found, limited, unavailable, refused };

/// What /why says of the site.
struct About {
  std::string operated_by = "";  ///< "": the host of base_url
  std::string contact = "";      ///< whom to phone or write; "": the recipient's postmaster
  std::string host = "";         ///< of base_url
  int days = 30;                 ///< how long a message is kept
};

class Pages {
 public:
  /// Takes page.html and page.css from `folder` where it has them ("": none), else our own.
  /// `prefix`: the path of base_url, under which all links are ("" or "/gate").
  /// Errors: unavailable (a file cannot be read), invalid ("FILE:LINE: ...", see Template::parse).
  static Result<std::shared_ptr<const Pages>> load(const std::string& folder,
                                                   const std::string& prefix,
                                                   const About& about = {});

  /// The page of a message: the form, or how it stands. `code_id`: of the code to show; "" if there
  /// is none now. `now` is for what "Monday" means.
  std::string message(const TokenView& view, const std::string& code_id, WallTime now) const;
  /// The form after an answer that was not taken, with what was typed.
  std::string again(const AnswerResult& result, const Answer& typed) const;
  /// The form by which a message is taken back, before its first step, or after a step.
  std::string retract(Retraction what, const TokenView& view) const;
  std::string retract(Retraction what, const RetractResult& result, const std::string& typed) const;
  /// Who runs this, what is kept, and whom to ask.
  std::string why() const;
  std::string problem(Problem problem) const;

  /// Returns a file under /assets/, or nothing. Its name changes with its content, so that it may
  /// be kept for ever.
  const HttpResponse* asset(const std::string& name) const;

  /// The path of a message's page: "/c/TOKEN" under the prefix.
  std::string path_of(const std::string& token) const { return prefix_ + "/c/" + token; }
  /// The paths of a code's image and sound.
  std::string image_of(const std::string& token, const std::string& code_id) const {
    return path_of(token) + "/code.png?id=" + code_id;
  }
  std::string sound_of(const std::string& token, const std::string& code_id) const {
    return path_of(token) + "/code.wav?id=" + code_id;
  }

 private:
  Pages(std::string prefix, Template page, About about)
      : prefix_(std::move(prefix)), page_(std::move(page)), about_(std::move(about)) {}

  Values files() const;
  Values of_message(const TokenView& view) const;
  Values waiting(const TokenView& view, const std::string& code_id) const;
  void add_asset(const std::string& file, const std::string& text);

  const std::string prefix_;
  const Template page_;
  const About about_;
  std::map<std::string, HttpResponse> assets_;  ///< by name with hash
  std::map<std::string, std::string> links_;    ///< file -> path
};

}  // namespace countersign::challenge
