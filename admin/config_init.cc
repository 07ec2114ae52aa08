// SPDX-License-Identifier: Apache-2.0
//
// config init: what a site needs once. Every step looks first and changes nothing that exists.
#include <ctime>

#include "admin/exit_status.h"
#include "admin/files.h"
#include "admin/opening.h"
#include "admin/run.h"
#include "admin/secrets_file.h"
#include "config/check.h"
#include "config/print.h"
#include "tokenstore/acl.h"

namespace countersign::admin {
namespace {

/// Today as "2027-05-03": a key's id says how old it is.
std::string day_of(WallTime now) { return rfc3339(now).substr(0, 10); }

Record step(std::string_view what, const std::string& path, bool made) {
  Record record;
  record.add("step", what).add("path", path).add("made", made);
  return record;
}

int write_starter(const std::string& path, Output& output) {
  if (const auto made = make_folder(folder_of(path), 0755, {}); !made)
    return fail(made.error(), output);
  if (const Status done = create_file(path, starter_config(), 0644, {}); !done)
    return fail(done.error(), output);
  output.put(step("config", path, true));
  output.say("Wrote " + path +
             ". Set protect.domains, authentication.authserv_id and challenge.base_url in it, then "
             "run this again.");
  return EX_CONFIG;
}

struct SecretsTexts {
  std::string milter;
  std::string challenge;
};

/// "" for a file that does not exist. Errors: unavailable.
Result<std::string> text_of(const std::string& path) {
  if (!exists(path)) return std::string();
  return read_whole_file(path);
}

Status put_secrets(const std::string& path, const std::string& old, const std::string& text,
                   const std::vector<std::string>& added, const std::string& user, Output& output) {
  Record record = step("secrets", path, old.empty());
  record.add("added", added);
  if (!added.empty()) {
    Owner owner;
    if (!user.empty()) {
      CS_ASSIGN(owner, owner_by_name(user));
      owner.user.reset();  // Root's, readable by the group: who runs the daemon changes no key.
    }
    CS_TRY(make_folder(folder_of(path), 0755, {}));
    CS_TRY(exists(path) ? replace_file(path, text) : create_file(path, text, 0640, owner));
  }
  output.put(record);
  std::string names;
  for (const auto& purpose : added) names += (names.empty() ? "" : ", ") + purpose;
  output.say(path + (added.empty() ? ": complete" : ": added " + names));
  return {};
}

Result<SecretsTexts> make_secrets(const Config& config, const Invocation& invocation, Tools& tools,
                                  Output& output) {
  CS_ASSIGN(const std::string milter, text_of(config.secrets.milter));
  CS_ASSIGN(const std::string challenge, text_of(config.secrets.challenge));
  CS_ASSIGN(Secrets secrets,
            complete_secrets(milter, config.secrets.milter, challenge, config.secrets.challenge,
                             day_of(tools.clock.wall())));
  CS_TRY(put_secrets(config.secrets.milter, milter, secrets.milter, secrets.added_to_milter,
                     invocation.option("--user").value_or(""), output));
  CS_TRY(put_secrets(config.secrets.challenge, challenge, secrets.challenge,
                     secrets.added_to_challenge, invocation.option("--web-user").value_or(""),
                     output));
  return SecretsTexts{std::move(secrets.milter), std::move(secrets.challenge)};
}

Status make_spool(const Config& config, const Invocation& invocation, Output& output) {
  Owner owner;
  if (const auto user = invocation.option("--user")) {
    CS_ASSIGN(owner, owner_by_name(*user));
  }
  CS_ASSIGN(const bool made, make_folder(config.spool.directory, 0700, owner));
  output.put(step("spool", config.spool.directory, made));
  output.say(config.spool.directory + (made ? ": made" : ": is there"));
  return {};
}

/// Prints the users on stdout and nothing else, so that they can go into a file.
Status print_users(const Config& config, const SecretsTexts& texts, Output& output) {
  output.say(
      "The Redis users of the nodes and of the web host, for Redis' users.acl or redis.conf:");
  const auto one = [&](StoreRole role, const std::string& text, const std::string& path) -> Status {
    CS_ASSIGN(const Keyring keys, Keyring::parse(text, path));
    CS_ASSIGN(const Secret login, keys.current("store"));
    std::string line = acl_line(role, config.store.prefix, login.bytes);
    // A site may have given the user another name.
    const std::string name(acl_user(role));
    if (const auto at = line.find(name); login.id != name && at != std::string::npos)
      line.replace(at, name.size(), login.id);
    Record record;
    record.add("step", "redis_user").add("user", login.id).add("line", line);
    output.put(record, line);
    return {};
  };
  CS_TRY(one(StoreRole::node, texts.milter, config.secrets.milter));
  CS_TRY(one(StoreRole::web, texts.challenge, config.secrets.challenge));
  output.flush();
  return {};
}

int make_site(const Config& config, Tools& tools, Output& output) {
  const auto site = tools.create_site(config, store_deadline());
  if (!site) {
    output.say("Redis: " + site.error().detail);
    output.say("All else is made. Start Redis, give it the users above, and run this again.");
    return exit_status(site.error().code);
  }
  const auto& [id, made] = *site;
  Record record;
  record.add("step", "site").add("id", id).add("made", made);
  output.put(record);
  output.say("Redis: " + config.store.prefix + "site is " + id + (made ? ", made just now" : ""));
  // A daemon that knew the site before takes the new one for another's: to it all is unknown.
  if (made)
    output.say(
        "If Countersign ran with this Redis before, its database was emptied: contacts and "
        "policies "
        "are gone, and daemons that run refuse mail for now, until they are restarted. Restart "
        "countersign-milter and countersign-challenge on every host.");
  return EX_OK;
}

}  // namespace

int config_init(const Invocation& invocation, Tools& tools, Output& output) {
  if (!exists(invocation.config_path)) return write_starter(invocation.config_path, output);
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  // Before anything is made: a wrong name leaves nothing half done.
  if (const int status = check_users(invocation, {"--user", "--web-user"}, output); status != EX_OK)
    return status;
  const auto texts = make_secrets(*config, invocation, tools, output);
  if (!texts) return fail(texts.error(), output);
  if (const Status done = make_spool(*config, invocation, output); !done)
    return fail(done.error(), output);
  if (const Status done = print_users(*config, *texts, output); !done)
    return fail(done.error(), output);
  return make_site(*config, tools, output);
}

}  // namespace countersign::admin
