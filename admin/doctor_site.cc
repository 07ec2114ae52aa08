// SPDX-License-Identifier: Apache-2.0
#include "admin/doctor_site.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>

#include "admin/doctor_room.h"
#include "admin/files.h"
#include "admin/milter_state.h"
#include "admin/permission.h"
#include "admin/whom.h"
#include "config/values.h"
#include "relay/smtp_client.h"
#include "spool/spool.h"

namespace countersign::admin {
namespace {

constexpr seconds kPatience{5};
constexpr milliseconds kGlance{100};  ///< for requests that wait already
/// Fewer held messages say nothing of where clients come from.
constexpr int kEnoughMessages = 20;
constexpr int kMostMessages = 1000;

Deadline soon() { return std::chrono::steady_clock::now() + kPatience; }

std::string joined(const std::vector<std::string_view>& list) {
  std::string out;
  for (const auto text : list) out.append(out.empty() ? "" : ", ").append(text);
  return out;
}

// --- secrets

/// Whether the file is there; judges who may read it.
bool check_mode(const std::string& path, Finder& finder) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) {
    finder.fail(path + ": " + std::strerror(errno), "countersign config init");
    return false;
  }
  if ((file.st_mode & 07U) != 0)
    finder.fail(path + " can be read or written by everybody", "chmod 0640 " + path);
  else if ((file.st_mode & 020U) != 0)
    finder.warn(path + " can be written by its group", "chmod 0640 " + path);
  return true;
}

void check_purposes(const Keyring& keys, const std::string& path,
                    const std::vector<std::string_view>& needed,
                    const std::vector<std::string_view>& foreign, Finder& finder) {
  const auto has = [&](std::string_view purpose) { return !keys.all(purpose).empty(); };
  std::vector<std::string_view> missing, extra;
  std::copy_if(needed.begin(), needed.end(), std::back_inserter(missing),
               [&](auto purpose) { return !has(purpose); });
  std::copy_if(foreign.begin(), foreign.end(), std::back_inserter(extra), has);
  if (!missing.empty())
    finder.fail(path + " has no key for " + joined(missing), "countersign config init");
  if (!extra.empty())
    finder.fail(path + " has keys that its role must not have: " + joined(extra),
                "take them out; where the file was on another host, make new ones");
  if (missing.empty() && extra.empty()) finder.ok(path + " has its keys");
}

void check_shared(const Keyring& milter, const Keyring& challenge, Finder& finder) {
  const auto known = milter.all("web");
  for (const Secret& key : challenge.all("web"))
    if (std::none_of(known.begin(), known.end(),
                     [&](const Secret& other) { return other.bytes == key.bytes; }))
      finder.fail("the milter does not know the web host's key " + key.id +
                      ": answers would be refused as forged",
                  "countersign config init");
}

// --- spool

void check_folder(const Config& config, Finder& finder) {
  struct stat folder {};
  if (::stat(config.spool.directory.c_str(), &folder) != 0) return;
  if ((folder.st_mode & 077U) != 0)
    finder.warn(config.spool.directory + " is open to others than its owner",
                "chmod 0700 " + config.spool.directory);
}

void check_writing(SpoolFs& fs, Finder& finder) {
  // tmp/ is what a daemon makes first: without it none has run yet.
  const auto ready = fs.exists("tmp");
  if (!ready || !*ready) return;
  const std::string name = "tmp/doctor." + std::to_string(::getpid());
  Status done;
  if (auto file = fs.create(name); !file) {
    done = file.error();
  } else {
    done = (*file)->write_all("x");
    if (done) done = (*file)->fsync();
    if (const Status removed = fs.unlink(name); done && !removed) done = removed;
  }
  if (!done)
    finder.fail("the spool cannot be written: " + done.error().detail,
                "all mail from strangers is refused for now: mend the file system");
}

void check_room(const Config& config, SpoolFs& fs, Finder& finder) {
  const auto space = fs.space();
  if (!space || space->total_bytes == 0) return;
  const std::string free = show_size(space->free_bytes / 1'000'000 * 1'000'000) + " free";
  if (space->free_bytes < config.milter.max_message)
    finder.fail("the spool's file system is full: " + free, "make room");
  else if (space->free_bytes < config.spool.limit / 10)
    finder.warn("the spool's file system has little room: " + free + ", spool.limit is " +
                    show_size(config.spool.limit),
                "make room, or lower spool.limit");
  if (space->total_files > 0 && space->free_files < 100)
    finder.fail("the spool's file system has no inodes left", "make room");
}

