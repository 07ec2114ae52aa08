// SPDX-License-Identifier: Apache-2.0
#include "challenge/pages.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "base/crypto.h"
#include "base/encoding.h"
#include "challenge/embedded.h"
#include "challenge/translation.h"
#include "challenge/wording.h"
#include "language/spoken.h"
#include "mail/shown_address.h"

namespace countersign::challenge {
namespace {

const std::string kPage = "page.html";

/// Every name that a template may use; tests/unit/challenge/pages_test.cc shows that all are set.
const std::set<std::string, std::less<>>& names() {
  static const std::set<std::string, std::less<>> all = {
      "about_texts",  "accent_file",   "action",       "address",         "another_code",
      "answered",     "before",        "by_mail",      "changed_at",      "changed_form",
      "changed_iso",  "code_gone",     "code_id",      "code_image",      "code_sound",
      "confirm",      "contact",       "counting",     "css_file",        "date_form",
      "day_form",     "day_names",     "declined_by",  "deferred_copy",   "delivered",
      "delivering",   "dir",           "early",        "expired",         "failed",
      "first_step",   "has_accent",    "has_brand",    "has_changed",     "has_code",
      "has_declined", "has_logo",      "has_name",     "has_refused",     "has_subject",
      "hint",         "hinted",        "icon_file",    "in_part",         "kept",
      "kept_copy",    "kept_iso",      "kept_message", "known",           "lang",
      "language",     "languages",     "limited",      "logo_file",       "may_wait",
      "moment_form",  "month_names",   "name",         "no_address",      "no_code_left",
      "no_proof",     "no_way",        "not_found",    "not_me",          "not_me_action",
      "noted",        "operator",      "postmaster",   "pow_file",        "reached",
      "refused",      "refused_by",    "refused_copy", "retract",         "retract_action",
      "script_file",  "script_needed", "sent",         "sent_iso",        "site_name",
      "stamp",        "subject",       "tag",          "title",           "to",
      "typed",        "typed_code",    "unavailable",  "waiting",         "weekday_form",
      "why",          "why_file",      "withdraw",     "withdraw_action", "withdrawn",
      "worker_file",  "wrong_address", "wrong_code",   "wrong_proof"};
  return all;
}

/// Those to whom a message that is under way still goes.
std::vector<std::string> still_wanted(const HeldView& held) {
  const auto declined = held.recipients_who(RecipientState::declined);
  std::vector<std::string> out;
  std::ranges::copy_if(held.recipients, std::back_inserter(out), [&](const std::string& recipient) {
    return std::ranges::find(declined, recipient) == declined.end();
  });
  return out;
}

std::string type_of(std::string_view file) {
  if (file.ends_with(".css")) return "text/css; charset=utf-8";
  if (file.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (file.ends_with(".svg")) return "image/svg+xml";
  if (file.ends_with(".png")) return "image/png";
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
  const auto pages = std::shared_ptr<Pages>(new Pages(prefix, about));
  for (const language::Catalogue& in : language::catalogues()) {
    CS_ASSIGN(const std::string text, translated(texts[kPage], page_file, in));
    CS_ASSIGN(Template page, Template::parse(text, page_file, names()));
    pages->pages_.emplace(in.tag(), std::move(page));
  }
  for (const auto& [file, text] : texts)
    if (file != kPage) pages->add_asset(file, text);
  return std::shared_ptr<const Pages>(pages);
}

Result<std::shared_ptr<const Pages>> Pages::branded(const Brand& brand, const std::string& prefix,
                                                    const About& about) const {
  const auto out = std::make_shared<Pages>(*this);
  if (prefix != prefix_)
    for (auto& [file, link] : out->links_) link = prefix + link.substr(prefix_.size());
  out->prefix_ = prefix;
  out->about_ = about;
  out->name_ = brand.name;
  if (const auto* own = language::find_catalogue(brand.language)) out->own_language_ = own;
  if (!brand.accent.empty()) out->add_asset("accent.css", accent_css(brand.accent));
  if (!brand.logo.empty()) {
    CS_ASSIGN(const Logo logo, load_logo(brand.logo));
    out->add_asset(logo.file, logo.bytes);
    out->links_["logo"] = out->links_[logo.file];
  }
  return std::shared_ptr<const Pages>(out);
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

/// What every page has.
Values Pages::frame(const Reader& reader) const {
  const language::Catalogue& in = *reader.in;
  std::vector<Texts> languages;
  for (const language::Catalogue& other : language::catalogues())
    languages.push_back({{"tag", std::string(other.tag())}, {"name", std::string(other.name())}});
  const auto form = [&](language::TimeForm kind) {
    return std::string(language::form_of_time(kind, in));
  };
  const auto link = [&](const char* file) {
    const auto at = links_.find(file);
    return at == links_.end() ? std::string() : at->second;
  };
  return {{"site_name", name_},
          {"has_name", !name_.empty()},
          {"has_brand", !name_.empty() || !link("logo").empty()},
          {"has_logo", !link("logo").empty()},
          {"logo_file", link("logo")},
          {"has_accent", !link("accent.css").empty()},
          {"accent_file", link("accent.css")},
          {"lang", std::string(in.tag())},
          {"dir", std::string(in.direction())},
          {"language", std::string(in.name())},
          {"languages", std::move(languages)},
          {"day_names", std::string(language::day_names(in))},
          {"month_names", std::string(language::month_names(in))},
          {"moment_form", form(language::TimeForm::moment)},
          {"weekday_form", form(language::TimeForm::weekday)},
          {"date_form", form(language::TimeForm::date)},
          {"day_form", form(language::TimeForm::day)},
          {"css_file", links_.at("page.css")},
          {"script_file", links_.at("page.js")},
          {"worker_file", links_.at("worker.js")},
          {"icon_file", links_.at("icon.svg")},
          {"why_file", prefix_ + "/why" + reader.query()}};
}

std::string Pages::render(Values values, std::string_view title, const Reader& reader) const {
  values["title"] = std::string(title);
  return pages_.find(reader.in->tag())->second.render(values);
}

/// What all pages of a message say of it.
Values Pages::of_message(const TokenView& view, const Reader& reader) const {
  const HeldView& held = view.held;
  Values out = frame(reader);
  set_copy(out, held.copy);
  out["to"] = wording::list(held.recipients, *reader.in);
  out["postmaster"] = shown_address(wording::postmaster(held.recipients));
  out["has_subject"] = !held.subject.empty();
  out["subject"] = held.subject;
  out["sent"] = wording::moment(held.sent_or_arrived(), *reader.in);
  out["sent_iso"] = rfc3339(held.sent_or_arrived());
  out["kept"] = wording::day(held.expires, *reader.in);
  out["kept_iso"] = rfc3339(held.expires);
  out["action"] = path_of(view.token, reader);
  return out;
}

Values Pages::waiting(const TokenView& view, const std::string& code_id,
                      const Reader& reader) const {
  Values out = of_message(view, reader);
  out["waiting"] = true;
  out["about_texts"] = wording::about_texts(*reader.in);
  out["by_mail"] = view.held.by_mail;
  out["withdraw_action"] = path_of(view.token) + "/withdraw" + reader.query();
  out["not_me_action"] = path_of(view.token) + "/not-me" + reader.query();
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
  out["code_sound"] = sound_of(view.token, code_id, reader);
  return out;
}

std::string Pages::message(const TokenView& view, const std::string& code_id, WallTime now,
                           const Reader& reader) const {
  const language::Catalogue& in = *reader.in;
  if (view.state == ViewState::waiting)
    return render(waiting(view, code_id, reader), in.say("Your message is waiting"), reader);
  Values out = of_message(view, reader);
  const bool recent = wording::is_recent(view.held.changed, now);
  out["changed_at"] = wording::delivered(view.held.changed, now, in);
  out["changed_iso"] = rfc3339(view.held.changed);
  out["changed_form"] = std::string(recent ? "weekday" : "date");
  const auto page = [&](const char* section, std::string_view title) {
    out[section] = true;
    return render(out, title, reader);
  };
  switch (view.state) {
    case ViewState::waiting:
    case ViewState::delivering:
      out["to"] = wording::list(still_wanted(view.held), in);
      return page("delivering", in.say("Thank you"));
    case ViewState::delivered:
      out["known"] = view.authenticated() && view.held.answered;
      return page("delivered", in.say("Delivered"));
    case ViewState::answered:
      out["known"] = view.authenticated();
      return page("answered", in.say("Thank you"));
    case ViewState::failed:
      return failed(view, std::move(out), reader);
    case ViewState::withdrawn:
      // While the request is under way, nobody knows the time yet.
      out["has_changed"] = view.held.state == HeldState::withdrawn;
      return page("withdrawn", in.say("Taken back"));
    case ViewState::expired:
      break;
  }
  return page("expired", in.say("Not delivered in time"));
}

std::string Pages::failed(const TokenView& view, Values out, const Reader& reader) const {
  const language::Catalogue& in = *reader.in;
  const auto reached = view.held.recipients_who(RecipientState::taken);
  const auto refused = view.held.recipients_who(RecipientState::refused);
  const auto declined = view.held.recipients_who(RecipientState::declined);
  out["failed"] = true;
  out["in_part"] = !reached.empty();
  out["reached"] = wording::list(reached, in);
  out["has_refused"] = !refused.empty();
  out["refused_by"] = wording::list(refused, in);
  if (!refused.empty()) out["postmaster"] = shown_address(wording::postmaster(refused));
  out["has_declined"] = !declined.empty();
  out["declined_by"] = wording::list(declined, in);
  return render(out, reached.empty() ? in.say("Not delivered") : in.say("Delivered in part"),
                reader);
}

std::string Pages::again(const AnswerResult& result, const Answer& typed,
                         const Reader& reader) const {
  Values out = waiting(result.view, result.code_id, reader);
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
  if (outcome == AnswerOutcome::no_code_left) out["code_gone"] = false;
  const language::Catalogue& in = *reader.in;
  return render(out,
                noted ? in.say("Your message is waiting: please try again")
                      : in.say("Your message is waiting"),
                reader);
}

std::string Pages::retract(Retraction what, const TokenView& view, const Reader& reader) const {
  return retract(what, RetractResult{RetractOutcome::already, view, {}, {}}, "", reader);
}

std::string Pages::retract(Retraction what, const RetractResult& result, const std::string& typed,
                           const Reader& reader) const {
  Values out = of_message(result.view, reader);
  const bool withdraw = what == Retraction::withdraw;
  out["retract"] = true;
  out["withdraw"] = withdraw;
  out["not_me"] = !withdraw;
  out["retract_action"] =
      path_of(result.view.token) + "/" + std::string(word(kRetractionWords, what)) + reader.query();
  out["typed"] = typed;
  out["stamp"] = result.stamp;
  out["confirm"] = result.outcome == RetractOutcome::confirm;
  out["wrong_address"] = result.outcome == RetractOutcome::wrong_address;
  out["no_address"] = result.outcome == RetractOutcome::no_address;
  out["noted"] = result.outcome == RetractOutcome::wrong_address ||
                 result.outcome == RetractOutcome::no_address;
  const language::Catalogue& in = *reader.in;
  return render(
      out, withdraw ? in.say("Take your message back?") : in.say("Did you not send this?"), reader);
}

std::string Pages::why(const Reader& reader) const {
  const language::Catalogue& in = *reader.in;
  Values out = frame(reader);
  out["why"] = true;
  out["operator"] = about_.operated_by.empty() ? about_.host : about_.operated_by;
  out["contact"] = about_.contact;
  if (about_.contact.empty())
    out["contact"] = std::string(
        in.say("The postmaster of the address that you wrote to: postmaster@, and then what stands "
               "behind the @ of that address."));
  out["kept_message"] = in.count(
      "Your message with its addresses and the time it came: until it is delivered or its "
      "recipient drops it, at most {n} day.",
      "Your message with its addresses and the time it came: until it is delivered or its "
      "recipient drops it, at most {n} days.",
      static_cast<unsigned long>(about_.days));
  return render(out, in.say("Why you are asked"), reader);
}

std::string Pages::problem(Problem problem, const Reader& reader) const {
  const language::Catalogue& in = *reader.in;
  Values out = frame(reader);
  switch (problem) {
    case Problem::not_found:
      out["not_found"] = true;
      return render(out, in.say("Nothing is waiting here"), reader);
    case Problem::limited:
      out["limited"] = true;
      return render(out, in.say("Please try again later"), reader);
    case Problem::unavailable:
      out["unavailable"] = true;
      return render(out, in.say("Please try again in a minute"), reader);
    case Problem::refused:
      break;
  }
  out["refused"] = true;
  return render(out, in.say("That did not work"), reader);
}

}  // namespace countersign::challenge
