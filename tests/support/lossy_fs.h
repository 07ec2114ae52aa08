// SPDX-License-Identifier: Apache-2.0
//
// A SpoolFs in memory that keeps apart what a program sees and what a disk has: power_cut() drops,
// keeps or tears what was not fsynced, as strictly as POSIX allows. A name made, removed or renamed
// is durable once its folder was fsynced; bytes are, once their file was. Only a rename never loses
// the file: after a cut it has the old name, the new one, or both. Thread-safe but for power_cut().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "spool/spool_fs.h"

namespace countersign::test {

class LossyFs final : public SpoolFs {
 public:
  LossyFs();

  Result<std::unique_ptr<File>> create(const std::string& name) override;
  Result<std::unique_ptr<File>> append_to(const std::string& name) override;
  Result<std::unique_ptr<File>> open(const std::string& name) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status fsync_dir(const std::string& name) override;
  Status unlink(const std::string& name) override;
  Status make_dir(const std::string& name) override;
  Status remove_dir(const std::string& name) override;
  Result<std::vector<std::string>> list_dir(const std::string& name) override;
  Result<bool> exists(const std::string& name) override;
  Result<std::unique_ptr<File>> lock(const std::string& name) override;
  Result<Space> space() override;

  /// What was not fsynced is lost (seed 0), kept (1), or lost, kept and torn at random (others).
  /// Open files fail from now on, locks are gone.
  void power_cut(unsigned seed);

  /// All files' names, sorted: "held/7q/7q....msg".
  std::vector<std::string> files() const;
  /// A file's bytes; the file must exist.
  std::string bytes(const std::string& name) const;
  /// Writes a file as if it had always been there; its folder must exist.
  void plant(const std::string& name, const std::string& bytes);
  void set_space(const Space& space) { space_ = space; }

 private:
  struct Inode;
  using Node = std::shared_ptr<Inode>;
  using Entries = std::map<std::string, Node>;
  /// A file or a folder: what is seen, and what the disk has.
  struct Inode {
    bool folder = false;
    std::string bytes;
    std::string durable_bytes;
    Entries entries;
    Entries durable_entries;
  };
  class OpenFile;
  class LockFile;

  Node find(const std::string& name) const;
  Node parent_of(const std::string& name) const;
  static std::string leaf_of(const std::string& name);
  Result<std::unique_ptr<File>> opened(const Node& node, const std::string& name);
  void links(const Node& folder, bool durable, std::set<Node>& out) const;
  void cut_folder(const Node& folder, unsigned seed, std::set<Node>& kept);
  void cut_bytes(Inode& file, unsigned seed);
  void settle(const Node& folder);

  mutable std::mutex mutex_;
  Node root_;
  std::set<std::string> locked_;
  unsigned generation_ = 0;  ///< grows with each power cut
  std::mt19937 random_;
  Space space_;
};

}  // namespace countersign::test
