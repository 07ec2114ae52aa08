// SPDX-License-Identifier: Apache-2.0
#include "config/check.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <tuple>

#include "base/unique_fd.h"
#include "config/maps.h"
#include "config/postmap_table.h"
#include "config/toml.h"
#include "config/values.h"
#include "mail/domain.h"

namespace countersign {
namespace {

constexpr std::size_t kFileMost = 64'000'000;
constexpr std::size_t kConfigMost = 1'000'000;
constexpr std::string_view kParted = "site";  ///< the table that domains have parts of

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const auto word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

const Key* find_key(std::string_view table, std::string_view name) {
  for (const Key& key : config_keys())
    if (key.table == table && key.name == name) return &key;
  return nullptr;
}

std::string known_tables() {
  std::vector<std::string_view> names;
  for (const Table& table : config_tables()) names.push_back(table.name);
  return joined(names);
}

std::string known_keys(std::string_view table) {
  std::vector<std::string_view> names;
  for (const Key& key : config_keys())
    if (key.table == table) names.push_back(key.name);
  return joined(names);
}

/// One check of one text. The steps of run() are in the order in which an administrator would look.
class Checker {
 public:
  Checker(std::string name, const ReadFile& read_file)
      : name_(std::move(name)), read_file_(read_file) {}

  CheckedConfig run(std::string_view text) {
    const Document document = read_toml(text);
    for (const SyntaxError& error : document.errors) {
      bad_.insert(error.key);
      add(error.line, error.key, error.what, "");
    }
    for (const Setting& setting : document.settings)
      if (setting.part.empty()) set(setting);
    // Last, as they begin with what the table itself says.
    for (const Setting& setting : document.settings)
      if (!setting.part.empty()) set_part(setting);
    if (document.whole) {
      required();
      together();
    }
    files();
    parts_are_protected();
    sort();
    return std::move(out_);
  }

 private:
  void add(int line, std::string key, std::string what, std::string_view allowed) {
    out_.problems.push_back({name_, line, std::move(key), std::move(what), std::string(allowed)});
  }

  /// By line; what is missing at the end, then the other files.
  void sort() {
    const auto place = [this](const Problem& p) {
      return std::tuple(p.file != name_, p.file == name_ && p.line == 0, p.file, p.line);
    };
    std::stable_sort(out_.problems.begin(), out_.problems.end(),
                     [&](const Problem& a, const Problem& b) { return place(a) < place(b); });
  }

  void set(const Setting& setting) {
    if (setting.name.empty()) {
      if (known_keys(setting.table).empty())
        add(setting.line, in_brackets(setting.table), "no such table", known_tables());
      return;
    }
    if (setting.table.empty())
      return add(setting.line, shown(setting.name), "stands in no table", known_tables());
    const std::string keys = known_keys(setting.table);
    if (keys.empty()) return;  // Its header was reported.
    if (setting.table == kParted && setting.type == "a table") return begin_part(setting);
    const Key* key = find_key(setting.table, setting.name);
    if (key == nullptr)
      return add(setting.line, setting.table + "." + shown(setting.name), "no such key", keys);
    out_.lines[key->full_name()] = setting.line;
    const auto kind = setting.value.kind;
    if (kind != key->kind && !(key->text_too && kind == Value::Kind::text))
      return refuse(*key, "has the type " + setting.type);
    if (const Status done = key->set(out_.config, setting.value); !done)
      refuse(*key, done.error().detail);
  }

  /// [site."example.org"]: the keys of [site] for one domain.
  void begin_part(const Setting& setting) {
    const auto domain = to_a_labels(setting.name);
    if (!domain || domain->empty() || domain->starts_with('['))
      return add(setting.line, in_brackets(setting.table) + " " + in_quotes(setting.name),
                 "is no domain", "[site.\"example.org\"]");
    parts_.try_emplace(*domain, setting.line);
  }
  /// What is said for another domain would never show.
  void parts_are_protected() {
    const auto& domains = out_.config.protect.domains;
    if (domains.empty() || !fine("protect.domains")) return;
    for (const auto& [domain, line] : parts_)
      if (std::ranges::find(domains, domain) == domains.end())
        add(line, "[" + std::string(kParted) + "." + in_quotes(domain) + "]", "is not protected",
            "a domain of protect.domains");
  }
  void set_part(const Setting& setting) {
    if (setting.table != kParted) return;  // The table in it was reported as what it is not.
    const std::string where = setting.table + "." + in_quotes(setting.part) + ".";
    const Key* key = find_key(setting.table, setting.name);
    if (key == nullptr)
      return add(setting.line, where + shown(setting.name), "no such key",
                 known_keys(setting.table));
    const auto domain = to_a_labels(setting.part);
    if (!domain) return;
    out_.lines[setting.table + "." + in_quotes(*domain) + "." + setting.name] = setting.line;
    const auto kind = setting.value.kind;
    if (kind != key->kind && !(key->text_too && kind == Value::Kind::text))
      return add(setting.line, where + setting.name, "has the type " + setting.type, key->allowed);
    Config& config = out_.config;
    Config scratch;
    scratch.site = config.sites.try_emplace(*domain, config.site).first->second;
    if (const Status done = key->set(scratch, setting.value); !done)
      return add(setting.line, where + setting.name, done.error().detail, key->allowed);
    config.sites[*domain] = scratch.site;
  }

