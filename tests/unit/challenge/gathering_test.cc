// SPDX-License-Identifier: Apache-2.0
#include "challenge/gathering.h"

#include <cppunit/extensions/HelperMacros.h>

#include <optional>
#include <string>

namespace countersign::challenge {
namespace {

/// Begins when it may, and has the answers when it is told.
class SlowSite final : public Site {
 public:
  Admission admit(const RequestHead&) const override { return HttpResponse{}; }
  HttpResponse handle(const HttpRequest&) override { return {}; }
  HttpResponse busy(const HttpRequest&) const override { return {}; }
  bool may_begin(const HttpRequest& request) const override { return request.name != "work"; }
  std::unique_ptr<PendingResponses> begin(std::vector<const HttpRequest*> requests) override {
    if (!may) return nullptr;
    asked.push_back("");
    for (const HttpRequest* request : requests) asked.back() += request->name;
    return std::make_unique<Pending>(*this, std::move(requests));
  }

  bool may = true;
  bool ready = false;
  std::vector<std::string> asked;  ///< names of the requests of each begin()

 private:
  struct Pending final : PendingResponses {
    Pending(const SlowSite& s, std::vector<const HttpRequest*> r)
        : site(s), requests(std::move(r)) {}
    int descriptor() const override { return 0; }
    std::optional<std::vector<std::optional<HttpResponse>>> advance() override {
      if (!site.ready) return std::nullopt;
      std::vector<std::optional<HttpResponse>> out;
      for (const HttpRequest* request : requests) {
        out.emplace_back();
        if (request->name != "?") out.back() = HttpResponse{200, "", request->name};
      }
      return out;
    }
    const SlowSite& site;
    const std::vector<const HttpRequest*> requests;
  };
};

class GatheringTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GatheringTest);
  CPPUNIT_TEST(what_comes_meanwhile_is_asked_for_together);
  CPPUNIT_TEST(what_has_no_answer_is_handed_over);
  CPPUNIT_TEST(where_nothing_can_be_begun_all_is_handed_over);
  CPPUNIT_TEST(nobody_waits_for_a_slow_question);
  CPPUNIT_TEST(a_question_that_is_too_slow_is_given_up);
  CPPUNIT_TEST(only_so_many_gather);
  CPPUNIT_TEST(giving_up_ends_all_without_a_response);
  CPPUNIT_TEST_SUITE_END();

  ManualClock clock_;
  SlowSite site_;
  std::string answered_;
  std::string handed_over_;
  Gathering gathering_{site_,
                       clock_,
                       3,
                       {[this](Exchange& e) { answered_ += e.response ? e.response->body : "-"; },
                        [this](Exchange& e) { handed_over_ += e.request.name; }}};
  std::vector<std::unique_ptr<Exchange>> all_;

  void add(const std::string& name) {
    all_.push_back(std::make_unique<Exchange>());
    all_.back()->request.name = name;
    CPPUNIT_ASSERT(gathering_.takes(all_.back()->request));
    gathering_.add(*all_.back());
  }
  bool takes(const std::string& name) const {
    HttpRequest request;
    request.name = name;
    return gathering_.takes(request);
  }

 public:
  void what_comes_meanwhile_is_asked_for_together() {
    CPPUNIT_ASSERT_EQUAL(-1, gathering_.descriptor());
    add("a");
    gathering_.run();
    CPPUNIT_ASSERT_EQUAL(0, gathering_.descriptor());
    add("b");
    add("c");
    gathering_.run();
    CPPUNIT_ASSERT(site_.asked == std::vector<std::string>{"a"});
    site_.ready = true;
    gathering_.run();
    CPPUNIT_ASSERT_EQUAL(std::string("a"), answered_);
    CPPUNIT_ASSERT((site_.asked == std::vector<std::string>{"a", "bc"}));
    gathering_.run();
    CPPUNIT_ASSERT_EQUAL(std::string("abc"), answered_);
    CPPUNIT_ASSERT_EQUAL(-1, gathering_.descriptor());
    CPPUNIT_ASSERT(handed_over_.empty());
  }
  void what_has_no_answer_is_handed_over() {
    site_.ready = true;
    for (const char* name : {"a", "?", "b"}) add(name);
    gathering_.run();
    gathering_.run();
    CPPUNIT_ASSERT_EQUAL(std::string("ab"), answered_);
    CPPUNIT_ASSERT_EQUAL(std::string("?"), handed_over_);
  }
  void where_nothing_can_be_begun_all_is_handed_over() {
    CPPUNIT_ASSERT(!takes("work"));
    site_.may = false;
    add("a");
    add("b");
    gathering_.run();
    CPPUNIT_ASSERT_EQUAL(std::string("ab"), handed_over_);
    CPPUNIT_ASSERT(gathering_.until() == Deadline::max());
  }
  void nobody_waits_for_a_slow_question() {
    add("a");
    gathering_.run();
    clock_.advance(milliseconds(49));
    CPPUNIT_ASSERT(takes("b"));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(!takes("b"));
    site_.ready = true;
    gathering_.run();
    CPPUNIT_ASSERT(takes("b"));
  }
  void a_question_that_is_too_slow_is_given_up() {
    add("a");
    gathering_.run();
    add("b");
    CPPUNIT_ASSERT(gathering_.until() == clock_.steady() + milliseconds(500));
    clock_.advance(milliseconds(500));
    gathering_.run();
    CPPUNIT_ASSERT_EQUAL(std::string("a"), handed_over_);
    CPPUNIT_ASSERT((site_.asked == std::vector<std::string>{"a", "b"}));
    CPPUNIT_ASSERT(answered_.empty());
  }
  void only_so_many_gather() {
    for (const char* name : {"a", "b", "c"}) add(name);
    CPPUNIT_ASSERT(!takes("d"));
    gathering_.run();
    CPPUNIT_ASSERT(takes("d"));
  }
  void giving_up_ends_all_without_a_response() {
    add("a");
    gathering_.run();
    add("b");
    gathering_.give_up();
    CPPUNIT_ASSERT_EQUAL(std::string("--"), answered_);
    CPPUNIT_ASSERT_EQUAL(-1, gathering_.descriptor());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(GatheringTest);

}  // namespace
}  // namespace countersign::challenge
