// SPDX-License-Identifier: Apache-2.0
#include "challenge/challenge_site.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "tests/support/temp_folder.h"
#include "tests/support/web_fixture.h"

namespace countersign::challenge {
namespace {

using test::kToken;
using test::WebFixture;

const std::string kPath = "/c/" + kToken;

std::string field_of(const HttpResponse& response, const std::string& name) {
  for (const HeaderField& field : response.fields)
    if (field.name == name) return field.value;
  return "";
}

/// Does what the server does with a request.
HttpResponse ask(WebFixture& f, const std::string& method, const std::string& path,
                 const std::string& body = "", bool json = false) {
  const auto mark = path.find('?');
  std::vector<HeaderField> fields = {{"Host", "gate.example.org"}};
  if (json) fields.push_back({"Accept", "application/json"});
  if (method == "POST") {
    fields.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    fields.push_back({"Content-Length", std::to_string(body.size())});
  }
  auto admission = f.site->admit({method, path.substr(0, mark), "HTTP/1.1", fields, "198.51.100.7",
                                  mark == path.npos ? "" : path.substr(mark + 1)});
  if (auto* response = std::get_if<HttpResponse>(&admission)) return *response;
  auto& request = std::get<HttpRequest>(admission);
  request.body = body;
  request.deadline = test::soon();
  return f.site->handle(request);
}

std::string answer_body(WebFixture& f, const std::string& address = "alice@example.com") {
  return "address=" + test::form_encoded(address) + "&altcha=" + test::form_encoded(f.solved());
}

nlohmann::json json_of(const HttpResponse& response) {
  CPPUNIT_ASSERT_EQUAL(std::string("application/json"), response.type);
  return nlohmann::json::parse(response.body);
}

int requests_of(WebFixture& f) {
  return static_cast<int>(
      f.store.requests().read(test::kNode, std::chrono::steady_clock::now())->size());
}

class ChallengeSiteTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ChallengeSiteTest);
  CPPUNIT_TEST(the_page_shows_the_form);
  CPPUNIT_TEST(pages_that_are_asked_for_together_are_the_same);
  CPPUNIT_TEST(an_answer_leads_to_the_status);
  CPPUNIT_TEST(a_wrong_answer_gets_the_form_once_more);
  CPPUNIT_TEST(waiting_goes_through_two_forms);
  CPPUNIT_TEST(too_many_failures_get_429);
  CPPUNIT_TEST(unknown_malformed_and_expired_look_alike);
  CPPUNIT_TEST(a_store_that_is_down_is_503);
  CPPUNIT_TEST(a_full_queue_is_503);
  CPPUNIT_TEST(challenges_are_for_messages_that_wait);
  CPPUNIT_TEST(reading_changes_nothing);
  CPPUNIT_TEST(a_code_is_given_as_image_and_sound);
  CPPUNIT_TEST(the_digits_let_a_message_in);
  CPPUNIT_TEST(the_digits_stand_nowhere);
  CPPUNIT_TEST(other_digits_are_given_five_times);
  CPPUNIT_TEST(codes_are_for_messages_that_wait);
  CPPUNIT_TEST(work_grows_with_the_evidence);
  CPPUNIT_TEST(a_message_is_taken_back_in_two_steps);
  CPPUNIT_TEST(only_what_came_by_mail_can_be_disowned);
  CPPUNIT_TEST(what_was_taken_back_says_so);
  CPPUNIT_TEST(what_expired_says_so);
  CPPUNIT_TEST(three_hundred_people_behind_one_address_get_through);
  CPPUNIT_TEST(a_hundred_presses_make_one_request);
  CPPUNIT_TEST(json_says_the_same);
  CPPUNIT_TEST(json_survives_bytes_that_are_no_utf8);
  CPPUNIT_TEST(a_broken_form_is_400);
  CPPUNIT_TEST(methods_that_are_allowed_are_named);
  CPPUNIT_TEST(assets_may_be_kept);
  CPPUNIT_TEST(health_is_the_stores);
  CPPUNIT_TEST(reload_takes_new_settings_or_keeps_the_old);
  CPPUNIT_TEST(what_happens_is_counted);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_page_shows_the_form() {
    WebFixture f;
    const HttpResponse got = ask(f, "GET", kPath);
    CPPUNIT_ASSERT_EQUAL(200, got.status);
    CPPUNIT_ASSERT_EQUAL(std::string("text/html; charset=utf-8"), got.type);
    CPPUNIT_ASSERT(got.body.find("<form") != std::string::npos);
    CPPUNIT_ASSERT(ask(f, "GET", "/c/7q2m-xf4p-k9td-3hwa-7q2m-xf4p-k9").body == got.body);
  }

