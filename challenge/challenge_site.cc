// SPDX-License-Identifier: Apache-2.0
#include "challenge/challenge_site.h"

#include "answering/token.h"
#include "base/crypto.h"
#include "base/log.h"
#include "challenge/code_image.h"
#include "challenge/form.h"
#include "challenge/json.h"
#include "challenge/pending_pages.h"
#include "challenge/responses.h"
#include "challenge/self_check.h"
#include "challenge/speech.h"

namespace countersign::challenge {
namespace {

constexpr seconds kStoreRetry{30};
constexpr seconds kBusyRetry{2};

/// The one line of an answer.
void log_answer(const AnswerResult& result, const std::string& network) {
  std::vector<log::Field> fields = {{"held", result.view.held.id.text()},
                                    {"outcome", word(kAnswerOutcomeWords, result.outcome)}};
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) fields.emplace_back(key, value);
  };
  add("proof", result.proof);
  add("why", result.why);
  add("network", network);
  log::event(log::Level::info, "answer", fields);
}

PageShown shown(ViewState state) { return static_cast<PageShown>(state); }

GivenProof given_proof(const Answer& given) {
  if (!given.altcha.empty()) return GivenProof::pow;
  if (!given.code.empty()) return GivenProof::code;
  return given.wait.empty() ? GivenProof::none : GivenProof::wait;
}

Retraction retraction_of(Route route) {
  return route == Route::withdraw ? Retraction::withdraw : Retraction::not_me;
}

std::string argument(const HttpRequest& request, const std::string& name) {
  return form_field(request.query, name);
}

CodeLinks links_of(const Pages& pages, const TokenView& view, const std::string& code_id) {
  if (code_id.empty()) return {};
  return {code_id, pages.image_of(view.token, code_id), pages.sound_of(view.token, code_id)};
}

/// In which language digits are said: any that has clips, also one that pages do not have.
std::string spoken_language(const HttpRequest& request, const Pages& pages) {
  const std::string asked = argument(request, "lang");
  return is_spoken(asked) ? asked : std::string(reader_of(request, pages).in->tag());
}

}  // namespace

Result<std::unique_ptr<ChallengeSite>> ChallengeSite::make(const Parts& parts,
                                                           const SiteSettings& settings) {
  auto site = std::unique_ptr<ChallengeSite>(new ChallengeSite(parts));
  CS_TRY(site->reload(settings));
  return site;
}

Status ChallengeSite::reload(const SiteSettings& settings) {
  CS_ASSIGN(Current next, Snapshot::make(parts_, settings));
  parts_.pow.set_levels(next->effort.levels());
  current_.with([&](Current& current) { current = std::move(next); });
  return {};
}

ChallengeSite::Current ChallengeSite::current() const {
  return current_.with([](const Current& current) { return current; });
}

Admission ChallengeSite::admit(const RequestHead& head) const {
  const Current now = current();
  auto admitted = challenge::admit(head, now->rules);
  if (auto* request = std::get_if<HttpRequest>(&admitted)) {
    if (request->route != Route::asset) return std::move(*request);
    const auto file = now->assets.find(request->name);
    HttpResponse response =
        file != now->assets.end() ? *file->second : not_found(now->pages_of(*request), *request);
    count(response);
    return response;
  }
  const auto& refusal = std::get<Refusal>(admitted);
  log::debug("page: request refused", {{"status", static_cast<long long>(refusal.status)},
                                       {"why", refusal.why},
                                       {"peer", head.peer}});
  HttpRequest asked;
  for (const HeaderField& f : head.fields) {
    if (f.name == "Host" || f.name == "host") asked.host = host_name(f.value);
    if (f.name == "Accept" || f.name == "accept") asked.json = wants_json(f.value);
    if (f.name == "Accept-Language" || f.name == "accept-language") asked.accept_language = f.value;
  }
  if (auto query = parse_form(head.query)) asked.query = *std::move(query);
  HttpResponse response =
      refusal.status == 404
          ? not_found(now->pages_of(asked), asked)
          : problem(now->pages_of(asked), asked, refusal.status, Problem::refused, refusal.why);
  if (refusal.status == 405) {
    std::string name;
    const bool post = takes_post(parse_path(head.path, name));
    response.fields.push_back({"Allow", post ? "GET, HEAD, POST" : "GET, HEAD"});
  }
  count(response);
  return response;
}

