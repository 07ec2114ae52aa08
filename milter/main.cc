// SPDX-License-Identifier: Apache-2.0
//
// countersign-milter: the composition root. It names Redis, POSIX and libmilter classes together
// and turns the configuration into plain values; everything else takes interfaces.
#include <getopt.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "authentication/authenticator_process.h"
#include "base/log.h"
#include "config/config.h"
#include "config/postmap_table.h"
#include "config/restart.h"
#include "holding/asking_desk.h"
#include "holding/intake_desk.h"
#include "holding/lost_urls.h"
#include "holding/node.h"
#include "mail/unicode.h"
#include "milter/callbacks.h"
#include "milter/listener.h"
#include "milter/milter_metrics.h"
#include "milter/reply_language.h"
#include "milter/settings.h"
#include "spool/posix_fs.h"
#include "tokenstore/redis_store.h"

namespace countersign {
namespace {

constexpr const char* kUsage =
    "usage: countersign-milter [-c FILE]\n"
    "\n"
    "Screens mail for Postfix and Sendmail; see countersign-milter(8).\n"
    "\n"
    "  -c FILE     configuration (default " CS_SYSCONFDIR
    "/countersign.toml)\n"
    "  --help      this text\n"
    "  --version   the version\n"
    "\n"
    "SIGUSR1 reads the configuration anew. SIGTERM finishes what is begun, then ends.\n";

constexpr seconds kDrainTime{20};
constexpr seconds kReplyTime{60};  ///< for each reply of our own MTA
constexpr seconds kStopTime{10};   ///< for what our MTA is told when we are to stop
constexpr seconds kLimitTime{2};   ///< likewise, when it is only asked how much it takes

struct Arguments {
  std::string config = CS_SYSCONFDIR "/countersign.toml";
  std::optional<int> done;  ///< exit status, when there is nothing more to do
};

Arguments parse_arguments(int argc, char** argv) {
  static const option kLong[] = {{"config", required_argument, nullptr, 'c'},
                                 {"help", no_argument, nullptr, 'h'},
                                 {"version", no_argument, nullptr, 'v'},
                                 {nullptr, 0, nullptr, 0}};
  Arguments out;
  for (int c; (c = getopt_long(argc, argv, "c:h", kLong, nullptr)) != -1;) {
    if (c == 'c') {
      out.config = optarg;
    } else if (c == 'h') {
      std::fputs(kUsage, stdout);
      out.done = EX_OK;
    } else if (c == 'v') {
      std::puts("countersign-milter " PACKAGE_VERSION);
      out.done = EX_OK;
    } else {
      std::fputs(kUsage, stderr);
      out.done = EX_USAGE;
    }
  }
  if (!out.done && optind != argc) {
    std::fprintf(stderr, "countersign-milter: '%s': takes no such argument\n%s", argv[optind],
                 kUsage);
    out.done = EX_USAGE;
  }
  return out;
}

[[noreturn]] void stop(int status, const std::string& why) {
  log::error(why);
  std::fprintf(stderr, "countersign-milter: %s\n", why.c_str());
  std::exit(status);
}

// --- the configuration as plain values

Disposition hold_or(std::string_view word, Disposition other) {
  return word == "hold" ? Disposition::hold_silently : other;
}

std::vector<std::string> lower(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) out.push_back(ascii_lower(name));
  return out;
}

Result<VerdictSettings> verdicts_of(const Config& config) {
  VerdictSettings out;
  const auto trusted = lower(config.verdicts.trusted);
  out.trusted = {trusted.begin(), trusted.end()};
  out.scores = lower(config.verdicts.scores);
  for (const auto& [texts, tests] : {std::pair(&config.verdicts.malware, &out.malware),
                                     std::pair(&config.verdicts.spam, &out.spam)})
    for (const std::string& text : *texts) {
      CS_ASSIGN(HeaderTest test, HeaderTest::parse(text));
      tests->push_back(std::move(test));
    }
  return out;
}

bool answers_by_reply(const Config& config) {
  const auto& answers = config.challenge.answers;
  return std::ranges::find(answers, "reply") != answers.end() &&
         !config.protect.recipient_delimiter.empty();
}

/// The replies of a site: in its own words, else ours in its language.
ReplyTexts replies_of(const Config::Site& site) {
  const auto* in = language::find_catalogue(site.language);
  ReplyTexts out = reply_texts(in ? *in : language::english());
  if (!site.reply_kept.empty()) out.kept = site.reply_kept;
  if (!site.reply_refused.empty()) out.refused = site.reply_refused;
  if (!site.reply_deferred.empty()) out.deferred = site.reply_deferred;
  return out;
}

/// The address of the page for domains that have their own.
std::map<std::string, std::string, std::less<>> domain_urls(const Config& config) {
  std::map<std::string, std::string, std::less<>> out;
  for (const auto& [domain, site] : config.sites)
    if (!site.base_url.empty()) out.emplace(domain, site.base_url);
  return out;
}

const std::string& site_url(const Config& config) {
  return config.site.base_url.empty() ? config.challenge.base_url : config.site.base_url;
}

NoticeSettings notice_settings(const Config& config) {
  NoticeSettings out;
  out.from = config.notices.from;
  out.base_url = site_url(config);
  if (answers_by_reply(config)) out.reply_delimiters = config.protect.recipient_delimiter;
  if (const auto* in = language::find_catalogue(config.site.language)) out.in = in;
  out.domain_urls = domain_urls(config);
  for (const auto& [domain, site] : config.sites)
    if (const auto* in = language::find_catalogue(site.language))
      out.domain_languages.emplace(domain, in);
  return out;
}

Result<MilterSettings> settings_of(const Config& config, const Keyring& keys) {
  MilterSettings out;
  const auto token_keys = keys.all("token");
  out.token_keys = {token_keys.begin(), token_keys.end()};
  out.strip_tokens = config.protect.strip_tokens;
  out.protected_domains = {config.protect.domains.begin(), config.protect.domains.end()};
  for (const auto& [address, owners] : config.protect.owners)
    if (const std::string what = out.owners.add(address, owners); !what.empty())
      return Error{Errc::invalid, "protect.mailboxes: " + what};
  if (config.protect.mailboxes_asked) {
    static const SystemClock clock;
    out.owner_table = std::make_shared<PostmapTable>(config.protect.mailboxes, clock);
  }
  for (const std::string& address : config.protect.exempt) {
    CS_ASSIGN(Mailbox mailbox, Mailbox::parse(address));
    out.exempt.insert(std::move(mailbox));
  }
  out.notices_from = config.notices.from;
  out.recipient_delimiters = config.protect.recipient_delimiter;
  CS_ASSIGN(out.submit_networks, NetworkList::parse(config.milter.submit_networks));
  CS_ASSIGN(out.relays, NetworkList::parse(config.milter.relays));
  out.defaults.mode =
      from_word<Mode>(kModeWords, config.first_contact.mode).value_or(Mode::observe);
  out.defaults.keep = config.first_contact.keep;
  out.defaults.machines = hold_or(config.first_contact.machines, Disposition::aside);
  out.defaults.challenge_from = parse_score(config.first_contact.challenge_from);
  out.ask_after = config.first_contact.ask_after;
  CS_ASSIGN(out.verdicts, verdicts_of(config));
  const std::string& source = config.authentication.source;
  out.authentication = {.source = source == "header"    ? AuthenticationSource::header
                                  : source == "builtin" ? AuthenticationSource::builtin
                                                        : AuthenticationSource::none,
                        .authserv_id = config.authentication.authserv_id,
                        .arc_sealers = config.authentication.arc_sealers};
  out.buffer_folder = config.spool.directory + "/tmp";
  const auto& channels = config.challenge.channels;
  out.mail_channel = std::ranges::find(channels, "mail") != channels.end();
  if (answers_by_reply(config)) {
    const auto reply_keys = keys.all("answer");
    out.reply_keys = {reply_keys.begin(), reply_keys.end()};
  }
  out.max_message_bytes = config.milter.max_message;
  out.replies = replies_of(config.site);
  for (const auto& [domain, site] : config.sites) out.domain_replies[domain] = replies_of(site);
  return out;
}

/// countersign-authenticate is installed beside us.
std::string authenticate_program() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() /
         "countersign-authenticate";
}