  void pages_that_are_asked_for_together_are_the_same() {
    WebFixture f;
    std::vector<HttpRequest> requests(4);
    requests[0].name = kToken;
    requests[1].name = "nobody's";
    requests[2].name = kToken;
    requests[2].json = true;
    requests[3].name = test::kOtherToken;
    std::vector<const HttpRequest*> all;
    for (HttpRequest& request : requests) {
      request.route = Route::page;
      request.deadline = test::soon();
      CPPUNIT_ASSERT(f.site->may_begin(request));
      all.push_back(&request);
    }
    const int before = f.store.calls();
    const auto got = f.site->begin(all)->advance();
    CPPUNIT_ASSERT_EQUAL(1, f.store.calls() - before);
    CPPUNIT_ASSERT(got && got->size() == requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const HttpResponse alone = f.site->handle(requests[i]);
      CPPUNIT_ASSERT((*got)[i]);
      CPPUNIT_ASSERT_EQUAL(alone.status, (*got)[i]->status);
      CPPUNIT_ASSERT_EQUAL(alone.body, (*got)[i]->body);
    }
    // What waits for its turn may still be answered when the store is back.
    f.store.set_down(true);
    const auto down = f.site->begin(all)->advance();
    CPPUNIT_ASSERT(down);
    for (const auto& response : *down) CPPUNIT_ASSERT(!response);

    HttpRequest other = requests[0];
    other.method = Method::post;
    CPPUNIT_ASSERT(!f.site->may_begin(other));
    other = requests[0];
    other.route = Route::pow;
    CPPUNIT_ASSERT(!f.site->may_begin(other));
  }

