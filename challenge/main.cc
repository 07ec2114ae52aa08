// SPDX-License-Identifier: Apache-2.0
//
// countersign-challenge: the web server of the challenge page (design sections 2 and 6).
//
// It reads the configuration, challenge.secrets and its own templates; never milter.secrets nor the
// spool. TERM, INT and HUP end it after the requests that are under way; USR1 reloads templates,
// proofs, their work, proxies, what the self-check asks, what /why says, and the log's level.
#include <getopt.h>
#include <signal.h>
#include <sysexits.h>
#include <time.h>

#include <cstdio>
#include <initializer_list>
#include <map>
#include <set>

#include "base/guarded.h"
#include "base/keyring.h"
#include "base/log.h"
#include "base/metrics.h"
#include "challenge/challenge_site.h"
#include "challenge/heartbeat.h"
#include "challenge/http_server.h"
#include "challenge/listener.h"
#include "challenge/self_check.h"
#include "config/config.h"
#include "config/proofs.h"
#include "config/restart.h"
#include "tokenstore/redis_store.h"

namespace {

using namespace countersign;
using namespace countersign::challenge;

constexpr milliseconds kDrainPatience = seconds(10);
constexpr milliseconds kOwnPatience = seconds(5);

constexpr const char* kUsage =
    "Usage: countersign-challenge [-c FILE]\n"
    "Serves the page on which senders answer. See countersign-challenge(8).\n"
    "  -c, --config FILE  configuration (" CS_SYSCONFDIR
    "/countersign.toml)\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n";

int say(int status, const std::string& text) {
  std::fprintf(status == EX_OK ? stdout : stderr, "%s\n", text.c_str());
  return status;
}

Brand brand_of(const Config::Site& site) {
  return {site.language, site.base_url, site.name, site.logo, site.accent};
}

const std::string& url_of(const Config& config) {
  return config.site.base_url.empty() ? config.challenge.base_url : config.site.base_url;
}

SiteSettings site_settings(const Config& config) {
  std::map<std::string, Brand> brands;
  for (const auto& [domain, site] : config.sites) brands.emplace(domain, brand_of(site));
  const auto days = std::chrono::ceil<std::chrono::days>(config.first_contact.lifetime).count();
  return {url_of(config),
          config.challenge.proofs,
          config.challenge.proxies,
          config.challenge.client_field == "Forwarded" ? ClientField::forwarded
                                                       : ClientField::x_forwarded_for,
          config.challenge.templates,
          config.challenge.work,
          {config.challenge.operated_by, config.challenge.contact, "", static_cast<int>(days)},
          brand_of(config.site),
          std::move(brands)};
}

StoreSettings store_settings(const Config& config, const Keyring& keyring) {
  StoreSettings out;
  out.url = config.store.url;
  out.prefix = config.store.prefix;
  if (const auto login = keyring.current("store")) out.login = RedisLogin{login->id, login->bytes};
  return out;
}

/// Returns the web host's secrets, with a key for each use.
Result<Keyring> load_secrets(const Config& config) {
  CS_ASSIGN(Keyring keyring, Keyring::load(config.secrets.challenge));
  for (const char* purpose : {"web", "pow", "powkey", "wait"}) CS_TRY(keyring.current(purpose));
  return keyring;
}

/// What stays the same while the program runs, from the store up.
struct Program {
  Keyring keyring;
  SystemClock clock;
  metrics::Registry registry;
  WebMetrics metrics{registry};
  std::unique_ptr<RedisStore> store;
  std::unique_ptr<Pow> pow;
  std::unique_ptr<Wait> wait;
  std::unique_ptr<Codes> codes;
  std::unique_ptr<ChallengeSite> site;
  std::unique_ptr<HttpServer> server;
  Guarded<std::string> outside;  ///< the base_url that the heartbeat looks at; "": the listener
  Guarded<std::map<std::string, std::string>> domain_urls;  ///< of domains that have their own
  std::string looked_at;                                    ///< the last of these
  std::set<std::string> bad_domains;
  std::unique_ptr<Heartbeat> heartbeat;

  explicit Program(Keyring k) : keyring(std::move(k)) {}

  Status start(const Config& config) {
    // The port first: a second server must not take over the metrics' port, then fail.
    CS_ASSIGN(UniqueFd listener, listen_on(config.challenge.listen));
    CS_ASSIGN(store, RedisStore::open(store_settings(config, keyring), clock));
    CS_ASSIGN(pow, Pow::make(keyring, clock, {}));
    CS_ASSIGN(wait, Wait::make(keyring, clock, {}));
    CS_ASSIGN(codes, Codes::make(keyring, clock, {}));
    CS_ASSIGN(site, ChallengeSite::make({store->held(), store->web(), store->requests(), *pow,
                                         *wait, *codes, keyring, clock, metrics},
                                        site_settings(config)));
    if (!config.metrics.challenge.empty()) CS_TRY(registry.serve(config.metrics.challenge));
    ServerLimits limits;
    CS_ASSIGN(limits.proxies, NetworkList::parse(config.challenge.proxies));
    CS_ASSIGN(server, HttpServer::start(std::move(listener), *site, limits,
                                        [this](Turned why) { metrics.turned.increment(why); }));
    warn(config);
    set_outside(config);
    heartbeat = std::make_unique<Heartbeat>(
        store->web(), [this](Deadline deadline) { return check(deadline); }, HeartbeatSettings{});
    log::info("page: serving",
              {{"listen", config.challenge.listen}, {"url", config.challenge.base_url}});
    return {};
  }