void run_authenticator(AuthenticatorProcess& process, const Config& config) {
  if (config.authentication.source != "builtin") return process.stop();
  process.run({.program = authenticate_program(),
               .resolver = config.authentication.resolver,
               .log_level = config.log.level,
               .log_target = config.log.target});
}

IntakeSettings intake_settings(const Config& config) {
  return {.base_url = site_url(config),
          .lifetime = config.first_contact.lifetime,
          .limits = {},
          .domain_urls = domain_urls(config)};
}

AskingSettings asking_settings(const Config& config) {
  // Once ask_after is over the next try is held: a sender's server that lets two days pass begins
  // anew.
  return {.base_url = site_url(config),
          .lifetime = config.first_contact.lifetime,
          .deferred_lifetime = config.first_contact.ask_after + std::chrono::hours(48),
          .domain_urls = domain_urls(config)};
}

StoreSettings store_settings(const Config& config, const Keyring& keys, MilterMetrics& metrics) {
  StoreSettings out{.url = config.store.url,
                    .prefix = config.store.prefix,
                    .login = {},
                    .site = {},
                    .observe = [&metrics](auto took) { metrics.store_latency.observe(took); }};
  if (const auto login = keys.current("store"))
    out.login = RedisLogin{.user = login->id, .password = login->bytes};
  return out;
}

