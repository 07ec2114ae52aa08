// SPDX-License-Identifier: Apache-2.0
#include "config/places.h"

#include <grp.h>
#include <sys/stat.h>

#include <cerrno>

#include "config/values.h"

namespace countersign {
namespace {

using Found = HostLook::Found;

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// One look at one host.
class Looker {
 public:
  Looker(const CheckedConfig& checked, const std::string& file, const HostLook& host)
      : checked_(checked), config_(checked.config), file_(file), host_(host) {}

  Places run() {
    const bool milter = host_.find(config_.secrets.milter) != Found::nothing;
    const bool page = host_.find(config_.secrets.challenge) != Found::nothing;
    if (milter || !page) of_the_milter();
    if (page || !milter) of_the_page();
    return std::move(out_);
  }

 private:
  void of_the_milter() {
    if (const std::string& group = config_.milter.socket_group;
        !group.empty() && !host_.has_group(group))
      add(out_.problems, "milter.socket_group", "there is no group " + in_quotes(group),
          "a group of this host, or \"\" for that of the daemon");
    if (config_.milter.socket.starts_with("unix:/"))
      folder("milter.socket", folder_of(config_.milter.socket.substr(5)),
             "a folder that the MTA can enter (countersign setup makes it)");
    folder("spool.directory", config_.spool.directory,
           "a folder (countersign config init makes it)");
    folder("secrets.milter", folder_of(config_.secrets.milter), "the path of a file in a folder");
  }

  void of_the_page() {
    folder("secrets.challenge", folder_of(config_.secrets.challenge),
           "the path of a file in a folder");
    if (const std::string& path = config_.challenge.templates; !path.empty())
      if (const Found found = host_.find(path); found != Found::folder && found != Found::unknown)
        add(out_.problems, "challenge.templates", no_folder(path, found),
            "a folder, or \"\" for our own pages");
    logo("site.logo", config_.site.logo);
    for (const auto& [domain, site] : config_.sites)
      if (site.logo != config_.site.logo) logo("site." + in_quotes(domain) + ".logo", site.logo);
  }

  void logo(const std::string& key, const std::string& path) {
    if (path.empty()) return;
    const Found found = host_.find(path);
    if (found == Found::nothing || found == Found::folder)
      add(out_.problems, key,
          found == Found::folder ? path + ": is a folder" : path + ": there is no such file",
          "an SVG or PNG file, or \"\" for none");
  }

  void folder(const std::string& key, const std::string& path, const std::string& allowed) {
    const Found found = host_.find(path);
    if (found == Found::file) add(out_.problems, key, no_folder(path, found), allowed);
    if (found == Found::nothing) add(out_.missing, key, no_folder(path, found), allowed);
  }

  static std::string no_folder(const std::string& path, Found found) {
    return path + (found == Found::file ? ": is no folder" : ": there is no such folder");
  }

  void add(std::vector<Problem>& into, const std::string& key, std::string what,
           std::string allowed) {
    const auto line = checked_.lines.find(key);
    into.push_back({file_, line == checked_.lines.end() ? 0 : line->second, key, std::move(what),
                    std::move(allowed)});
  }

  const CheckedConfig& checked_;
  const Config& config_;
  const std::string& file_;
  const HostLook& host_;
  Places out_;
};

Found find_here(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0)
    return S_ISDIR(status.st_mode) ? Found::folder : Found::file;
  return errno == ENOENT || errno == ENOTDIR ? Found::nothing : Found::unknown;
}

bool has_group_here(const std::string& name) { return ::getgrnam(name.c_str()) != nullptr; }

}  // namespace

HostLook this_host() { return {find_here, has_group_here}; }

Places check_places(const CheckedConfig& checked, const std::string& file, const HostLook& host) {
  return Looker(checked, file, host).run();
}

}  // namespace countersign