HttpResponse ChallengeSite::handle(const HttpRequest& request) {
  const Current now = current();
  return answered(request, *now, std::chrono::steady_clock::now(),
                  [&] { return route(request, *now); });
}

HttpResponse ChallengeSite::answered(const HttpRequest& request, const Snapshot& now,
                                     SteadyTime began,
                                     const std::function<HttpResponse()>& answer) {
  HttpResponse response;
  try {
    response = answer();
  } catch (const std::exception& e) {
    response = failed(request, now, {Errc::unavailable, e.what()});
  }
  parts_.metrics.handling.observe(std::chrono::steady_clock::now() - began);
  count(response);
  return response;
}

bool ChallengeSite::may_begin(const HttpRequest& request) const {
  return request.route == Route::page && request.method != Method::post;
}

std::unique_ptr<PendingResponses> ChallengeSite::begin(std::vector<const HttpRequest*> requests) {
  Current now = current();
  std::vector<std::string_view> tokens;
  tokens.reserve(requests.size());
  for (const HttpRequest* request : requests) tokens.push_back(request->name);
  auto views = now->views.begin(tokens);
  if (!views) return nullptr;
  const auto show_it = [this, now, began = std::chrono::steady_clock::now()](
                           const HttpRequest& request, const Result<TokenView>& view) {
    return answered(request, *now, began, [&] { return show(request, *now, view); });
  };
  return std::make_unique<PendingPages>(std::move(requests), *std::move(views), show_it);
}

HttpResponse ChallengeSite::route(const HttpRequest& request, const Snapshot& now) {
  switch (request.route) {
    case Route::page:
      return request.method == Method::post ? answer(request, now) : show(request, now);
    case Route::pow:
      return work(request, now);
    case Route::code_image:
    case Route::code_sound:
      return code(request, now);
    case Route::withdraw:
    case Route::not_me:
      return request.method == Method::post ? retract(request, now) : show_retraction(request, now);
    case Route::why:
      return html_response(200,
                           now.pages_of(request).why(reader_of(request, now.pages_of(request))));
    case Route::health:
      return health(request);
    case Route::asset:
    case Route::none:
      break;
  }
  return not_found(now.pages_of(request), request);
}

HttpResponse ChallengeSite::show(const HttpRequest& request, const Snapshot& now) {
  return show(request, now, now.views.look_up(request.name, request.deadline));
}

HttpResponse ChallengeSite::show(const HttpRequest& request, const Snapshot& now,
                                 const Result<TokenView>& view) {
  if (!view) return failed(request, now, view.error());
  const std::string code_id = now.desk.code_for(*view);
  parts_.metrics.pages.increment(shown(view->state));
  note_shown(*view);
  if (request.json)
    return json_response(200, view_json(*view, links_of(now.pages_of(*view), *view, code_id)));
  return html_response(200, now.pages_of(*view).message(*view, code_id, parts_.clock.wall(),
                                                        reader_of(request, now.pages_of(*view))));
}

void ChallengeSite::note_shown(const TokenView& view) {
  if (view.state == ViewState::waiting)
    open_pages_.shown(view.held.id, parts_.clock.steady());
  else
    open_pages_.ended(view.held.id);
}

void ChallengeSite::count_abandoned() {
  parts_.metrics.abandoned.increment(
      static_cast<double>(open_pages_.abandoned(parts_.clock.steady())));
}