std::string host_name() {
  char name[256] = "localhost";
  (void)gethostname(name, sizeof name - 1);
  return name;
}

/// Says at start what could lose contacts; a store that is down is no reason not to start.
void report_store(RedisStore& store) {
  const auto findings = store.check(std::chrono::steady_clock::now() + seconds(3));
  if (!findings) {
    log::warning("store not reachable at start", {{"error", findings.error().detail}});
    return;
  }
  for (const StoreFinding& finding : *findings)
    if (finding.severity != StoreFinding::Severity::note)
      log::warning("store", {{"finding", finding.text}});
}

SpoolLimits spool_limits(const Config& config) {
  SpoolLimits limits;
  limits.bytes = config.spool.limit;
  limits.message_bytes = config.milter.max_message;
  return limits;
}

/// Everything that runs, in the order in which it is built; none of it is ever destroyed, because
/// libmilter's threads may use it until _exit(2).
struct Program {
  Program(const Config& config, Keyring keyring, std::unique_ptr<PosixFs> spool_fs,
          std::unique_ptr<Spool> opened, std::unique_ptr<SpoolClock> ticking,
          MilterSettings settings)
      : keys(std::move(keyring)),
        fs(std::move(spool_fs)),
        spool(std::move(opened)),
        spool_clock(std::move(ticking)),
        mta(make_relay(config.release.smtp, host_name(), kReplyTime, &ending)),
        notices(make_relay(config.notices.smtp, host_name(), kReplyTime, &ending)),
        store(open_store(config)),
        desk({.spool = *spool,
              .table = table,
              .index = store->held(),
              .directory = store->directory(),
              .contacts = store->contacts(),
              .requests = store->requests(),
              .budgets = store->budgets(),
              .claims = claims,
              .keys = keys,
              .clock = clock,
              .on_change = [this](const HeldId& id) { node.changed(id); }}),
        asking({.asked = store->asked(),
                .index = store->held(),
                .directory = store->directory(),
                .desk = desk,
                .keys = keys,
                .clock = clock},
               asking_settings(config)),
        replies(store->held(), store->requests(), keys),
        releaser(*spool, *mta, clock),
        release_limit([address = config.release.smtp] {
          return offered_size(address, host_name(), kLimitTime);
        }),
        announcer({.spool = *spool,
                   .table = table,
                   .claims = claims,
                   .outbox = store->outbox(),
                   .notices = *notices,
                   .keys = keys,
                   .clock = clock},
                  notice_settings(config), host_name()),
        reports(*fs, announcer),
        node({.spool = *spool,
              .fs = *fs,
              .spool_clock = *spool_clock,
              .table = table,
              .claims = claims,
              .index = store->held(),
              .directory = store->directory(),
              .requests = store->requests(),
              .desk = desk,
              .asking = asking,
              .releaser = releaser,
              .announcer = announcer,
              .reports = reports,
              .release_limit = release_limit,
              .keys = keys,
              .clock = clock,
              .metrics = node_metrics},
             config.notices.digest),
        intake({.spool = *spool,
                .spool_clock = *spool_clock,
                .index = store->held(),
                .budgets = store->budgets(),
                .table = table,
                .keys = keys,
                .clock = clock,
                .release_limit = release_limit,
                .on_held = [this](const HeldId& id, bool indexed) { node.held(id, indexed); }},
               intake_settings(config)),
        outgoing(store->sent(), store->directory(), clock, milter_metrics),
        services(store->directory(), store->contacts(), store->tokens(), intake, asking, clock,
                 milter_metrics, std::move(settings)) {
    services.replies = &replies;
    services.outgoing = &outgoing;
    services.sent = &store->sent();
    services.sent_digests = SentDigests(keys.all("sent"));
    services.authenticator = &authenticator;
    services.owe_report = [this](const HeldEnvelope& refused, std::string_view header) {
      return reports.owe(refused, header);
    };
  }

