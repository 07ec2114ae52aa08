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
      "action",      "address",       "another_code",  "answered",
      "before",      "by_mail",       "changed_at",    "changed_form",
      "changed_iso", "code_gone",     "code_id",       "code_image",
      "code_sound",  "confirm",       "contact",       "counting",
      "css_file",    "days",          "deferred_copy", "delivered",
      "delivering",  "early",         "expired",       "failed",
      "first_step",  "has_changed",   "has_code",      "has_subject",
      "hint",        "hinted",        "icon_file",     "kept",
      "kept_copy",   "kept_iso",      "known",         "limited",
      "may_wait",    "no_address",    "no_code_left",  "no_proof",
      "no_way",      "not_found",     "not_me",        "not_me_action",
      "noted",       "operator",      "postmaster",    "pow_file",
      "refused",     "refused_copy",  "retract",       "retract_action",
      "script_file", "script_needed", "sent",          "sent_iso",
      "stamp",       "subject",       "title",         "to",
      "typed",       "typed_code",    "unavailable",   "waiting",
      "why",         "why_file",      "withdraw",      "withdraw_action",
      "withdrawn",   "worker_file",   "wrong_address", "wrong_code",
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

void set_copy(Values& out, Copy copy) {
  out["kept_copy"] = copy == Copy::kept;
  out["refused_copy"] = copy == Copy::refused;
  out["deferred_copy"] = copy == Copy::deferred;
}

bool may_replace(std::string_view file) { return file == kPage || file == "page.css"; }

}  // namespace

Result<std::shared_ptr<const Pages>> Pages::load(const std::string& folder,
                                                 const std::string& prefix, const About& about) {
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
  const auto pages = std::shared_ptr<Pages>(new Pages(prefix, std::move(page), about));
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
          {"icon_file", links_.at("icon.svg")},
          {"why_file", prefix_ + "/why"}};
}

/// What all pages of a message say of it.
Values Pages::of_message(const TokenView& view) const {
  const HeldView& held = view.held;
  Values out = files();
  set_copy(out, held.copy);
  out["to"] = wording::list(held.recipients);
  out["postmaster"] = wording::postmaster(held.recipients);
  out["has_subject"] = !held.subject.empty();
  out["subject"] = held.subject;
  out["sent"] = wording::moment(held.arrived);
  out["sent_iso"] = rfc3339(held.arrived);
  out["kept"] = wording::day(held.expires);
  out["kept_iso"] = rfc3339(held.expires);
  out["action"] = path_of(view.token);
  return out;
}

Values Pages::waiting(const TokenView& view, const std::string& code_id) const {
  Values out = of_message(view);
  out["title"] = std::string(wording::kWaiting);
  out["waiting"] = true;
  out["by_mail"] = view.held.by_mail;
  out["withdraw_action"] = path_of(view.token) + "/withdraw";
  out["not_me_action"] = path_of(view.token) + "/not-me";
  const bool pow = view.offers(ProofKind::pow);
  const bool wait = view.offers(ProofKind::wait);
  const bool code = view.offers(ProofKind::code);
  out["pow_file"] = pow ? path_of(view.token) + "/pow" : std::string();
  out["may_wait"] = wait;
  out["script_needed"] = pow && !wait && !code;
  out["no_way"] = !pow && !wait && !code;
  out["has_code"] = !code_id.empty();
  out["code_gone"] = code && code_id.empty();
  out["code_id"] = code_id;
  out["code_image"] = image_of(view.token, code_id);
  out["code_sound"] = sound_of(view.token, code_id);
  return out;
}

std::string Pages::message(const TokenView& view, const std::string& code_id, WallTime now) const {
  if (view.state == ViewState::waiting) return page_.render(waiting(view, code_id));
  Values out = of_message(view);
  const bool recent = wording::is_recent(view.held.changed, now);
  out["changed_at"] = wording::delivered(view.held.changed, now);
  out["changed_iso"] = rfc3339(view.held.changed);
  out["changed_form"] = std::string(recent ? "weekday" : "date");
  switch (view.state) {
    case ViewState::waiting:
      break;
    case ViewState::delivering:
      out["title"] = std::string(wording::kDelivering);
      out["delivering"] = true;
      break;
    case ViewState::delivered:
      out["title"] = std::string(wording::kDelivered);
      out["delivered"] = true;
      out["known"] = view.authenticated();
      break;
    case ViewState::answered:
      out["title"] = "Thank you";
      out["answered"] = true;
      out["known"] = view.authenticated();
      break;
    case ViewState::failed:
      out["title"] = std::string(wording::kFailed);
      out["failed"] = true;
      break;
    case ViewState::withdrawn:
      out["title"] = std::string(wording::kWithdrawn);
      out["withdrawn"] = true;
      // While the request is under way, nobody knows the time yet.
      out["has_changed"] = view.held.state == HeldState::withdrawn;
      break;
    case ViewState::expired:
      out["title"] = std::string(wording::kExpired);
      out["expired"] = true;
      break;
  }
  return page_.render(out);
}