void check_damaged(const Config& config, SpoolFs& fs, Finder& finder) {
  const auto damaged = fs.list_dir("damaged");
  if (!damaged || damaged->empty()) return;
  finder.warn(
      std::to_string(damaged->size()) + " damaged files in " + config.spool.directory + "/damaged",
      "look at them: they are mail that was held, and are never deleted");
}

void check_daemon(const Config& config, SpoolFs& fs, Finder& finder) {
  const auto paused = is_paused(fs);
  if (paused && *paused)
    finder.warn("paused: all mail passes without screening", "countersign resume");
  // Held for no longer than this look.
  const auto lock = fs.lock("lock");
  if (lock)
    finder.fail("no countersign-milter has the spool " + config.spool.directory,
                "start countersign-milter");
  else if (lock.error().code == Errc::already_exists)
    finder.ok("countersign-milter has the spool " + config.spool.directory);
  else
    finder.fail("the spool's lock: " + lock.error().detail, "mend the file system");
}

/// Behind NAT, or a proxy that does not tell, all clients look alike: then nothing that counts by
/// network can work, and the MTA may believe that all mail is its own.
void check_clients(SpoolFs& fs, Finder& finder) {
  const SpoolReader reader(fs);
  const auto ids = reader.list();
  if (!ids) return;
  std::set<std::string> clients;
  int messages = 0;
  for (const HeldId& id : *ids) {
    if (messages >= kMostMessages) break;
    const auto message = reader.read(id);
    if (!message) continue;
    const std::string client = client_of(message->envelope.received);
    if (client.empty()) continue;
    clients.insert(client);
    ++messages;
  }
  if (messages >= kEnoughMessages && clients.size() == 1)
    finder.warn("all " + std::to_string(messages) + " held messages come from " + *clients.begin() +
                    ": a NAT or proxy hides the clients",
                "let the MTA see the addresses of its clients");
}

// --- requests

/// Where a page's answers arrive: whatever stands there instead of a stream, they wait.
void check_requests(const Config& config, const Tools& tools, Finder& finder) {
  const auto fs = tools.open_spool(config.spool.directory);
  if (!fs) return;
  const auto node = SpoolReader(**fs).node();
  if (!node) return;  // no daemon has run yet
  const auto store = tools.open_store(config);
  if (!store) return;
  const auto waiting = (*store)->requests().read(*node, std::chrono::steady_clock::now() + kGlance);
  if (!waiting)
    finder.fail("requests of pages cannot be read, so that answers wait: " + waiting.error().detail,
                "look at " + config.store.prefix + "requests:" + *node +
                    " in Redis (TYPE): what is no stream is not ours; rename or delete it");
}

/// Whether the secrets, with the login in them, can be read: else nothing is wrong with Redis.
bool has_login(const std::string& secrets, const std::string& what, const Tools& tools,
               Finder& finder) {
  const auto keys = tools.load_keys(secrets);
  if (!keys)
    finder.fail(what + " could not be looked at: " + keys.error().detail,
                exists(secrets) ? "mend the file" : "countersign config init");
  return bool(keys);
}

}  // namespace

std::string client_of(std::string_view received) {
  const auto open = received.find('[');
  const auto close = received.find(']', open);
  if (open == std::string_view::npos || close == std::string_view::npos) return "";
  std::string_view literal = received.substr(open + 1, close - open - 1);
  if (literal.starts_with("IPv6:")) literal.remove_prefix(5);
  return std::string(literal);
}

void check_secrets(const Config& config, const Tools& tools, Findings& into) {
  Finder finder("secrets", into);
  if (may_not_read(config.secrets.milter)) {
    finder.fail(config.secrets.milter + " could not be looked at: no permission", kRunAsOwner);
    return;
  }
  const bool here = check_mode(config.secrets.milter, finder);
  const auto milter = tools.load_keys(config.secrets.milter);
  if (here && !milter) finder.fail(milter.error().detail, "mend the file");
  if (milter)
    check_purposes(*milter, config.secrets.milter,
                   {"answer", "sent", "token", "operator", "web", "store"},
                   {"pow", "powkey", "wait"}, finder);
  if (!exists(config.secrets.challenge)) {
    finder.warn(config.secrets.challenge + " is not on this host",
                "nothing, if countersign-challenge runs on another host");
    return;
  }
  check_mode(config.secrets.challenge, finder);
  const auto challenge = tools.load_keys(config.secrets.challenge);
  if (!challenge) {
    finder.fail(challenge.error().detail, "mend the file");
    return;
  }
  check_purposes(*challenge, config.secrets.challenge, {"web", "pow", "powkey", "wait", "store"},
                 {"answer", "sent", "token", "operator"}, finder);
  if (milter) check_shared(*milter, *challenge, finder);
}

