// SPDX-License-Identifier: Apache-2.0
//
// doctor's look at the page: whether it serves, and whether the nodes know that.
#include "admin/doctor_site.h"
#include "admin/milter_state.h"
#include "admin/permission.h"
#include "config/proofs.h"

namespace countersign::admin {
namespace {

constexpr seconds kPatience{5};
constexpr seconds kBeats{60};  ///< a younger heartbeat is a page that runs
constexpr const char* kStart = "start countersign-challenge";
/// What our own server says at /healthz without a store; a proxy before it says something else.
constexpr std::string_view kOurOk = "\"status\":\"ok\"";
constexpr std::string_view kOurNoStore = "the store is out of service";

Deadline soon() { return std::chrono::steady_clock::now() + kPatience; }

/// The age of the last heartbeat; none: there is none. Errors: why it cannot be read.
Result<std::optional<milliseconds>> page_age(const Config& config, const Tools& tools) {
  CS_ASSIGN(const auto store, tools.open_store(config));
  CS_ASSIGN(const auto nobody, Mailbox::parse("doctor@" + config.protect.domains.front()));
  CS_ASSIGN(const auto knowledge, store->directory().look_up({{nobody}, std::nullopt}, soon()));
  return knowledge.page_age;
}

class PageCheck {
 public:
  PageCheck(const Config& config, const Tools& tools, bool needed, Findings& into)
      : config_(config), tools_(tools), needed_(needed), finder_("page", into) {}

  void run() {
    const std::string url = config_.challenge.base_url + "/healthz";
    const auto answer = tools_.http_get(url, soon());
    const bool serves = answer && answer->status == 200;
    const bool storeless =
        answer && answer->status == 503 && answer->body.find(kOurNoStore) != std::string::npos;
    heartbeat(serves, storeless);
    if (!answer)
      bad(url + ": " + answer.error().detail,
          config_.challenge.self_check == "base_url"
              ? "let the page be reached by its public address: countersign-challenge asks for it "
                "too, "
                "and while that fails no URL is named; where this host cannot reach its own public "
                "address (NAT), set challenge.self_check = \"listen\""
              : "let the page be reached by its public address; from outside it may be reachable "
                "all "
                "the same");
    else if (storeless)
      bad(url +
              ": countersign-challenge runs, but has no store: Redis is down to it, or the site "
              "there is not the one that it began with",
          kRestartHint);
    else if (!serves)
      bad(url + ": status " + std::to_string(answer->status),
          "see the log of countersign-challenge");
    else if (answer->body.find(kOurOk) == std::string::npos)
      bad(url + ": another server answers, not countersign-challenge",
          "let the web server there pass requests on to challenge.listen");
    else
      finder_.ok(url + " answers");
    for (const auto& [domain, site] : config_.sites)
      if (!site.base_url.empty() && site.base_url != config_.challenge.base_url)
        look_at(domain, site.base_url + "/healthz");
    if (const std::string warning = left_out_warning(config_.challenge.proofs); !warning.empty())
      finder_.warn(warning, "add \"code\" to challenge.proofs");
  }

 private:
  /// The page of one domain: what is named to who writes there, whether it answers or not.
  void look_at(const std::string& domain, const std::string& url) {
    const auto answer = tools_.http_get(url, soon());
    if (answer && answer->body.find(kOurOk) != std::string::npos)
      return finder_.ok(url + " answers");
    bad(url + ", which is named to who writes to " + domain + ": " +
            (!answer ? answer.error().detail
             : answer->status == 200
                 ? std::string("another server answers, not countersign-challenge")
                 : "status " + std::to_string(answer->status)),
        "let the page be reached there, or take away base_url of [site.\"" + domain + "\"]");
  }

  void bad(const std::string& what, const std::string& todo) {
    needed_ ? finder_.fail(what, todo) : finder_.warn(what, todo);
  }

  void heartbeat(bool serves, bool storeless) {
    if (may_not_read(config_.secrets.milter)) {
      finder_.warn("the page's heartbeat could not be looked at: no permission", kRunAsOwner);
      return;
    }
    const auto age = page_age(config_, tools_);
    if (!age) {
      finder_.warn("the page's heartbeat cannot be read: " + age.error().detail,
                   "mend the store first");
      return;
    }
    if (*age && **age <= kBeats) {
      finder_.ok("countersign-challenge runs");
      return;
    }
    // One that answers need not be started; what it lacks is said below.
    if (storeless) return;
    const std::string since =
        *age ? "was last heard of " +
                   std::to_string(std::chrono::duration_cast<seconds>(**age).count()) + " s ago"
             : "is not heard of";
    bad("countersign-challenge " + since +
            ": no URL is named, strangers are refused for now; after 4 hours of that, held "
            "silently",
        serves ? "it answers at its address: see its log, whether it uses the same store and "
                 "prefix, and restart it"
               : kStart);
  }

  const Config& config_;
  const Tools& tools_;
  const bool needed_;
  Finder finder_;
};

}  // namespace

void check_page(const Config& config, const Tools& tools, bool needed, Findings& into) {
  PageCheck(config, tools, needed, into).run();
}

}  // namespace countersign::admin