std::string Pages::again(const AnswerResult& result, const Answer& typed) const {
  Values out = waiting(result.view, result.code_id);
  const AnswerOutcome outcome = result.outcome;
  out["typed"] = typed.address;
  // What was typed for another code is of no use for this one.
  out["typed_code"] = typed.code_id == result.code_id ? typed.code : std::string();
  out["stamp"] = result.stamp;
  const bool counting = !result.stamp.empty();
  out["counting"] = counting;
  // Who has begun to wait is not asked for digits, too.
  if (counting) out["has_code"] = out["code_gone"] = false;
  out["hint"] = result.hint;
  out["hinted"] = !result.hint.empty();
  out["first_step"] = outcome == AnswerOutcome::first_step;
  out["early"] = outcome == AnswerOutcome::early;
  out["no_address"] = outcome == AnswerOutcome::no_address;
  out["wrong_address"] = outcome == AnswerOutcome::wrong_address;
  out["no_proof"] = outcome == AnswerOutcome::no_proof;
  out["wrong_proof"] = outcome == AnswerOutcome::wrong_proof;
  out["wrong_code"] = outcome == AnswerOutcome::wrong_code;
  out["no_code_left"] = outcome == AnswerOutcome::no_code_left;
  out["another_code"] = outcome == AnswerOutcome::another_code;
  const bool noted = outcome != AnswerOutcome::first_step && outcome != AnswerOutcome::another_code;
  out["noted"] = noted;
  if (noted) out["title"] = std::string(wording::kAgain);
  if (outcome == AnswerOutcome::no_code_left) out["code_gone"] = false;
  return page_.render(out);
}

std::string Pages::retract(Retraction what, const TokenView& view) const {
  return retract(what, RetractResult{RetractOutcome::already, view, {}, {}}, "");
}

std::string Pages::retract(Retraction what, const RetractResult& result,
                           const std::string& typed) const {
  Values out = of_message(result.view);
  const bool withdraw = what == Retraction::withdraw;
  out["title"] = std::string(withdraw ? wording::kWithdraw : wording::kNotMe);
  out["retract"] = true;
  out["withdraw"] = withdraw;
  out["not_me"] = !withdraw;
  out["retract_action"] =
      path_of(result.view.token) + "/" + std::string(word(kRetractionWords, what));
  out["typed"] = typed;
  out["stamp"] = result.stamp;
  out["confirm"] = result.outcome == RetractOutcome::confirm;
  out["wrong_address"] = result.outcome == RetractOutcome::wrong_address;
  out["no_address"] = result.outcome == RetractOutcome::no_address;
  out["noted"] = result.outcome == RetractOutcome::wrong_address ||
                 result.outcome == RetractOutcome::no_address;
  return page_.render(out);
}

std::string Pages::why() const {
  Values out = files();
  out["title"] = std::string(wording::kWhy);
  out["why"] = true;
  out["operator"] = about_.operated_by.empty() ? about_.host : about_.operated_by;
  out["contact"] = about_.contact.empty() ? std::string(wording::kAskPostmaster) : about_.contact;
  out["days"] = std::to_string(about_.days);
  return page_.render(out);
}

std::string Pages::problem(Problem problem) const {
  Values out = files();
  switch (problem) {
    case Problem::not_found:
      out["title"] = std::string(wording::kNotFound);
      out["not_found"] = true;
      break;
    case Problem::limited:
      out["title"] = std::string(wording::kLimited);
      out["limited"] = true;
      break;
    case Problem::unavailable:
      out["title"] = std::string(wording::kUnavailable);
      out["unavailable"] = true;
      break;
    case Problem::refused:
      out["title"] = std::string(wording::kRefused);
      out["refused"] = true;
      break;
  }
  return page_.render(out);
}

}  // namespace countersign::challenge