HttpResponse ChallengeSite::answer(const HttpRequest& request, const Snapshot& now) {
  const auto form = parse_form(request.body);
  if (!form)
    return problem(now.pages_of(request), request, 400, Problem::refused, form.error().detail);
  const Answer given{form_field(*form, "address"), form_field(*form, "altcha"),
                     form_field(*form, "wait"),    form_field(*form, "code"),
                     form_field(*form, "code_id"), form_field(*form, "another")};
  const auto result = now.desk.answer(request.name, given, request.network, request.deadline);
  if (!result) return failed(request, now, result.error());

  parts_.metrics.answers.increment(given_proof(given), result->outcome);
  if (result->outcome == AnswerOutcome::taken) open_pages_.ended(result->view.held.id);
  log_answer(*result, request.network);
  return outcome(request, now, *result, given);
}

HttpResponse ChallengeSite::outcome(const HttpRequest& request, const Snapshot& now,
                                    const AnswerResult& result, const Answer& given) {
  int status = 422;
  switch (result.outcome) {
    case AnswerOutcome::taken:
      parts_.metrics.answer_time.observe(parts_.clock.wall() - result.view.held.arrived);
      [[fallthrough]];
    case AnswerOutcome::already:
      return see_page(request, now, result.view);
    case AnswerOutcome::limited:
      return limited(now.pages_of(request), request, result.retry);
    case AnswerOutcome::first_step:
    case AnswerOutcome::another_code:
      status = 200;  // no wrong answer
      break;
    case AnswerOutcome::no_code_left:
      status = 429;
      break;
    case AnswerOutcome::no_address:
    case AnswerOutcome::wrong_address:
    case AnswerOutcome::no_proof:
    case AnswerOutcome::early:
    case AnswerOutcome::wrong_proof:
    case AnswerOutcome::wrong_code:
      break;
  }
  HttpResponse response =
      request.json
          ? json_response(status, result_json(result, parts_.wait.settings().least,
                                              links_of(now.pages_of(result.view), result.view,
                                                       result.code_id)))
          : html_response(status,
                          now.pages_of(result.view)
                              .again(result, given, reader_of(request, now.pages_of(result.view))));
  if (status == 429) response.fields.push_back(retry_after(result.retry));
  return response;
}

HttpResponse ChallengeSite::show_retraction(const HttpRequest& request, const Snapshot& now) {
  const Retraction what = retraction_of(request.route);
  const auto view = now.retract_desk.look_up(request.name, what, request.deadline);
  if (!view) return failed(request, now, view.error());
  if (view->state != ViewState::waiting) return see_page(request, now, *view);
  if (request.json) return json_response(200, view_json(*view, {}));
  return html_response(
      200, now.pages_of(*view).retract(what, *view, reader_of(request, now.pages_of(*view))));
}

HttpResponse ChallengeSite::retract(const HttpRequest& request, const Snapshot& now) {
  const Retraction what = retraction_of(request.route);
  const auto form = parse_form(request.body);
  if (!form)
    return problem(now.pages_of(request), request, 400, Problem::refused, form.error().detail);
  const std::string typed = form_field(*form, "address");
  const auto result = now.retract_desk.ask(request.name, what, typed, form_field(*form, "confirm"),
                                           request.network, request.deadline);
  if (!result) return failed(request, now, result.error());
  parts_.metrics.retractions.increment(result->outcome);
  log::info(word(kRetractionWords, what), {{"held", result->view.held.id.text()},
                                           {"outcome", word(kRetractOutcomeWords, result->outcome)},
                                           {"network", request.network}});
  const bool done =
      result->outcome == RetractOutcome::taken || result->outcome == RetractOutcome::already;
  if (result->outcome == RetractOutcome::taken) open_pages_.ended(result->view.held.id);
  if (done) return see_page(request, now, result->view);
  if (result->outcome == RetractOutcome::limited)
    return limited(now.pages_of(request), request, result->retry);
  const int status = result->outcome == RetractOutcome::confirm ? 200 : 422;
  if (request.json) return json_response(status, retract_json(*result));
  return html_response(
      status, now.pages_of(result->view)
                  .retract(what, *result, typed, reader_of(request, now.pages_of(result->view))));
}

