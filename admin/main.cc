// SPDX-License-Identifier: Apache-2.0
//
// The admin command's composition root: the real things behind the Tools of the verbs.
#include <pwd.h>
#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "admin/command_line.h"
#include "admin/http_get.h"
#include "admin/output.h"
#include "admin/tools.h"
#include "admin/try_port.h"
#include "base/log.h"
#include "base/process.h"
#include "spool/posix_fs.h"
#include "tokenstore/acl.h"
#include "tokenstore/redis_store.h"

namespace {

using namespace countersign;
using namespace countersign::admin;

constexpr seconds kProgramTime{60};
// Longer than the 5 s in which Postfix waits for a proxy's header.
constexpr seconds kWelcomeTime{10};
constexpr seconds kReloadTime{2};
constexpr milliseconds kBetweenTries{100};

/// Who runs the command, as the log of a message will have it: the login behind sudo, if any.
std::string login_name() {
  if (const char* name = std::getenv("SUDO_USER"); name != nullptr && *name != '\0') return name;
  const passwd* entry = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe)
  return entry == nullptr ? "uid " + std::to_string(::getuid()) : entry->pw_name;
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

/// The `store` line of a secrets file; none if it has none.
Result<std::optional<RedisLogin>> login_of(const std::string& secrets) {
  CS_ASSIGN(const Keyring keys, Keyring::load(secrets));
  const auto login = keys.current("store");
  if (!login) return std::optional<RedisLogin>();
  return std::optional<RedisLogin>(RedisLogin{login->id, login->bytes});
}

Result<std::unique_ptr<RedisStore>> open_redis(const Config& config, const Clock& clock) {
  StoreSettings settings;
  settings.url = config.store.url;
  settings.prefix = config.store.prefix;
  CS_ASSIGN(settings.login, login_of(config.secrets.milter));
  return RedisStore::open(settings, clock);
}

Result<std::vector<StoreFinding>> check_web_login(const Config& config, Deadline deadline) {
  CS_ASSIGN(const RedisAddress address, RedisAddress::parse(config.store.url));
  CS_ASSIGN(const auto login, login_of(config.secrets.challenge));
  if (!login) return Error{Errc::not_found, config.secrets.challenge + ": no key for 'store'"};
  return check_web_user(address, config.store.prefix, *login, deadline);
}

/// An MTA that was told a moment ago to read its settings may not have its new ports yet.
Result<Welcome> welcome_of(const std::string& address) {
  const Deadline patience = std::chrono::steady_clock::now() + kReloadTime;
  for (;;) {
    auto welcome = ask_welcome(address, host_name(), kWelcomeTime);
    if (welcome || welcome.error().code != Errc::unavailable ||
        std::chrono::steady_clock::now() >= patience)
      return welcome;
    std::this_thread::sleep_for(kBetweenTries);
  }
}

Tools real_tools(const Clock& clock) {
  Tools tools{.clock = clock, .who = login_name()};
  tools.open_spool = [](const std::string& directory) -> Result<std::unique_ptr<SpoolFs>> {
    CS_ASSIGN(auto fs, PosixFs::open_folder(directory));
    return std::unique_ptr<SpoolFs>(std::move(fs));
  };
  tools.open_store = [&clock](const Config& config) -> Result<std::unique_ptr<Store>> {
    CS_ASSIGN(auto store, open_redis(config, clock));
    return std::unique_ptr<Store>(std::move(store));
  };
  tools.create_site = [&clock](const Config& config,
                               Deadline deadline) -> Result<std::pair<std::string, bool>> {
    CS_ASSIGN(const auto store, open_redis(config, clock));
    CS_ASSIGN(auto site, store->create_site(deadline));
    return std::pair(std::move(site.id), site.made);
  };
  tools.check_store = [&clock](const Config& config,
                               Deadline deadline) -> Result<std::vector<StoreFinding>> {
    CS_ASSIGN(const auto store, open_redis(config, clock));
    CS_ASSIGN(const std::string site, store->site_id(deadline));
    return store->check(deadline);
  };
  tools.check_web_login = check_web_login;
  tools.open_relay = [](const std::string& address) {
    return make_relay(address, host_name(), seconds(60));
  };
  tools.ask_welcome = welcome_of;
  tools.try_port = try_port;
  tools.load_keys = [](const std::string& path) { return Keyring::load(path); };
  tools.run_program = [](const std::vector<std::string>& argv) {
    return run_program(argv, std::chrono::steady_clock::now() + kProgramTime);
  };
  tools.http_get = http_get;
  return tools;
}

int run(int argc, char** argv) {
  const CommandLine line = parse_command_line(argc, argv, CS_SYSCONFDIR "/countersign.toml");
  if (line.verb == nullptr) {
    (line.status == EX_OK ? std::cout : std::cerr) << line.text;
    return line.status;
  }
  // What a verb finds wrong it says itself; the layers below would say it twice.
  if (!log::set_up("countersign", "stderr", "error")) return EX_SOFTWARE;
  const SystemClock clock;
  Tools tools = real_tools(clock);
  Output output(std::cout, std::cerr, line.invocation.json);
  const int status = line.verb->run(line.invocation, tools, output);
  output.flush();
  if (!std::cout) {
    std::cerr << "countersign: the output could not be written\n";
    return status == EX_OK ? EX_IOERR : status;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that goes away is told by write(2), in the middle of no step.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "countersign: " << error.what() << '\n';
    return EX_SOFTWARE;
  }
}