  void an_answer_leads_to_the_status() {
    WebFixture f;
    const std::string body = answer_body(f);
    for (int i = 0; i < 3; ++i) {
      const HttpResponse got = ask(f, "POST", kPath, body);
      CPPUNIT_ASSERT_EQUAL(303, got.status);
      CPPUNIT_ASSERT_EQUAL(kPath, field_of(got, "Location"));
    }
    CPPUNIT_ASSERT_EQUAL(1, requests_of(f));
    CPPUNIT_ASSERT(ask(f, "GET", kPath).body.find("is being delivered") != std::string::npos);
    CPPUNIT_ASSERT(
        f.store.held().set_state(f.held, HeldState::released, f.clock.wall(), test::soon()));
    CPPUNIT_ASSERT(ask(f, "GET", kPath).body.find("Delivered on") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(303, ask(f, "POST", kPath, body).status);
  }

  void a_wrong_answer_gets_the_form_once_more() {
    WebFixture f;
    const HttpResponse got = ask(f, "POST", kPath, answer_body(f, "mallory@example.com"));
    CPPUNIT_ASSERT_EQUAL(422, got.status);
    CPPUNIT_ASSERT(got.body.find("came from another address") != std::string::npos);
    CPPUNIT_ASSERT(got.body.find("value=\"mallory@example.com\"") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(422, ask(f, "POST", kPath, "").status);
    CPPUNIT_ASSERT_EQUAL(422, ask(f, "POST", kPath, "address=alice%40example.com&altcha=x").status);
    CPPUNIT_ASSERT_EQUAL(0, requests_of(f));
  }

  void waiting_goes_through_two_forms() {
    WebFixture f;
    const HttpResponse first = ask(f, "POST", kPath, "address=alice%40example.com", true);
    CPPUNIT_ASSERT_EQUAL(200, first.status);
    CPPUNIT_ASSERT_EQUAL(10, json_of(first)["wait"]["seconds"].get<int>());
    const std::string second =
        "address=alice%40example.com&wait=" + json_of(first)["wait"]["stamp"].get<std::string>();
    CPPUNIT_ASSERT_EQUAL(422, ask(f, "POST", kPath, second).status);
    f.clock.advance(seconds(10));
    CPPUNIT_ASSERT_EQUAL(303, ask(f, "POST", kPath, second).status);
    CPPUNIT_ASSERT_EQUAL(1, requests_of(f));
  }

  void too_many_failures_get_429() {
    WebFixture f;
    for (int i = 0; i < 5; ++i)
      CPPUNIT_ASSERT_EQUAL(422, ask(f, "POST", kPath, "address=m%40example.com").status);
    const HttpResponse got = ask(f, "POST", kPath, answer_body(f));
    CPPUNIT_ASSERT_EQUAL(429, got.status);
    CPPUNIT_ASSERT_EQUAL(std::string("3600"), field_of(got, "Retry-After"));
    CPPUNIT_ASSERT_EQUAL(429, ask(f, "POST", kPath, "address=m%40example.com", true).status);
    // The page can still be read, and says that nothing is lost.
    CPPUNIT_ASSERT_EQUAL(200, ask(f, "GET", kPath).status);
    CPPUNIT_ASSERT(got.body.find("Nothing is lost") != std::string::npos);
  }

  void unknown_malformed_and_expired_look_alike() {
    const auto look = [](const std::string& path, milliseconds later, const std::string& method) {
      WebFixture f;
      f.clock.advance(later);
      const int before = f.store.calls();
      const HttpResponse got = ask(f, method, path, method == "POST" ? "address=a%40b" : "");
      CPPUNIT_ASSERT_EQUAL(404, got.status);
      CPPUNIT_ASSERT_EQUAL(1, f.store.calls() - before);
      std::string all = got.type + "\n";
      for (const HeaderField& field : got.fields) all += field.name + ":" + field.value + "\n";
      return all + got.body;
    };
    const auto month = std::chrono::hours(24 * 61);
    const std::string unknown = look("/c/" + test::kOtherToken, seconds(0), "GET");
    for (const char* method : {"GET", "HEAD", "POST"}) {
      CPPUNIT_ASSERT_EQUAL(unknown, look("/c/" + test::kOtherToken, seconds(0), method));
      CPPUNIT_ASSERT_EQUAL(unknown, look("/c/x", seconds(0), method));
      CPPUNIT_ASSERT_EQUAL(unknown, look("/c/", seconds(0), method));
      CPPUNIT_ASSERT_EQUAL(unknown, look(kPath, month, method));
    }
    CPPUNIT_ASSERT_EQUAL(unknown, look(kPath + "x/pow", seconds(0), "GET"));
  }

  void a_store_that_is_down_is_503() {
    WebFixture f;
    f.store.set_down(true);
    for (const auto& [method, path] :
         {std::pair("GET", kPath), {"POST", kPath}, {"GET", kPath + "/pow"}, {"GET", "/c/x"}}) {
      const HttpResponse got = ask(f, method, path, "");
      CPPUNIT_ASSERT_EQUAL(503, got.status);
      CPPUNIT_ASSERT_EQUAL(std::string("30"), field_of(got, "Retry-After"));
      CPPUNIT_ASSERT(got.body.find("Nothing is lost") != std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("unavailable"),
                         json_of(ask(f, "GET", kPath, "", true))["error"].get<std::string>());
  }

  void a_full_queue_is_503() {
    WebFixture f;
    const HttpResponse got = f.site->busy({});
    CPPUNIT_ASSERT_EQUAL(503, got.status);
    CPPUNIT_ASSERT_EQUAL(std::string("2"), field_of(got, "Retry-After"));
  }

  void challenges_are_for_messages_that_wait() {
    WebFixture f;
    const HttpResponse got = ask(f, "GET", kPath + "/pow");
    CPPUNIT_ASSERT_EQUAL(200, got.status);
    CPPUNIT_ASSERT_EQUAL(proof_binding(kToken),
                         json_of(got)["parameters"]["data"]["m"].get<std::string>());
    CPPUNIT_ASSERT(got.body.find(kToken) == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(303, ask(f, "POST", kPath, answer_body(f)).status);
    CPPUNIT_ASSERT_EQUAL(404, ask(f, "GET", kPath + "/pow").status);

    SiteSettings without;
    without.proofs = {"wait"};
    WebFixture g(without);
    CPPUNIT_ASSERT_EQUAL(404, ask(g, "GET", kPath + "/pow").status);
  }

  void reading_changes_nothing() {
    WebFixture f;
    for (int i = 0; i < 10; ++i)
      for (const auto& [method, path] : {std::pair("GET", kPath),
                                         {"HEAD", kPath},
                                         {"GET", kPath + "/pow"},
                                         {"GET", kPath + "?address=alice%40example.com&another=1"},
                                         {"GET", kPath + "/code.png"},
                                         {"GET", kPath + "/code.wav"},
                                         {"GET", kPath + "/withdraw"},
                                         {"GET", "/healthz"}})
        (void)ask(f, method, path);
    CPPUNIT_ASSERT_EQUAL(0, requests_of(f));
    CPPUNIT_ASSERT(f.store.web().how_answered(test::kHeld, test::soon())->empty());
    CPPUNIT_ASSERT_EQUAL(0, *f.store.web().failures("message:" + test::kHeld, test::soon()));
    CPPUNIT_ASSERT_EQUAL(303, ask(f, "POST", kPath, answer_body(f)).status);
  }

  static std::string code_id(WebFixture& f) {
    return json_of(ask(f, "GET", kPath, "", true))["code"]["id"].get<std::string>();
  }
  static std::string digits(WebFixture& f, const std::string& id) {
    return f.codes->check(id, proof_binding(kToken))->digits;
  }

  void a_code_is_given_as_image_and_sound() {
    WebFixture f;
    const auto code = json_of(ask(f, "GET", kPath, "", true))["code"];
    const HttpResponse image = ask(f, "GET", code["image"]);
    CPPUNIT_ASSERT_EQUAL(200, image.status);
    CPPUNIT_ASSERT_EQUAL(std::string("image/png"), image.type);
    CPPUNIT_ASSERT(ask(f, "GET", code["image"]).body == image.body);
    CPPUNIT_ASSERT(ask(f, "GET", std::string(code["image"]) + "&dark=1").body != image.body);
    // Without an id it is the code that the page shows now.
    CPPUNIT_ASSERT(ask(f, "GET", kPath + "/code.png").body == image.body);
    const HttpResponse sound = ask(f, "GET", code["sound"]);
    CPPUNIT_ASSERT_EQUAL(std::string("audio/wav"), sound.type);
    CPPUNIT_ASSERT(sound.body != ask(f, "GET", std::string(code["sound"]) + "&lang=de").body);
    CPPUNIT_ASSERT_EQUAL(404, ask(f, "GET", kPath + "/code.png?id=1.0.ab").status);
    CPPUNIT_ASSERT_EQUAL(405, ask(f, "POST", kPath + "/code.png").status);
    CPPUNIT_ASSERT_EQUAL(404, ask(f, "GET", "/c/" + test::kOtherToken + "/code.png").status);
  }

  void the_digits_let_a_message_in() {
    WebFixture f;
    const std::string id = code_id(f);
    const std::string body = "address=alice%40example.com&code_id=" + id + "&code=";
    CPPUNIT_ASSERT_EQUAL(422, ask(f, "POST", kPath, body + "12345").status);
    const std::string next = code_id(f);
    CPPUNIT_ASSERT(next != id);
    const HttpResponse got =
        ask(f, "POST", kPath,
            "address=alice%40example.com&code_id=" + next + "&code=" + digits(f, next));
    CPPUNIT_ASSERT_EQUAL(303, got.status);
    CPPUNIT_ASSERT_EQUAL(1, requests_of(f));
    for (const char* outcome : {"wrong-code", "taken"})
      CPPUNIT_ASSERT(f.registry.text().find("countersign_answers_total{outcome=\"" +
                                            std::string(outcome) + "\",proof=\"code\"} 1") !=
                     std::string::npos);
  }

  void the_digits_stand_nowhere() {
    WebFixture f;
    const std::string id = code_id(f);
    const std::string secret = digits(f, id);
    for (const std::string& path :
         {kPath, kPath + "/code.png?id=" + id, kPath + "/code.wav?id=" + id, kPath + "/code.png"}) {
      const HttpResponse got = ask(f, "GET", path);
      CPPUNIT_ASSERT(got.body.find(secret) == std::string::npos);
      for (const HeaderField& field : got.fields)
        CPPUNIT_ASSERT(field.value.find(secret) == std::string::npos);
    }
  }

  void other_digits_are_given_five_times() {
    WebFixture f;
    std::string id = code_id(f);
    for (int i = 1; i < 5; ++i) {
      const HttpResponse got = ask(f, "POST", kPath, "another=1&address=al&code_id=" + id, true);
      CPPUNIT_ASSERT_EQUAL(200, got.status);
      CPPUNIT_ASSERT(!json_of(got).contains("error"));
      id = json_of(got)["code"]["id"];
    }
    CPPUNIT_ASSERT(ask(f, "POST", kPath, "another=1&address=al%40x&code_id=" + code_id(f))
                       .body.find("value=\"al@x\"") != std::string::npos);
    const HttpResponse none = ask(f, "POST", kPath, "another=1&code_id=" + id, true);
    CPPUNIT_ASSERT_EQUAL(429, none.status);
    CPPUNIT_ASSERT(std::stoi(field_of(none, "Retry-After")) <= 600);
    CPPUNIT_ASSERT_EQUAL(std::string("no-code-left"), json_of(none)["error"].get<std::string>());
  }

  void codes_are_for_messages_that_wait() {
    WebFixture f;
    const std::string path = kPath + "/code.png?id=" + code_id(f);
    CPPUNIT_ASSERT_EQUAL(200, ask(f, "GET", path).status);
    CPPUNIT_ASSERT_EQUAL(303, ask(f, "POST", kPath, answer_body(f)).status);
    CPPUNIT_ASSERT_EQUAL(404, ask(f, "GET", path).status);
    SiteSettings without;
    without.proofs = {"pow"};
    WebFixture g(without);
    CPPUNIT_ASSERT_EQUAL(404, ask(g, "GET", kPath + "/code.png").status);
    CPPUNIT_ASSERT(!json_of(ask(g, "GET", kPath, "", true)).contains("code"));
  }

  void work_grows_with_the_evidence() {
    SiteSettings settings;
    settings.work = {"authenticated 0 1500", "unauthenticated 0 3000", "unauthenticated 3 6000"};
    WebFixture f(settings);
    const auto tries = [&] { return field_of(ask(f, "GET", kPath + "/pow"), "Countersign-Tries"); };
    CPPUNIT_ASSERT_EQUAL(std::string("1500"), tries());
    f.held.fingerprint.clear();
    test::hold(f.store, f.held);
    CPPUNIT_ASSERT_EQUAL(std::string("3000"), tries());
    for (int i = 0; i < 3; ++i)
      CPPUNIT_ASSERT(
          f.store.web().count_failure("taken:198.51.100.0/24", seconds(3600), test::soon()));
    CPPUNIT_ASSERT_EQUAL(std::string("6000"), tries());
    settings.work = {"nobody 0 1"};
    CPPUNIT_ASSERT(!f.site->reload(settings));
  }

  void a_message_is_taken_back_in_two_steps() {
    WebFixture f;
    const std::string path = kPath + "/withdraw";
    CPPUNIT_ASSERT_EQUAL(200, ask(f, "GET", path).status);
    CPPUNIT_ASSERT_EQUAL(422, ask(f, "POST", path, "").status);
    CPPUNIT_ASSERT_EQUAL(422, ask(f, "POST", path, "address=m%40example.com").status);
    const HttpResponse first = ask(f, "POST", path, "address=alice%40example.com", true);
    CPPUNIT_ASSERT_EQUAL(200, first.status);
    CPPUNIT_ASSERT_EQUAL(std::string("waiting"), json_of(first)["state"].get<std::string>());
    CPPUNIT_ASSERT_EQUAL(0, requests_of(f));
    const std::string stamp = json_of(first)["confirm"];
    const HttpResponse second =
        ask(f, "POST", path, "address=alice%40example.com&confirm=" + stamp);
    CPPUNIT_ASSERT_EQUAL(303, second.status);
    CPPUNIT_ASSERT_EQUAL(kPath, field_of(second, "Location"));
    CPPUNIT_ASSERT_EQUAL(1, requests_of(f));
    CPPUNIT_ASSERT(ask(f, "GET", kPath).body.find("has been taken back") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(303, ask(f, "GET", path).status);
    CPPUNIT_ASSERT_EQUAL(303, ask(f, "POST", kPath, answer_body(f)).status);
    CPPUNIT_ASSERT_EQUAL(1, requests_of(f));
  }

  void only_what_came_by_mail_can_be_disowned() {
    WebFixture f;
    for (const char* method : {"GET", "POST"})
      CPPUNIT_ASSERT_EQUAL(404, ask(f, method, kPath + "/not-me").status);
    f.held.by_mail = true;
    test::hold(f.store, f.held);
    CPPUNIT_ASSERT_EQUAL(200, ask(f, "GET", kPath + "/not-me").status);
    CPPUNIT_ASSERT_EQUAL(200,
                         ask(f, "POST", kPath + "/not-me", "address=alice%40example.com").status);
  }

  void what_was_taken_back_says_so() {
    WebFixture f;
    CPPUNIT_ASSERT(
        f.store.held().set_state(f.held, HeldState::withdrawn, f.clock.wall(), test::soon()));
    const auto page = json_of(ask(f, "GET", kPath, "", true));
    CPPUNIT_ASSERT_EQUAL(std::string("withdrawn"), page["state"].get<std::string>());
    CPPUNIT_ASSERT_EQUAL(std::string("2027-01-15T08:00:00Z"), page["withdrawn"].get<std::string>());
  }

  void what_expired_says_so() {
    WebFixture f;
    f.clock.advance(std::chrono::hours(24 * 30));
    // Kept until its node says so: no digest has listed it yet, perhaps.
    CPPUNIT_ASSERT(ask(f, "GET", kPath).body.find("is waiting") != std::string::npos);
    CPPUNIT_ASSERT(
        f.store.held().set_state(f.held, HeldState::expired, f.clock.wall(), test::soon()));
    const HttpResponse got = ask(f, "GET", kPath);
    CPPUNIT_ASSERT_EQUAL(200, got.status);
    CPPUNIT_ASSERT(got.body.find("was not delivered") != std::string::npos);
    CPPUNIT_ASSERT(got.body.find("<form") == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(303, ask(f, "POST", kPath, answer_body(f)).status);
    CPPUNIT_ASSERT_EQUAL(0, requests_of(f));
  }

  void three_hundred_people_behind_one_address_get_through() {
    WebFixture f;
    for (int i = 0; i < 300; ++i) {
      const std::string id = "7q2mxf4pk9td3hwa7q2mx" + std::to_string(10000 + i);
      std::string token = id;
      for (char& c : token)
        if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
      test::hold(f.store, test::held_view(f.clock.wall(), id, token), token);
      // Every third mistypes his address, once or twice.
      for (int n = 0; n < i % 3; ++n)
        CPPUNIT_ASSERT_EQUAL(422, ask(f, "POST", "/c/" + token, "address=alcie%40e.com").status);
      const std::string proof = test::solve_pow(f.pow->issue(proof_binding(token), 3));
      CPPUNIT_ASSERT_EQUAL(303,
                           ask(f, "POST", "/c/" + token,
                               "address=alice%40example.com&altcha=" + test::form_encoded(proof))
                               .status);
    }
  }

  void a_hundred_presses_make_one_request() {
    for (const bool by_code : {false, true}) {
      WebFixture f;
      const std::string id = code_id(f);
      const std::string body =
          by_code ? "address=alice%40example.com&code_id=" + id + "&code=" + digits(f, id)
                  : answer_body(f);
      std::vector<std::thread> all;
      std::atomic<int> thanked = 0;
      for (int i = 0; i < 100; ++i)
        all.emplace_back([&] { thanked += ask(f, "POST", kPath, body).status == 303; });
      for (std::thread& t : all) t.join();
      CPPUNIT_ASSERT(thanked >= 1);
      CPPUNIT_ASSERT_EQUAL(1, requests_of(f));
    }
  }

  void json_says_the_same() {
    WebFixture f;
    const auto page = json_of(ask(f, "GET", kPath, "", true));
    CPPUNIT_ASSERT_EQUAL(std::string("waiting"), page["state"].get<std::string>());
    CPPUNIT_ASSERT_EQUAL(std::string("joe@example.org"), page["to"][0].get<std::string>());
    CPPUNIT_ASSERT_EQUAL(std::string("Offer for 40 chairs"), page["subject"].get<std::string>());
    CPPUNIT_ASSERT_EQUAL(std::string("2027-01-15T08:00:00Z"), page["sent"].get<std::string>());
    CPPUNIT_ASSERT_EQUAL(std::string("2027-02-14T08:00:00Z"),
                         page["kept_until"].get<std::string>());
    CPPUNIT_ASSERT(page["proofs"] == nlohmann::json({"pow", "code", "wait"}));

    const HttpResponse wrong = ask(f, "POST", kPath, "address=m%40example.com", true);
    CPPUNIT_ASSERT_EQUAL(422, wrong.status);
    CPPUNIT_ASSERT_EQUAL(std::string("wrong-address"), json_of(wrong)["error"].get<std::string>());

    const HttpResponse done = ask(f, "POST", kPath, answer_body(f), true);
    CPPUNIT_ASSERT_EQUAL(303, done.status);
    CPPUNIT_ASSERT_EQUAL(std::string("delivering"), json_of(done)["state"].get<std::string>());
    CPPUNIT_ASSERT_EQUAL(std::string("not-found"),
                         json_of(ask(f, "GET", "/c/x", "", true))["error"].get<std::string>());
  }

  void json_survives_bytes_that_are_no_utf8() {
    WebFixture f;
    f.held.subject = "caf\xE9 \"\\\x01";
    test::hold(f.store, f.held);
    const auto page = json_of(ask(f, "GET", kPath, "", true));
    CPPUNIT_ASSERT_EQUAL(std::string("caf\xEF\xBF\xBD \"\\\x01"),
                         page["subject"].get<std::string>());
  }

  void a_broken_form_is_400() {
    WebFixture f;
    CPPUNIT_ASSERT_EQUAL(400, ask(f, "POST", kPath, "address=%4").status);
    CPPUNIT_ASSERT_EQUAL(400, ask(f, "POST", kPath, "address=a&address=b").status);
    CPPUNIT_ASSERT_EQUAL(0, *f.store.web().failures("message:" + test::kHeld, test::soon()));
  }

  void methods_that_are_allowed_are_named() {
    WebFixture f;
    CPPUNIT_ASSERT_EQUAL(405, ask(f, "PUT", kPath).status);
    CPPUNIT_ASSERT_EQUAL(std::string("GET, HEAD, POST"), field_of(ask(f, "PUT", kPath), "Allow"));
    CPPUNIT_ASSERT_EQUAL(std::string("GET, HEAD"), field_of(ask(f, "PUT", "/healthz"), "Allow"));
  }

  void assets_may_be_kept() {
    WebFixture f;
    const std::string page = ask(f, "GET", kPath).body;
    const auto at = page.find("/assets/page-");
    const HttpResponse got = ask(f, "GET", page.substr(at, page.find('"', at) - at));
    CPPUNIT_ASSERT_EQUAL(200, got.status);
    CPPUNIT_ASSERT(field_of(got, "Cache-Control").find("immutable") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(404, ask(f, "GET", "/assets/page.css").status);
  }

  void health_is_the_stores() {
    WebFixture f;
    CPPUNIT_ASSERT_EQUAL(200, ask(f, "GET", "/healthz").status);
    f.store.set_down(true);
    CPPUNIT_ASSERT_EQUAL(503, ask(f, "GET", "/healthz").status);
    f.store.set_down(false);
    CPPUNIT_ASSERT_EQUAL(200, ask(f, "GET", "/healthz").status);
  }

  void reload_takes_new_settings_or_keeps_the_old() {
    WebFixture f;
    const test::TempFolder folder;
    SiteSettings settings;
    settings.templates = folder.path();
    std::ofstream(folder.path() + "/page.html") << "{{#waiting}}Bonjour{{/waiting}}";
    CPPUNIT_ASSERT(f.site->reload(settings));
    CPPUNIT_ASSERT_EQUAL(std::string("Bonjour"), ask(f, "GET", kPath).body);

    std::ofstream(folder.path() + "/page.html") << "{{{subject}}}";
    CPPUNIT_ASSERT(!f.site->reload(settings));
    CPPUNIT_ASSERT_EQUAL(std::string("Bonjour"), ask(f, "GET", kPath).body);
    settings.proxies = {"not a network"};
    CPPUNIT_ASSERT(!f.site->reload(settings));

    SiteSettings waiting;
    waiting.proofs = {"wait"};
    CPPUNIT_ASSERT(f.site->reload(waiting));
    CPPUNIT_ASSERT(json_of(ask(f, "GET", kPath, "", true))["proofs"] == nlohmann::json({"wait"}));
  }

  void what_happens_is_counted() {
    WebFixture f;
    (void)ask(f, "GET", kPath);
    (void)ask(f, "GET", "/c/x");
    (void)ask(f, "GET", kPath + "/pow");
    (void)ask(f, "POST", kPath, "address=m%40example.com");
    (void)ask(f, "POST", kPath, answer_body(f));
    const std::string text = f.registry.text();
    for (const char* line :
         {"countersign_pages_total{page=\"waiting\"} 1",
          "countersign_pages_total{page=\"not-found\"} 1", "countersign_pow_issued_total 1",
          "countersign_answers_total{outcome=\"wrong-address\",proof=\"none\"} 1",
          "countersign_answers_total{outcome=\"taken\",proof=\"pow\"} 1",
          "countersign_answers_total{outcome=\"taken\",proof=\"none\"} 0",
          "countersign_responses_total{class=\"2xx\"} 2",
          "countersign_responses_total{class=\"3xx\"} 1",
          "countersign_responses_total{class=\"4xx\"} 2", "countersign_page_seconds_count 5"})
      CPPUNIT_ASSERT_MESSAGE(std::string(line) + "\nnot in\n" + text,
                             text.find(line) != std::string::npos);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(ChallengeSiteTest);

}  // namespace
}  // namespace countersign::challenge