HttpResponse ChallengeSite::see_page(const HttpRequest& request, const Snapshot& now,
                                     const TokenView& view) {
  HttpResponse response =
      request.json ? json_response(303, view_json(view, {})) : html_response(303, "");
  response.fields.push_back(
      {"Location", now.pages_of(view).path_of(view.token, reader_of(request, now.pages_of(view)))});
  return response;
}

/// The image or sound of a code. Changes nothing: however often it is asked for, it is the same.
HttpResponse ChallengeSite::code(const HttpRequest& request, const Snapshot& now) {
  const auto view = now.views.look_up(request.name, request.deadline);
  if (!view) return failed(request, now, view.error());
  if (!view->offers(ProofKind::code)) return not_found(now.pages_of(request), request);
  std::string id = argument(request, "id");
  if (id.empty()) id = now.desk.code_for(*view);
  if (id.empty()) return limited(now.pages_of(request), request, parts_.codes.until_new());
  const auto shown = parts_.codes.check(id, proof_binding(view->token));
  if (!shown) return not_found(now.pages_of(request), request);
  parts_.metrics.codes.increment(request.route == Route::code_sound ? CodeForm::sound
                                                                    : CodeForm::image);
  // Not the digits themselves: what is derived from them could be tried for all of them.
  const std::string seed = framed("look", id, shown->digits);
  if (request.route == Route::code_sound)
    return {200, "audio/wav",
            code_wav(shown->digits, spoken_language(request, now.pages_of(*view)), seed)};
  auto png = code_png(shown->digits, seed, !argument(request, "dark").empty());
  if (!png) return failed(request, now, png.error());
  return {200, "image/png", *std::move(png)};
}

HttpResponse ChallengeSite::work(const HttpRequest& request, const Snapshot& now) {
  const auto view = now.views.look_up(request.name, request.deadline);
  if (!view) return failed(request, now, view.error());
  if (!view->offers(ProofKind::pow)) return not_found(now.pages_of(request), request);
  const auto answers = now.failures.answers(request.network, request.deadline);
  if (!answers) return failed(request, now, answers.error());
  const int tries = now.effort.tries(view->authenticated(), *answers);
  parts_.metrics.pow_issued.increment();
  return {200,
          "application/json",
          parts_.pow.issue(proof_binding(view->token), tries),
          {{"Countersign-Tries", std::to_string(tries)}}};
}

HttpResponse ChallengeSite::health(const HttpRequest& request) {
  // Any call tells whether the store answers; this one reads a key that nobody writes.
  const auto answered = parts_.state.failures("healthz", request.deadline);
  if (answered) {
    const auto probe = probe_answer(parts_.keyring, argument(request, "probe"));
    const std::string own = probe ? ",\"probe\":\"" + *probe + "\"" : "";
    return {200, "application/json", "{\"status\":\"ok\"" + own + "}\n"};
  }
  return {503,
          "application/json",
          "{\"status\":\"the store is out of service\"}\n",
          {retry_after(kStoreRetry)}};
}

HttpResponse ChallengeSite::failed(const HttpRequest& request, const Snapshot& now,
                                   const Error& error) {
  if (error.code == Errc::not_found) {
    parts_.metrics.pages.increment(PageShown::not_found);
    return not_found(now.pages_of(request), request);
  }
  parts_.metrics.store_failures.increment();
  log::error("page: request failed", {{"why", error.detail}});
  return unavailable(now.pages_of(request), request, kStoreRetry, "unavailable");
}

HttpResponse ChallengeSite::busy(const HttpRequest& request) const {
  const Current now = current();
  HttpResponse response = unavailable(now->pages_of(request), request, kBusyRetry, "busy");
  count(response);
  return response;
}

void ChallengeSite::count(const HttpResponse& response) const {
  parts_.metrics.responses.increment(static_cast<StatusClass>(response.status / 100 - 1));
}

}  // namespace countersign::challenge
