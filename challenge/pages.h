// SPDX-License-Identifier: Apache-2.0
//
// The pages: what a view of a held message becomes as HTML, in the reader's language, and the files
// that the pages load. All wording is in assets/page.html, which a site may replace, and po/.
// Immutable, thread-safe.
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
#include "challenge/brand.h"
#include "challenge/http.h"
#include "challenge/page_files.h"
#include "challenge/templates.h"
#include "language/choice.h"

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

/// Who reads a page: in which language, and whether he chose it himself. A choice is remembered in
/// the links of the page (?lang=de), without a cookie.
struct Reader {
  const language::Catalogue* in = &language::english();
  bool chose = false;

  /// "?lang=de", or "".
  std::string query() const { return chose ? "?lang=" + std::string(in->tag()) : ""; }
};

class Pages {
 public:
  /// Takes page.html and page.css from `folder` where it has them ("": none), else our own.
  /// `prefix`: the path of base_url, under which all links are ("" or "/gate").
  /// Errors: unavailable (a file cannot be read), invalid ("FILE:LINE: ...", see Template::parse).
  static Result<std::shared_ptr<const Pages>> load(const std::string& folder,
                                                   const std::string& prefix,
                                                   const About& about = {});

  /// The same pages for a site of its own look and address. Errors: as load_logo().
  Result<std::shared_ptr<const Pages>> branded(const Brand& brand, const std::string& prefix,
                                               const About& about) const;
  /// The language for readers who ask for none that we speak.
  const language::Catalogue& own_language() const { return *own_language_; }
  /// All files by name, under /assets/.
  const std::map<std::string, HttpResponse>& assets() const { return files_.all(); }

  /// The page of a message: the form, or how it stands. `code_id`: of the code to show; "" if there
  /// is none now. `now` is for what "Monday" means.
  std::string message(const TokenView& view, const std::string& code_id, WallTime now,
                      const Reader& reader = {}) const;
  /// The form after an answer that was not taken, with what was typed.
  std::string again(const AnswerResult& result, const Answer& typed,
                    const Reader& reader = {}) const;
  /// The form by which a message is taken back, before its first step, or after a step.
  std::string retract(Retraction what, const TokenView& view, const Reader& reader = {}) const;
  std::string retract(Retraction what, const RetractResult& result, const std::string& typed,
                      const Reader& reader = {}) const;
  /// Who runs this, what is kept, and whom to ask.
  std::string why(const Reader& reader = {}) const;
  std::string problem(Problem problem, const Reader& reader = {}) const;

  /// Returns a file under /assets/, or nothing. Its name changes with its content, so that it may
  /// be kept for ever.
  const HttpResponse* asset(const std::string& name) const { return files_.find(name); }

  /// The path of a message's page: "/c/TOKEN" under the prefix.
  std::string path_of(const std::string& token) const { return prefix_ + "/c/" + token; }
  /// The same for a reader, whose choice of a language it keeps.
  std::string path_of(const std::string& token, const Reader& reader) const {
    return path_of(token) + reader.query();
  }
  /// The paths of a code's image, and of its sound, in the language that the reader chose.
  std::string image_of(const std::string& token, const std::string& code_id) const {
    return path_of(token) + "/code.png?id=" + code_id;
  }
  std::string sound_of(const std::string& token, const std::string& code_id,
                       const Reader& reader = {}) const {
    const std::string chosen = reader.chose ? "&lang=" + std::string(reader.in->tag()) : "";
    return path_of(token) + "/code.wav?id=" + code_id + chosen;
  }

 private:
  Pages(std::string prefix, About about) : prefix_(std::move(prefix)), about_(std::move(about)) {}

  void set_frame();
  Values of_message(const TokenView& view, const Reader& reader) const;
  std::string taken_back(const TokenView& view, Values out, const Reader& reader) const;
  std::string failed(const TokenView& view, Values out, const Reader& reader) const;
  Values waiting(const TokenView& view, const std::string& code_id, const Reader& reader) const;
  std::string render(Values values, std::string_view title, const Reader& reader) const;

  std::string prefix_;
  std::map<std::string, Template, std::less<>> pages_;  ///< by tag of language
  Values frame_;                                        ///< what all pages of this site have
  About about_;
  std::string name_;  ///< of the site; "": none
  std::string logo_;  ///< its file; "": none
  const language::Catalogue* own_language_ = &language::english();
  PageFiles files_;
};

}  // namespace countersign::challenge
