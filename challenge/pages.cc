// SPDX-License-Identifier: Apache-2.0
#include "challenge/pages.h"

#include <algorithm>
#include <iterator>

#include "challenge/page_names.h"
#include "challenge/translation.h"
#include "challenge/wording.h"
#include "language/spoken.h"
#include "mail/shown_address.h"

namespace countersign::challenge {
namespace {

void set_copy(Values& out, Copy copy) {
  out.set("kept_copy", copy == Copy::kept);
  out.set("refused_copy", copy == Copy::refused);
  out.set("deferred_copy", copy == Copy::deferred);
}

/// What every page has, in one language: the same for all sites and readers.
Values texts_of_language(const language::Catalogue& in) {
  std::vector<Texts> languages;
  for (const language::Catalogue& other : language::catalogues())
    languages.push_back({{"tag", std::string(other.tag())}, {"name", std::string(other.name())}});
  const auto form = [&](language::TimeForm kind) {
    return std::string(language::form_of_time(kind, in));
  };
  return {{"lang", std::string(in.tag())},
          {"dir", std::string(in.direction())},
          {"language", std::string(in.name())},
          {"languages", std::move(languages)},
          {"day_names", std::string(language::day_names(in))},
          {"month_names", std::string(language::month_names(in))},
          {"moment_form", form(language::TimeForm::moment)},
          {"weekday_form", form(language::TimeForm::weekday)},
          {"date_form", form(language::TimeForm::date)},
          {"day_form", form(language::TimeForm::day)},
          {"about_texts", wording::about_texts(in)}};
}

}  // namespace

Result<std::shared_ptr<const Pages>> Pages::load(const std::string& folder,
                                                 const std::string& prefix, const About& about) {
  CS_ASSIGN(const auto texts, page_texts(folder));
  const PageText& page = texts.at(std::string(kPageFile));
  const auto pages = std::shared_ptr<Pages>(new Pages(prefix, about));
  for (const language::Catalogue& in : language::catalogues()) {
    CS_ASSIGN(const std::string text, translated(page.text, page.path, in));
    CS_ASSIGN(const Template parsed, Template::parse(text, page.path, is_page_name));
    pages->pages_.emplace(in.tag(), parsed.with(texts_of_language(in)));
  }
  for (const auto& [file, text] : texts)
    if (file != kPageFile) pages->files_.add(file, text.text);
  pages->set_frame();
  return std::shared_ptr<const Pages>(pages);
}

Result<std::shared_ptr<const Pages>> Pages::branded(const Brand& brand, const std::string& prefix,
                                                    const About& about) const {
  const auto out = std::make_shared<Pages>(*this);
  out->prefix_ = prefix;
  out->about_ = about;
  out->name_ = brand.name;
  if (const auto* own = language::find_catalogue(brand.language)) out->own_language_ = own;
  if (!brand.accent.empty()) out->files_.add("accent.css", accent_css(brand.accent));
  if (!brand.logo.empty()) {
    CS_ASSIGN(const Logo logo, load_logo(brand.logo));
    out->files_.add(logo.file, logo.bytes);
    out->logo_ = logo.file;
  }
  out->set_frame();
  return std::shared_ptr<const Pages>(out);
}

void Pages::set_frame() {
  const auto link = [&](const std::string& file) { return files_.link(file, prefix_); };
  frame_ = {{"site_name", name_},
            {"has_name", !name_.empty()},
            {"has_brand", !name_.empty() || !logo_.empty()},
            {"has_logo", !logo_.empty()},
            {"logo_file", link(logo_)},
            {"has_accent", !link("accent.css").empty()},
            {"accent_file", link("accent.css")},
            {"css_file", link("page.css")},
            {"script_file", link("page.js")},
            {"worker_file", link("worker.js")},
            {"icon_file", link("icon.svg")}};
}

std::string Pages::render(Values values, std::string_view title, const Reader& reader) const {
  values.set("title", std::string(title));
  values.set("why_file", prefix_ + "/why" + reader.query());
  return pages_.find(reader.in->tag())->second.render(values, frame_);
}

/// What all pages of a message say of it.
Values Pages::of_message(const TokenView& view, const Reader& reader) const {
  const HeldView& held = view.held;
  Values out;
  out.reserve(kPageNames.size());
  set_copy(out, held.copy);
  const auto open = held.recipients_left();
  const auto reached = held.recipients_who(RecipientState::taken);
  out.set("to", wording::list(open.empty() ? held.recipients : open, *reader.in));
  out.set("in_part", !open.empty() && !reached.empty());
  out.set("reached", wording::list(reached, *reader.in));
  const auto declined = held.recipients_who(RecipientState::declined);
  out.set("has_declined", !declined.empty());
  out.set("declined_by", wording::list(declined, *reader.in));
  out.set("postmaster", shown_address(wording::postmaster(held.recipients)));
  out.set("has_subject", !held.subject.empty());
  out.set("subject", held.subject);
  out.set("sent", held.sent ? wording::moment(*held.sent, *reader.in)
                            : wording::moment(held.arrived, *reader.in));
  out.set("sent_iso", rfc3339(held.sent_or_arrived()));
  out.set("kept", wording::day(held.expires, *reader.in));
  out.set("kept_iso", rfc3339(held.expires));
  out.set("action", path_of(view.token, reader));
  return out;
}

Values Pages::waiting(const TokenView& view, const std::string& code_id,
                      const Reader& reader) const {
  Values out = of_message(view, reader);
  out.set("waiting", true);
  out.set("by_mail", view.held.by_mail);
  out.set("withdraw_action", path_of(view.token) + "/withdraw" + reader.query());
  out.set("not_me_action", path_of(view.token) + "/not-me" + reader.query());
  const bool pow = view.offers(ProofKind::pow);
  const bool wait = view.offers(ProofKind::wait);
  const bool code = view.offers(ProofKind::code);
  out.set("pow_file", pow ? path_of(view.token) + "/pow" : std::string());
  out.set("may_wait", wait);
  out.set("script_needed", pow && !wait && !code);
  out.set("no_way", !pow && !wait && !code);
  out.set("has_code", !code_id.empty());
  out.set("code_gone", code && code_id.empty());
  out.set("code_id", code_id);
  out.set("code_image", image_of(view.token, code_id));
  out.set("code_sound", sound_of(view.token, code_id, reader));
  return out;
}

std::string Pages::message(const TokenView& view, const std::string& code_id, WallTime now,
                           const Reader& reader) const {
  const language::Catalogue& in = *reader.in;
  if (view.state == ViewState::waiting)
    return render(waiting(view, code_id, reader), in.say("Your message is waiting"), reader);
  Values out = of_message(view, reader);
  const bool recent = wording::is_recent(view.held.changed, now);
  out.set("changed_at", wording::delivered(view.held.changed, now, in));
  out.set("changed_iso", rfc3339(view.held.changed));
  out.set("changed_form", std::string(recent ? "weekday" : "date"));
  const auto page = [&](const char* section, std::string_view title) {
    out.set(section, true);
    return render(out, title, reader);
  };
  switch (view.state) {
    case ViewState::waiting:
    case ViewState::delivering:
      return page("delivering", in.say("Thank you"));
    case ViewState::delivered:
      out.set("known", view.authenticated() && view.held.answered);
      return page("delivered", in.say("Delivered"));
    case ViewState::answered:
      out.set("known", view.authenticated());
      // Who let it in and who did not is not told (design section 4, blocked = hold).
      return page("answered", in.say("Thank you"));
    case ViewState::failed:
      return failed(view, std::move(out), reader);
    case ViewState::withdrawn:
      return taken_back(view, std::move(out), reader);
    case ViewState::expired:
      if (!view.held.taken_back.empty()) return taken_back(view, std::move(out), reader);
  }
  const bool in_part = !view.held.recipients_who(RecipientState::taken).empty();
  out.set("confirmed", view.held.confirmed);
  return page("expired", in_part ? in.say("Delivered in part") : in.say("Not delivered in time"));
}

std::string Pages::taken_back(const TokenView& view, Values out, const Reader& reader) const {
  const language::Catalogue& in = *reader.in;
  const bool disowned = view.held.taken_back == word(kRetractionWords, Retraction::not_me);
  out.set("withdrawn", true);
  out.set("disowned", disowned);
  out.set("over", view.state == ViewState::expired);
  // While the request is under way, nobody knows the time yet; later, that of its end is told.
  out.set("has_changed", view.held.state == HeldState::withdrawn);
  return render(out, disowned ? in.say("Thank you") : in.say("Taken back"), reader);
}

std::string Pages::failed(const TokenView& view, Values out, const Reader& reader) const {
  const language::Catalogue& in = *reader.in;
  const auto reached = view.held.recipients_who(RecipientState::taken);
  const auto refused = view.held.recipients_who(RecipientState::refused);
  out.set("failed", true);
  out.set("in_part", !reached.empty());
  out.set("has_refused", !refused.empty());
  out.set("refused_by", wording::list(refused, in));
  if (!refused.empty()) out.set("postmaster", shown_address(wording::postmaster(refused)));
  return render(out, reached.empty() ? in.say("Not delivered") : in.say("Delivered in part"),
                reader);
}

std::string Pages::again(const AnswerResult& result, const Answer& typed,
                         const Reader& reader) const {
  Values out = waiting(result.view, result.code_id, reader);
  const AnswerOutcome outcome = result.outcome;
  out.set("typed", typed.address);
  // What was typed for another code is of no use for this one.
  out.set("typed_code", typed.code_id == result.code_id ? typed.code : std::string());
  out.set("stamp", result.stamp);
  const bool counting = !result.stamp.empty();
  out.set("counting", counting);
  // Who has begun to wait is not asked for digits, too.
  if (counting) {
    out.set("has_code", false);
    out.set("code_gone", false);
  }
  out.set("hint", result.hint);
  out.set("hinted", !result.hint.empty());
  out.set("first_step", outcome == AnswerOutcome::first_step);
  out.set("early", outcome == AnswerOutcome::early);
  out.set("no_address", outcome == AnswerOutcome::no_address);
  out.set("wrong_address", outcome == AnswerOutcome::wrong_address);
  out.set("no_proof", outcome == AnswerOutcome::no_proof);
  out.set("wrong_proof", outcome == AnswerOutcome::wrong_proof);
  out.set("wrong_code", outcome == AnswerOutcome::wrong_code);
  out.set("no_code_left", outcome == AnswerOutcome::no_code_left);
  out.set("another_code", outcome == AnswerOutcome::another_code);
  const bool noted = outcome != AnswerOutcome::first_step && outcome != AnswerOutcome::another_code;
  out.set("noted", noted);
  if (outcome == AnswerOutcome::no_code_left) out.set("code_gone", false);
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
  out.set("retract", true);
  out.set("withdraw", withdraw);
  out.set("not_me", !withdraw);
  out.set("retract_action", path_of(result.view.token) + "/" +
                                std::string(word(kRetractionWords, what)) + reader.query());
  out.set("typed", typed);
  out.set("stamp", result.stamp);
  out.set("confirm", result.outcome == RetractOutcome::confirm);
  out.set("wrong_address", result.outcome == RetractOutcome::wrong_address);
  out.set("no_address", result.outcome == RetractOutcome::no_address);
  out.set("noted", result.outcome == RetractOutcome::wrong_address ||
                       result.outcome == RetractOutcome::no_address);
  const language::Catalogue& in = *reader.in;
  return render(
      out, withdraw ? in.say("Take your message back?") : in.say("Did you not send this?"), reader);
}

std::string Pages::why(const Reader& reader) const {
  const language::Catalogue& in = *reader.in;
  Values out;
  out.set("why", true);
  out.set("operator", about_.operated_by.empty() ? about_.host : about_.operated_by);
  out.set("contact", about_.contact);
  if (about_.contact.empty())
    out.set(
        "contact",
        std::string(in.say(
            "The postmaster of the address that you wrote to: postmaster@, and then what stands "
            "behind the @ of that address.")));
  out.set(
      "kept_message",
      in.count("Your message with its addresses and the time it came: until it is delivered or its "
               "recipient drops it, at most {n} day.",
               "Your message with its addresses and the time it came: until it is delivered or its "
               "recipient drops it, at most {n} days.",
               static_cast<unsigned long>(about_.days)));
  return render(out, in.say("Why you are asked"), reader);
}

std::string Pages::problem(Problem problem, const Reader& reader) const {
  const language::Catalogue& in = *reader.in;
  Values out;
  switch (problem) {
    case Problem::not_found:
      out.set("not_found", true);
      return render(out, in.say("Nothing is waiting here"), reader);
    case Problem::limited:
      out.set("limited", true);
      return render(out, in.say("Please try again later"), reader);
    case Problem::unavailable:
      out.set("unavailable", true);
      return render(out, in.say("Please try again in a minute"), reader);
    case Problem::refused:
      break;
  }
  out.set("refused", true);
  return render(out, in.say("That did not work"), reader);
}

}  // namespace countersign::challenge