  std::unique_ptr<RedisStore> open_store(const Config& config) {
    auto opened = RedisStore::open(store_settings(config, keys, milter_metrics), clock);
    if (!opened) stop(EX_CONFIG, opened.error().detail);
    return *std::move(opened);
  }

  SystemClock clock;
  metrics::Registry registry;
  MilterMetrics milter_metrics{registry};
  NodeMetrics node_metrics{registry};
  Keyring keys;
  std::unique_ptr<PosixFs> fs;
  std::unique_ptr<Spool> spool;
  std::unique_ptr<SpoolClock> spool_clock;
  Ending ending;
  std::unique_ptr<Relay> mta, notices;
  std::unique_ptr<RedisStore> store;
  HeldTable table;
  Claims claims;
  Desk desk;
  StoreAskingDesk asking;
  StoreReplyDesk replies;
  Releaser releaser;
  ReleaseLimit release_limit;
  Announcer announcer;
  ReportDesk reports;
  Node node;
  SpoolIntakeDesk intake;
  OutgoingMail outgoing;
  AuthenticatorProcess authenticator;
  Services services;
};

template <class T>
T or_stop(Result<T> result, int status) {
  if (!result) stop(status, result.error().detail);
  return *std::move(result);
}

Program& build(const Config& config) {
  Keyring keys = or_stop(Keyring::load(config.secrets.milter), EX_CONFIG);
  for (const char* purpose : {"answer", "operator", "sent", "web"})
    (void)or_stop(keys.current(purpose), EX_CONFIG);
  MilterSettings settings = or_stop(settings_of(config, keys), EX_CONFIG);
  auto fs = or_stop(PosixFs::open_folder(config.spool.directory), EX_CANTCREAT);
  auto spool = Spool::open(*fs, spool_limits(config));
  if (!spool)
    stop(spool.error().code == Errc::already_exists ? EX_TEMPFAIL : EX_CANTCREAT,
         config.spool.directory + ": " + spool.error().detail);
  static SystemClock clock;
  auto spool_clock = or_stop(SpoolClock::open(*fs, clock), EX_CANTCREAT);
  return *new Program(config, std::move(keys), std::move(fs), *std::move(spool),
                      std::move(spool_clock), std::move(settings));
}

/// Says how much is held under URLs that no key of `keys` makes: its senders cannot answer.
void report_lost_urls(const Program& program, const Keyring& keys) {
  const LostUrls lost = lost_urls(program.table, keys);
  if (lost.messages.empty()) return;
  log::warning(
      "held messages were given URLs by an answer key that is gone from secrets.milter: put its "
      "line back, below the current one, and restart; or use countersign held release",
      {{"messages", static_cast<long long>(lost.messages.size())}, {"keys", lost.keys}});
}

/// `started_with`: what counts for sockets and the like until the end.
void reload(Program& program, const Config& started_with, const std::string& path) {
  const auto config = load_config(path);
  // Of the secrets only the keys of address tokens are read anew: who issues with a new key needs
  // them known here, and all others are used for what this process has made itself.
  const auto keys = config ? Keyring::load(config->secrets.milter) : config.error();
  auto settings = keys ? settings_of(*config, *keys) : keys.error();
  if (!settings) {
    log::error("reload refused, the old configuration stays", {{"error", settings.error().detail}});
    return;
  }
  run_authenticator(program.authenticator, *config);
  program.services.set_settings(*std::move(settings));
  program.intake.set(intake_settings(*config));
  program.asking.set(asking_settings(*config));
  program.announcer.set(notice_settings(*config));
  (void)log::set_level(config->log.level);
  log::info("configuration read anew", {{"file", path}});
  if (const auto keys_left = needs_restart(Daemon::milter, started_with, *config);
      !keys_left.empty())
    log::warning("changed keys count only after a restart", {{"keys", keys_left}});
  if (const auto secrets_left = secrets_need_restart(Daemon::milter, program.keys, *keys);
      !secrets_left.empty())
    log::warning("changed secrets count only after a restart", {{"keys", secrets_left}});
  report_lost_urls(program, *keys);
}