  /// Whether senders find the page.
  Status check(Deadline deadline) {
    site->count_abandoned();
    const std::string url = outside.with([](const std::string& text) { return text; });
    if (url.empty()) return ask_health(server->listener(), deadline);
    const OutsideLook look = look_from_outside(url, keyring, deadline);
    if (look.found == Outside::ours) {
      look_at_next_domain();
      return {};
    }
    if (look.found == Outside::not_ours) return Error{Errc::unavailable, look.why};
    // That says nothing of the page.
    log::warning("page: its own name has no address here", {{"why", look.why}});
    return ask_health(server->listener(), std::chrono::steady_clock::now() + kOwnPatience);
  }

  /// Looks at the page of one domain that has its own address, the next at each beat: its URLs are
  /// named all the same, so its administrator must hear of it. For the heartbeat's thread.
  void look_at_next_domain() {
    const auto urls = domain_urls.with([](const auto& all) { return all; });
    if (urls.empty()) return;
    auto next = urls.upper_bound(looked_at);
    if (next == urls.end()) next = urls.begin();
    looked_at = next->first;
    const OutsideLook look =
        look_from_outside(next->second, keyring, std::chrono::steady_clock::now() + kOwnPatience);
    const bool is_bad = look.found == Outside::not_ours;
    if (is_bad == bad_domains.contains(looked_at)) return;
    if (is_bad) {
      bad_domains.insert(looked_at);
      log::error("page: not reached where a domain's senders are sent to",
                 {{"domain", looked_at}, {"url", next->second}, {"why", look.why}});
    } else {
      bad_domains.erase(looked_at);
      log::info("page: a domain's page is reached again", {{"domain", looked_at}});
    }
  }

  static void warn(const Config& config) {
    if (const std::string why = left_out_warning(config.challenge.proofs); !why.empty())
      log::warning("page: some people cannot answer", {{"why", why}});
  }

  void set_outside(const Config& config) {
    outside.with([&](std::string& text) {
      text = config.challenge.self_check == "base_url" ? url_of(config) : "";
    });
    domain_urls.with([&](auto& urls) {
      urls.clear();
      for (const auto& [domain, its] : config.sites)
        if (!its.base_url.empty()) urls.emplace(domain, its.base_url);
    });
  }

  void warn_of_secrets(const Config& config) const {
    const auto now = load_secrets(config);
    const std::string keys =
        now ? secrets_need_restart(Daemon::page, keyring, *now) : now.error().detail;
    if (!keys.empty())
      log::warning("page: changed secrets count only after a restart", {{"keys", keys}});
  }

  /// `started_with`: what counts for addresses and the like until the end.
  void reload(const Config& started_with, const std::string& path) {
    const auto config = load_config(path);
    const Status done = config ? site->reload(site_settings(*config)) : Status(config.error());
    if (!done) {
      log::error("page: not reloaded, the old settings stay", {{"why", done.error().detail}});
      return;
    }
    set_outside(*config);
    warn(*config);
    (void)log::set_level(config->log.level);
    log::info("page: reloaded");
    if (const auto keys = needs_restart(Daemon::page, started_with, *config); !keys.empty())
      log::warning("page: changed keys count only after a restart", {{"keys", keys}});
    warn_of_secrets(*config);
  }

  void end() {
    heartbeat.reset();
    server->drain(kDrainPatience);
    server.reset();
    store->stop();
    log::info("page: ended");
  }
};

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGHUP, SIGTERM, SIGINT, SIGUSR1}) sigaddset(&set, number);
  return set;
}

int run(const std::string& path) {
  // Before the first thread, so that all inherit it and only the loop below gets them.
  const sigset_t signals = our_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  tzset();  // localtime_r() need not

  const auto config = load_config(path);
  if (!config) return say(EX_CONFIG, config.error().detail);
  if (config->challenge.base_url.empty())
    return say(EX_CONFIG,
               path + ": challenge.base_url: must be set, as \"https://gate.example.org\"");
  if (const Status logs =
          log::set_up("countersign-challenge", config->log.target, config->log.level);
      !logs)
    return say(EX_CONFIG, logs.error().detail);
  auto secrets = load_secrets(*config);
  if (!secrets) return say(EX_CONFIG, secrets.error().detail);

  Program program(*std::move(secrets));
  if (const Status started = program.start(*config); !started) {
    log::error("page: cannot start", {{"why", started.error().detail}});
    return started.error().code == Errc::invalid ? EX_CONFIG : EX_UNAVAILABLE;
  }
  for (;;) {
    int number = 0;
    sigwait(&signals, &number);
    if (number != SIGUSR1) break;
    program.reload(*config, path);
  }
  program.end();
  return EX_OK;
}

}  // namespace

int main(int argc, char** argv) {
  const option options[] = {{"config", required_argument, nullptr, 'c'},
                            {"help", no_argument, nullptr, 'h'},
                            {"version", no_argument, nullptr, 'V'},
                            {}};
  std::string path = CS_SYSCONFDIR "/countersign.toml";
  for (int option = 0; (option = getopt_long(argc, argv, "c:hV", options, nullptr)) != -1;) {
    if (option == 'h') return say(EX_OK, kUsage);
    if (option == 'V') return say(EX_OK, "countersign-challenge " PACKAGE_VERSION);
    if (option != 'c') return say(EX_USAGE, kUsage);
    path = optarg;
  }
  if (optind != argc) return say(EX_USAGE, kUsage);
  try {
    return run(path);
  } catch (const std::exception& e) {
    return say(EX_SOFTWARE, std::string("countersign-challenge: ") + e.what());
  }
}