  /// The value of a key, or what it lacks.
  void refuse(const Key& key, std::string what) {
    bad_.insert(key.full_name());
    add(line_of(key.full_name()), key.full_name(), std::move(what), key.allowed);
  }
  void refuse(std::string_view table, std::string_view name, std::string what) {
    if (const Key* key = find_key(table, name)) refuse(*key, std::move(what));
  }

  void required() {
    for (const Key& key : config_keys())
      if (key.required && !out_.lines.contains(key.full_name()) && fine(key.full_name()))
        refuse(key, "must be set");
  }

  /// What no key can tell alone. Keys that are wrong already are not looked at again.
  void together() {
    const Config& c = out_.config;
    if (c.protect.domains.empty() && c.protect.domains_file.empty() && fine("protect.domains"))
      refuse("protect", "domains", "the list is empty: no mail would be screened");
    if (fine("authentication.source")) {
      if (c.authentication.source != "none" && c.authentication.authserv_id.empty() &&
          fine("authentication.authserv_id"))
        refuse("authentication", "authserv_id",
               "must be set, as source is " + in_quotes(c.authentication.source));
      if (c.authentication.source != "header" && !c.authentication.arc_sealers.empty() &&
          fine("authentication.arc_sealers"))
        refuse("authentication", "arc_sealers",
               "only an earlier milter tells of ARC, but source is " +
                   in_quotes(c.authentication.source));
      if (c.authentication.source == "none" && c.first_contact.mode != "observe" &&
          c.first_contact.mode != "aside" && fine("first_contact.mode"))
        refuse("authentication", "source",
               "\"none\" goes only with the modes observe and aside, not with " +
                   in_quotes(c.first_contact.mode));
      if (c.authentication.source == "none" && fine("challenge.channels") &&
          std::ranges::find(c.challenge.channels, "mail") != c.challenge.channels.end())
        add(line_of("challenge.channels"), "challenge.channels",
            "\"mail\" goes only to authenticated authors, but authentication.source is \"none\"",
            "[\"reply\"]");
    }
    if (fine("spool.limit") && fine("milter.max_message") && c.spool.limit < c.milter.max_message)
      refuse("spool", "limit", "is below milter.max_message");
    if (fine("secrets.challenge") && fine("secrets.milter") &&
        c.secrets.challenge == c.secrets.milter)
      refuse("secrets", "challenge", "is also the file of secrets.milter");
    if (fine("metrics.challenge") && fine("challenge.listen") &&
        c.metrics.challenge == c.challenge.listen)
      refuse("metrics", "challenge", "is also challenge.listen");
    if (fine("metrics.challenge") && fine("metrics.milter") && !c.metrics.milter.empty() &&
        c.metrics.challenge == c.metrics.milter)
      refuse("metrics", "challenge", "is also metrics.milter");
  }

  void files() {
    Config::Protect& protect = out_.config.protect;
    std::vector<BadLine> bad;
    if (std::string text; !protect.domains_file.empty() && fine("protect.domains") &&
                          read("protect.domains", protect.domains_file, text)) {
      protect.domains = parse_domain_list(text, bad);
      if (protect.domains.empty() && bad.empty()) bad.push_back({0, "holds no domain"});
      report(protect.domains_file, "protect.domains", bad, "a domain a line; # starts a comment");
    }
    bad.clear();
    if (is_postfix_table(protect.mailboxes)) return postfix_table();
    if (std::string text; !protect.mailboxes.empty() && fine("protect.mailboxes") &&
                          read("protect.mailboxes", protect.mailboxes, text)) {
      protect.owners = parse_mailbox_map(text, bad);
      report(protect.mailboxes, "protect.mailboxes", bad,
             "on each line an address, blanks, and the addresses of its owners");
    }
  }