/// Learns whose mode is which, so that an outage of the store is judged by what was set last.
void remember_modes(Program& program) {
  if (!program.store->directory().healthy()) return;
  PolicyMemory& memory = program.services.modes;
  const auto fresh = program.store->policies().modes(memory.version(),
                                                     std::chrono::steady_clock::now() + seconds(1));
  if (!fresh || !*fresh) return;
  memory.take(**fresh);
  if (const Status kept = put_modes(*program.fs, memory.text()); !kept)
    log::warning("modes not kept", {{"error", kept.error().detail}});
}

/// Takes the modes that were set when this daemon last ran.
void recall_modes(Program& program) {
  const auto kept = read_modes(*program.fs);
  if (!kept && kept.error().code == Errc::not_found) return;
  const Status taken = kept ? program.services.modes.take_text(*kept) : Status(kept.error());
  if (!taken)
    log::warning(
        "the file modes in the spool is damaged: until the store answers, modes that it does not "
        "tell are as configured",
        {{"error", taken.error().detail}});
}

/// Waits for SIGUSR1, and each second for what else may have changed. Ends with the process.
void watch(Program& program, const Config& started_with, const std::string& path) {
  (void)pthread_setname_np(pthread_self(), "watch");
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  for (;;) {
    const timespec second{1, 0};
    if (sigtimedwait(&usr1, nullptr, &second) == SIGUSR1) reload(program, started_with, path);
    dispose_closed_sessions();
    remember_modes(program);
    const auto paused = is_paused(*program.fs);
    if (!paused) continue;
    if (program.services.paused.exchange(*paused) != *paused)
      log::warning(*paused ? "paused: everything passes" : "resumed");
  }
}

void block_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT, SIGUSR1}) sigaddset(&set, signal);
  // Before the first thread: all inherit the mask, and only sigwait() takes them.
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int run(const std::string& path) {
  block_signals();
  const auto config = load_config(path);
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().detail.c_str());
    return EX_CONFIG;
  }
  if (auto set = log::set_up("countersign-milter", config->log.target, config->log.level); !set)
    stop(EX_CONFIG, set.error().detail);

  Program& program = build(*config);
  program.services.on_leak = [&program](const LeakAlarm& alarm) { program.node.leaked(alarm); };
  run_authenticator(program.authenticator, *config);
  if (auto done = register_callbacks(program.services); !done)
    stop(EX_SOFTWARE, done.error().detail);
  if (auto done = open_listener({.socket = config->milter.socket,
                                 .mode = config->milter.socket_mode,
                                 .group = config->milter.socket_group});
      !done)
    stop(EX_UNAVAILABLE, done.error().detail);
  if (!config->metrics.milter.empty())
    if (auto done = program.registry.serve(config->metrics.milter); !done)
      stop(EX_UNAVAILABLE, done.error().detail);
  program.services.paused = is_paused(*program.fs) ? *is_paused(*program.fs) : false;
  recall_modes(program);
  remember_modes(program);
  report_store(*program.store);
  if (auto done = program.node.start(); !done) stop(EX_UNAVAILABLE, done.error().detail);
  report_lost_urls(program, program.keys);
  std::thread(watch, std::ref(program), *config, path).detach();

  log::info("ready", {{"version", PACKAGE_VERSION},
                      {"socket", config->milter.socket},
                      {"node", program.spool->node()},
                      {"mode", config->first_contact.mode}});
  const Status served = serve(kDrainTime);
  if (!served) log::error("libmilter", {{"error", served.error().detail}});
  program.ending.at(std::chrono::steady_clock::now() + kStopTime);
  program.node.stop();
  program.outgoing.stop();
  program.authenticator.stop();
  log::info("ended");
  std::fflush(nullptr);
  // Sessions may still run in libmilter's threads: nothing may be destroyed under them.
  _exit(served ? EX_OK : EX_UNAVAILABLE);
}

}  // namespace
}  // namespace countersign

int main(int argc, char** argv) {
  const auto arguments = countersign::parse_arguments(argc, argv);
  if (arguments.done) return *arguments.done;
  try {
    return countersign::run(arguments.config);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "countersign-milter: %s\n", e.what());
    return EX_SOFTWARE;
  }
}
