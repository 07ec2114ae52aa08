// SPDX-License-Identifier: Apache-2.0
#include "admin/opening.h"

#include "admin/exit_status.h"
#include "admin/files.h"
#include "admin/permission.h"

namespace countersign::admin {

Deadline store_deadline() { return std::chrono::steady_clock::now() + kStoreTime; }

std::optional<Config> load(const Invocation& invocation, Output& output) {
  auto config = load_config(invocation.config_path);
  if (config) return std::move(*config);
  std::string_view problems = config.error().detail;
  while (!problems.empty()) {
    const auto end = std::min(problems.find('\n'), problems.size());
    output.say(problems.substr(0, end));
    problems.remove_prefix(std::min(end + 1, problems.size()));
  }
  return std::nullopt;
}

std::unique_ptr<SpoolFs> open_spool(const Config& config, Tools& tools, Output& output) {
  auto fs = tools.open_spool(config.spool.directory);
  if (fs) return std::move(*fs);
  if (may_not_read(config.spool.directory)) {
    output.say("spool " + config.spool.directory + ": no permission; " + kRunAsOwner);
    return nullptr;
  }
  output.say("spool " + config.spool.directory + ": " + fs.error().detail +
             "; 'countersign config init' makes it");
  return nullptr;
}

int no_spool(const Config& config) {
  return may_not_read(config.spool.directory) ? EX_NOPERM : EX_UNAVAILABLE;
}

std::unique_ptr<Store> open_store(const Config& config, Tools& tools, Output& output) {
  auto store = tools.open_store(config);
  if (store) return std::move(*store);
  if (may_not_read(config.secrets.milter)) {
    output.say(config.secrets.milter + ": no permission; " + kRunAsOwner);
    return nullptr;
  }
  output.say(store.error().detail);
  return nullptr;
}

int no_store(const Config& config) {
  return may_not_read(config.secrets.milter) ? EX_NOPERM : EX_CONFIG;
}

int check_users(const Invocation& invocation, std::initializer_list<std::string_view> options,
                Output& output) {
  for (const auto option : options)
    if (const auto user = invocation.option(option))
      if (const auto owner = owner_by_name(*user); !owner) {
        output.say(std::string(option) + ": " + owner.error().detail);
        return EX_NOUSER;
      }
  return EX_OK;
}

int fail(const Error& error, Output& output) {
  output.say(error.detail);
  return exit_status(error.code);
}

}  // namespace countersign::admin