  /// A table that can be listed is read now, others when mail comes.
  void postfix_table() {
    Config::Protect& protect = out_.config.protect;
    if (!fine("protect.mailboxes")) return;
    auto listing = read_file_(protect.mailboxes);
    if (listing) {
      protect.owners = parse_table_listing(*listing);
    } else if (listing.error().code == Errc::not_found) {
      protect.mailboxes_asked = true;
    } else {
      out_.unreadable = true;
      add(line_of("protect.mailboxes"), "protect.mailboxes", listing.error().detail, "");
    }
  }

  bool read(const std::string& key, const std::string& path, std::string& text) {
    auto bytes = read_file_(path);
    if (bytes) {
      text = std::move(*bytes);
      return true;
    }
    out_.unreadable = true;
    add(line_of(key), key, bytes.error().detail, "");
    return false;
  }

  void report(const std::string& file, const std::string& key, const std::vector<BadLine>& bad,
              const std::string& allowed) {
    for (const BadLine& line : bad)
      out_.problems.push_back({file, line.line, key, line.what, allowed});
  }

  bool fine(const std::string& key) const { return !bad_.contains(key); }
  int line_of(const std::string& key) const {
    const auto found = out_.lines.find(key);
    return found == out_.lines.end() ? 0 : found->second;
  }
  static std::string shown(const std::string& name) {
    const bool bare = name.find_first_not_of(
                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "0123456789_-") == std::string::npos;
    return bare && !name.empty() ? name : in_quotes(name);
  }
  static std::string in_brackets(const std::string& table) { return "[" + shown(table) + "]"; }

  std::string name_;
  const ReadFile& read_file_;
  CheckedConfig out_;
  std::set<std::string> bad_;
  std::map<std::string, int> parts_;  ///< domains that have a table of their own, and where
};

}  // namespace

std::string Problem::text() const {
  std::string out = file + ":";
  if (line > 0) out += std::to_string(line) + ":";
  if (!key.empty()) out += " " + key + ":";
  out += " " + what;
  if (!allowed.empty()) out += "; allowed: " + allowed;
  return out;
}

Result<std::string> read_whole_file(const std::string& path) {
  const auto failed = [&](const char* why) {
    return Error{Errc::unavailable, "cannot read " + path + ": " + why};
  };
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return failed(std::strerror(errno));
  std::string text;
  std::string piece(65536, '\0');
  for (;;) {
    const ssize_t n = ::read(file.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(std::strerror(errno));
    if (n == 0) return text;
    text.append(piece, 0, static_cast<std::size_t>(n));
    if (text.size() > kFileMost) return failed("it is too large");
  }
}

namespace {

constexpr seconds kTableTime{20};

Result<std::string> read_file_or_table(const std::string& path) {
  if (!is_postfix_table(path)) return read_whole_file(path);
  return list_postfix_table(path, std::chrono::steady_clock::now() + kTableTime);
}

}  // namespace

CheckedConfig check_config(std::string_view text, const std::string& name,
                           const ReadFile& read_file) {
  if (text.size() > kConfigMost) {
    CheckedConfig out;
    out.problems.push_back({name, 0, "", "the file is too large", "at most 1 MB"});
    return out;
  }
  return Checker(name, read_file).run(text);
}

CheckedConfig check_config_file(const std::string& path) {
  const auto text = read_whole_file(path);
  if (text) return check_config(*text, path, read_file_or_table);
  CheckedConfig out;
  out.unreadable = true;
  out.problems.push_back({path, 0, "", text.error().detail, ""});
  return out;
}

namespace {

Result<Config> only_config(CheckedConfig checked) {
  if (checked.problems.empty()) return std::move(checked.config);
  std::string all;
  for (const Problem& problem : checked.problems) all += (all.empty() ? "" : "\n") + problem.text();
  return Error{checked.unreadable ? Errc::unavailable : Errc::invalid, all};
}

}  // namespace

Result<Config> load_config(const std::string& path) { return only_config(check_config_file(path)); }

Result<Config> parse_config(std::string_view text, const std::string& name) {
  return only_config(check_config(text, name, read_file_or_table));
}

}  // namespace countersign
