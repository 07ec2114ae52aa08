// SPDX-License-Identifier: Apache-2.0
#include "challenge/pages.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/crypto.h"
#include "base/encoding.h"
#include "challenge/embedded.h"
#include "challenge/wording.h"

namespace countersign::challenge {
namespace {

const std::string kPage = "page.html";

/// Every name that a template may use; tests/unit/challenge/pages_test.cc shows that all are set.
const std::set<std::string, std::less<>>& names() {
  static const std::set<std::string, std::less<>> all = {
      "action",     "address",      "before",         "counting",      "css_file",
      "delivered",  "delivered_at", "delivered_form", "delivered_iso", "delivering",
      "early",      "failed",       "first_step",     "has_subject",   "icon_file",
      "kept",       "kept_iso",     "known",          "limited",       "may_wait",
      "no_address", "no_proof",     "not_found",      "noted",         "postmaster",
      "pow_file",   "refused",      "script_file",    "script_needed", "sent",
      "sent_iso",   "stamp",        "subject",        "title",         "to",
      "typed",      "unavailable",  "waiting",        "worker_file",   "wrong_address",
      "wrong_proof"};
  return all;
}

std::string type_of(std::string_view file) {
  if (file.ends_with(".css")) return "text/css; charset=utf-8";
  if (file.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (file.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

/// Returns the site's own file; nothing if there is none. Errors: unavailable.
Result<std::optional<std::string>> read_own(const std::string& folder, std::string_view file) {
  if (folder.empty()) return std::optional<std::string>();
  const std::string path = folder + "/" + std::string(file);
  const Error unreadable{Errc::unavailable, path + ": cannot be read, or is empty"};
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return std::optional<std::string>();
  if (!std::filesystem::is_regular_file(status)) return unreadable;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) return unreadable;
  return std::optional(text.str());
}

bool may_replace(std::string_view file) { return file == kPage || file == "page.css"; }

}  // namespace

Result<std::shared_ptr<const Pages>> Pages::load(const std::string& folder,
                                                 const std::string& prefix) {
  std::map<std::string, std::string> texts;
  std::string page_file = kPage;
  for (const EmbeddedFile& file : embedded_files()) {
    std::string& text = texts[std::string(file.name)];
    text = file.text;
    if (!may_replace(file.name)) continue;
    CS_ASSIGN(auto own, read_own(folder, file.name));
    if (!own) continue;
    text = *std::move(own);
    if (file.name == kPage) page_file = folder + "/" + kPage;
  }
  CS_ASSIGN(Template page, Template::parse(texts[kPage], page_file, names()));
  const auto pages = std::shared_ptr<Pages>(new Pages(prefix, std::move(page)));
  for (const auto& [file, text] : texts)
    if (file != kPage) pages->add_asset(file, text);
  return std::shared_ptr<const Pages>(pages);
}

void Pages::add_asset(const std::string& file, const std::string& text) {
  const auto dot = file.rfind('.');
  const std::string hash = hex_encode(sha256(text)).substr(0, 12);
  const std::string name = file.substr(0, dot) + "-" + hash + file.substr(dot);
  links_[file] = prefix_ + "/assets/" + name;
  assets_[name] = {
      200,
      type_of(file),
      text,
      {{"Cache-Control", "public, max-age=31536000, immutable"}, {"ETag", "\"" + hash + "\""}}};
}

const HttpResponse* Pages::asset(const std::string& name) const {
  const auto at = assets_.find(name);
  return at == assets_.end() ? nullptr : &at->second;
}

Values Pages::files() const {
  return {{"css_file", links_.at("page.css")},
          {"script_file", links_.at("page.js")},
          {"worker_file", links_.at("worker.js")},
          {"icon_file", links_.at("icon.svg")}};
}

Values Pages::waiting(const TokenView& view) const {
  const HeldView& held = view.held;
  Values out = files();
  out["title"] = "Your message is waiting";
  out["waiting"] = true;
  out["to"] = wording::list(held.recipients);
  out["postmaster"] = wording::postmaster(held.recipients);
  out["has_subject"] = !held.subject.empty();
  out["subject"] = held.subject;
  out["sent"] = wording::moment(held.arrived);
  out["sent_iso"] = rfc3339(held.arrived);
  out["kept"] = wording::day(held.expires);
  out["kept_iso"] = rfc3339(held.expires);
  out["action"] = path_of(view.token);
  const bool pow = view.offers(ProofKind::pow);
  const bool wait = view.offers(ProofKind::wait);
  out["pow_file"] = pow ? path_of(view.token) + "/pow" : std::string();
  out["may_wait"] = wait;
  out["script_needed"] = !wait;
  return out;
}

std::string Pages::message(const TokenView& view, WallTime now) const {
  if (view.state == ViewState::waiting) return page_.render(waiting(view));
  Values out = files();
  out["to"] = wording::list(view.held.recipients);
  out["action"] = path_of(view.token);
  switch (view.state) {
    case ViewState::waiting:
      break;
    case ViewState::delivering:
      out["title"] = "Thank you";
      out["delivering"] = true;
      break;
    case ViewState::delivered: {
      const bool recent = wording::is_recent(view.held.changed, now);
      out["title"] = "Delivered";
      out["delivered"] = true;
      out["delivered_at"] = wording::delivered(view.held.changed, now);
      out["delivered_iso"] = rfc3339(view.held.changed);
      out["delivered_form"] = std::string(recent ? "weekday" : "date");
      out["known"] = view.authenticated();
      break;
    }
    case ViewState::failed:
      out["title"] = "Not delivered";
      out["failed"] = true;
      out["postmaster"] = wording::postmaster(view.held.recipients);
      break;
  }
  return page_.render(out);
}

std::string Pages::again(const AnswerResult& result, const std::string& typed) const {
  Values out = waiting(result.view);
  const AnswerOutcome outcome = result.outcome;
  out["typed"] = typed;
  out["stamp"] = result.stamp;
  out["counting"] = !result.stamp.empty();
  out["first_step"] = outcome == AnswerOutcome::first_step;
  out["early"] = outcome == AnswerOutcome::early;
  out["no_address"] = outcome == AnswerOutcome::no_address;
  out["wrong_address"] = outcome == AnswerOutcome::wrong_address;
  out["no_proof"] = outcome == AnswerOutcome::no_proof;
  out["wrong_proof"] = outcome == AnswerOutcome::wrong_proof;
  out["noted"] = outcome != AnswerOutcome::first_step;
  return page_.render(out);
}

std::string Pages::problem(Problem problem) const {
  Values out = files();
  switch (problem) {
    case Problem::not_found:
      out["title"] = "Nothing is waiting here";
      out["not_found"] = true;
      break;
    case Problem::limited:
      out["title"] = "Please try again later";
      out["limited"] = true;
      break;
    case Problem::unavailable:
      out["title"] = "Please try again in a minute";
      out["unavailable"] = true;
      break;
    case Problem::refused:
      out["title"] = "That did not work";
      out["refused"] = true;
      break;
  }
  return page_.render(out);
}

}  // namespace countersign::challenge