void check_store(const Config& config, const Tools& tools, Findings& into) {
  Finder finder("store", into);
  const auto add = [&](const std::vector<StoreFinding>& found) {
    for (const StoreFinding& finding : found) {
      if (finding.severity == StoreFinding::Severity::failure)
        finder.fail(finding.text, "");
      else if (finding.severity == StoreFinding::Severity::warning)
        finder.warn(finding.text, "");
      else
        finder.ok(finding.text);
    }
  };
  const std::string where = without_password(config.store.url);
  if (may_not_read(config.secrets.milter)) {
    finder.fail(where + " could not be looked at: no permission to read " + config.secrets.milter,
                kRunAsOwner);
    return;
  }
  if (!has_login(config.secrets.milter, where, tools, finder)) return;
  const auto found = tools.check_store(config, soon());
  if (!found) {
    finder.fail(where + ": " + found.error().detail, found.error().code == Errc::not_found
                                                         ? "countersign config init"
                                                         : "start Redis; mail from strangers is "
                                                           "refused for now");
    return;
  }
  finder.ok(where + " answers");
  add(*found);
  check_requests(config, tools, finder);
  if (!exists(config.secrets.challenge)) return;
  if (may_not_read(config.secrets.challenge)) {
    finder.warn("the web host's login could not be looked at: no permission to read " +
                    config.secrets.challenge,
                "run this as root");
    return;
  }
  if (!has_login(config.secrets.challenge, "the web host's login", tools, finder)) return;
  const auto web = tools.check_web_login(config, soon());
  if (!web)
    finder.fail("the web host's login: " + web.error().detail,
                "give Redis the user that countersign config init prints");
  else if (web->empty())
    finder.ok("the web host's user can do what it must, and nothing else");
  else
    add(*web);
}

void check_spool(const Config& config, const Tools& tools, Findings& into) {
  Finder finder("spool", into);
  if (may_not_read(config.spool.directory)) {
    finder.fail(config.spool.directory + " could not be looked at: no permission", kRunAsOwner);
    return;
  }
  const auto fs = tools.open_spool(config.spool.directory);
  if (!fs) {
    finder.fail(config.spool.directory + ": " + fs.error().detail, "countersign config init");
    return;
  }
  check_folder(config, finder);
  check_writing(**fs, finder);
  check_room(config, **fs, finder);
  SpoolLimits limits;
  limits.bytes = config.spool.limit;
  limits.message_bytes = config.milter.max_message;
  check_shares(limits, **fs, finder);
  check_damaged(config, **fs, finder);
  check_daemon(config, **fs, finder);
  check_clients(**fs, finder);
}

void check_mailboxes(const Config& config, Findings& into) {
  if (!config.protect.mailboxes_asked || config.protect.domains.empty()) return;
  Finder finder("config", into);
  const std::string name = "protect.mailboxes, " + config.protect.mailboxes + ", ";
  const auto found =
      ownership_of(config, *Mailbox::parse("postmaster@" + config.protect.domains.front()));
  if (found)
    finder.ok(name + "answers");
  else
    finder.fail(name + "does not answer: " + found.error().detail +
                    "; nobody's list can be asked, and mail waits at its senders (451)",
                "postmap -q postmaster@" + config.protect.domains.front() + " " +
                    config.protect.mailboxes + " is to end at once");
}

void check_milter(const Config& config, const Tools& tools, Findings& into) {
  Finder finder("milter", into);
  const std::string& socket = config.milter.socket;
  std::string address = socket;
  if (!socket.starts_with("unix:")) {
    const auto colon = socket.find(':');
    const auto at = socket.find('@');
    const bool v6 = socket.starts_with("inet6:");
    address = (v6 ? "[" : "") + socket.substr(at + 1) + (v6 ? "]:" : ":") +
              socket.substr(colon + 1, at - colon - 1);
  }
  if (const auto stream = connect_stream(address, soon()); !stream) {
    finder.fail("nothing listens at " + socket + ": " + stream.error().detail,
                "start countersign-milter");
    return;
  }
  finder.ok("the milter listens at " + socket);
  if (const auto up = milter_has_store(config, tools); up && !*up)
    finder.fail(
        "countersign-milter has no store: Redis is down to it, or the site there is not the one "
        "that "
        "it began with; mail from strangers is refused for now",
        kRestartHint);
  struct stat file {};
  if (socket.starts_with("unix:") && ::stat(socket.substr(5).c_str(), &file) == 0 &&
      (file.st_mode & 022U) == 0)
    finder.fail(socket.substr(5) + " can be used by its owner only: the MTA cannot connect",
                "set milter.socket_group and milter.socket_mode");
}

}  // namespace countersign::admin
