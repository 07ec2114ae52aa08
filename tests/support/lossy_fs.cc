// SPDX-License-Identifier: Apache-2.0
#include "tests/support/lossy_fs.h"

#include <cstdlib>
#include <functional>

namespace countersign::test {
namespace {

Error missing(const std::string& name) { return {Errc::not_found, name}; }
Error bad(const std::string& name, const char* why) {
  return {Errc::unavailable, name + ": " + why};
}

/// Whether `name` stays inside the folder, as PosixFs demands it.
bool is_inside(const std::string& name) {
  std::size_t from = 0;
  for (;;) {
    const std::size_t slash = name.find('/', from);
    const std::string part = name.substr(from, slash == std::string::npos ? slash : slash - from);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string::npos) return true;
    from = slash + 1;
  }
}

}  // namespace

class LossyFs::OpenFile final : public SpoolFs::File {
 public:
  OpenFile(LossyFs& fs, Node node, std::string name)
      : fs_(fs), node_(std::move(node)), name_(std::move(name)), generation_(fs.generation_) {}

  Status write_all(std::string_view bytes) override {
    return with([&]() -> Status {
      node_->bytes += bytes;
      return {};
    });
  }
  Result<std::string> read_at(std::uint64_t offset, std::size_t most) override {
    std::lock_guard lock(fs_.mutex_);
    if (generation_ != fs_.generation_) return bad(name_, "lost with the power");
    if (offset >= node_->bytes.size()) return std::string();
    return node_->bytes.substr(offset, most);
  }
  Result<std::uint64_t> size() override {
    std::lock_guard lock(fs_.mutex_);
    if (generation_ != fs_.generation_) return bad(name_, "lost with the power");
    return std::uint64_t{node_->bytes.size()};
  }
  Status fsync() override {
    return with([&]() -> Status {
      node_->durable_bytes = node_->bytes;
      return {};
    });
  }
  Status close() override {
    return with([&]() -> Status {
      closed_ = true;
      return {};
    });
  }

 private:
  Status with(const std::function<Status()>& change) {
    std::lock_guard lock(fs_.mutex_);
    if (generation_ != fs_.generation_) return bad(name_, "lost with the power");
    if (closed_) return bad(name_, "closed");
    return change();
  }

  LossyFs& fs_;
  Node node_;
  std::string name_;
  unsigned generation_;
  bool closed_ = false;
};

class LossyFs::LockFile final : public SpoolFs::File {
 public:
  LockFile(LossyFs& fs, std::string name)
      : fs_(fs), name_(std::move(name)), generation_(fs.generation_) {}
  ~LockFile() override {
    std::lock_guard lock(fs_.mutex_);
    if (generation_ == fs_.generation_) fs_.locked_.erase(name_);
  }
  Status write_all(std::string_view) override { return bad(name_, "a lock"); }
  Result<std::string> read_at(std::uint64_t, std::size_t) override { return std::string(); }
  Result<std::uint64_t> size() override { return std::uint64_t{0}; }
  Status fsync() override { return {}; }
  Status close() override { return {}; }

 private:
  LossyFs& fs_;
  std::string name_;
  unsigned generation_;
};

LossyFs::LossyFs() : root_(std::make_shared<Inode>()) { root_->folder = true; }

LossyFs::Node LossyFs::find(const std::string& name) const {
  Node node = root_;
  std::size_t from = 0;
  while (from < name.size()) {
    std::size_t slash = name.find('/', from);
    if (slash == std::string::npos) slash = name.size();
    const auto next = node->entries.find(name.substr(from, slash - from));
    if (next == node->entries.end()) return nullptr;
    node = next->second;
    from = slash + 1;
  }
  return node;
}

LossyFs::Node LossyFs::parent_of(const std::string& name) const {
  if (!is_inside(name)) return nullptr;
  const std::size_t slash = name.rfind('/');
  Node parent = slash == std::string::npos ? root_ : find(name.substr(0, slash));
  return parent && parent->folder ? parent : nullptr;
}

std::string LossyFs::leaf_of(const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return slash == std::string::npos ? name : name.substr(slash + 1);
}

Result<std::unique_ptr<SpoolFs::File>> LossyFs::opened(const Node& node, const std::string& name) {
  if (node->folder) return bad(name, "not a regular file");
  return std::unique_ptr<File>(std::make_unique<OpenFile>(*this, node, name));
}

Result<std::unique_ptr<SpoolFs::File>> LossyFs::create(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (!is_inside(name)) return Error{Errc::invalid, name};
  const Node parent = parent_of(name);
  if (!parent) return missing(name);
  const auto [entry, made] = parent->entries.try_emplace(leaf_of(name), std::make_shared<Inode>());
  if (!made) return Error{Errc::already_exists, name};
  return opened(entry->second, name);
}

Result<std::unique_ptr<SpoolFs::File>> LossyFs::append_to(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (!is_inside(name)) return Error{Errc::invalid, name};
  const Node parent = parent_of(name);
  if (!parent) return missing(name);
  return opened(parent->entries.try_emplace(leaf_of(name), std::make_shared<Inode>()).first->second,
                name);
}

Result<std::unique_ptr<SpoolFs::File>> LossyFs::open(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (!is_inside(name)) return Error{Errc::invalid, name};
  const Node node = find(name);
  if (!node) return missing(name);
  return opened(node, name);
}

Status LossyFs::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  if (!is_inside(from) || !is_inside(to)) return Error{Errc::invalid, from};
  const Node source = parent_of(from);
  const Node target = parent_of(to);
  const Node node = find(from);
  if (!source || !target || !node) return missing(from);
  source->entries.erase(leaf_of(from));
  target->entries[leaf_of(to)] = node;
  return {};
}

void LossyFs::links(const Node& folder, bool durable, std::set<Node>& out) const {
  for (const auto& [name, node] : durable ? folder->durable_entries : folder->entries) {
    out.insert(node);
    if (node->folder) links(node, durable, out);
  }
}

Status LossyFs::fsync_dir(const std::string& name) {
  std::lock_guard lock(mutex_);
  const Node folder = find(name);
  if (!folder || !folder->folder) return missing(name);
  const Entries before = std::exchange(folder->durable_entries, folder->entries);
  // A rename out of this folder is one change: its other half becomes durable with it.
  std::set<Node> durable;
  links(root_, true, durable);
  const std::function<void(const Node&)> complete = [&](const Node& at) {
    for (const auto& [leaf, node] : at->entries) {
      for (const auto& [old, moved] : before)
        if (moved == node && !durable.contains(node)) at->durable_entries[leaf] = node;
      if (node->folder) complete(node);
    }
  };
  complete(root_);
  return {};
}

Status LossyFs::unlink(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (!is_inside(name)) return Error{Errc::invalid, name};
  const Node node = find(name);
  if (!node) return missing(name);
  if (node->folder) return bad(name, "is a folder");
  parent_of(name)->entries.erase(leaf_of(name));
  return {};
}

Status LossyFs::make_dir(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (!is_inside(name)) return Error{Errc::invalid, name};
  const Node parent = parent_of(name);
  if (!parent) return missing(name);
  const auto made = std::make_shared<Inode>();
  made->folder = true;
  const Node there = parent->entries.try_emplace(leaf_of(name), made).first->second;
  if (!there->folder) return bad(name, "not a folder");
  return {};
}

Status LossyFs::remove_dir(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (!is_inside(name)) return Error{Errc::invalid, name};
  const Node node = find(name);
  if (!node) return missing(name);
  if (!node->folder || !node->entries.empty()) return bad(name, "not an empty folder");
  parent_of(name)->entries.erase(leaf_of(name));
  return {};
}

Result<std::vector<std::string>> LossyFs::list_dir(const std::string& name) {
  std::lock_guard lock(mutex_);
  const Node node = find(name);
  if (!node) return missing(name);
  if (!node->folder) return bad(name, "not a folder");
  std::vector<std::string> leaves;
  for (const auto& [leaf, child] : node->entries) leaves.push_back(leaf);
  return leaves;
}

Result<bool> LossyFs::exists(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (!is_inside(name)) return Error{Errc::invalid, name};
  return find(name) != nullptr;
}

Result<std::unique_ptr<SpoolFs::File>> LossyFs::lock(const std::string& name) {
  std::lock_guard lock(mutex_);
  if (!locked_.insert(name).second) return Error{Errc::already_exists, name};
  root_->entries.try_emplace(name, std::make_shared<Inode>());
  return std::unique_ptr<File>(std::make_unique<LockFile>(*this, name));
}

Result<Space> LossyFs::space() { return space_; }

void LossyFs::cut_bytes(Inode& file, unsigned seed) {
  if (seed == 0) file.bytes = file.durable_bytes;
  if (seed > 1 && file.bytes != file.durable_bytes) {
    // Files here only grow: the tail is lost, cut, or a hole where its blocks never came.
    std::string tail = file.bytes.substr(file.durable_bytes.size());
    const std::size_t cut = random_() % (tail.size() + 1);
    switch (random_() % 4) {
      case 0:
        tail.clear();
        break;
      case 1:
        tail.resize(cut);
        break;
      case 2:
        tail.replace(0, cut, cut, '\0');
        break;
      default:
        break;
    }
    file.bytes = file.durable_bytes + tail;
  }
  file.durable_bytes = file.bytes;
}

void LossyFs::cut_folder(const Node& folder, unsigned seed, std::set<Node>& kept) {
  Entries after;
  Entries all = folder->durable_entries;
  all.insert(folder->entries.begin(), folder->entries.end());
  for (const auto& [name, ignored] : all) {
    const bool now = seed == 1 || (seed > 1 && random_() % 2 == 0);
    const Entries& chosen = now ? folder->entries : folder->durable_entries;
    const auto entry = chosen.find(name);
    if (entry != chosen.end()) after.insert(*entry);
  }
  folder->entries = after;
  for (const auto& [name, node] : after) {
    kept.insert(node);
    if (node->folder) cut_folder(node, seed, kept);
  }
}

void LossyFs::settle(const Node& folder) {
  folder->durable_entries = folder->entries;
  for (const auto& [name, node] : folder->entries)
    if (node->folder) settle(node);
}

void LossyFs::power_cut(unsigned seed) {
  random_.seed(seed);
  ++generation_;
  locked_.clear();

  std::set<Node> seen;  // linked now and on disk: removed by nobody, so it may not vanish
  std::set<Node> durable;
  links(root_, false, seen);
  links(root_, true, durable);

  std::set<Node> kept;
  cut_folder(root_, seed, kept);
  const std::function<void(const Node&)> restore = [&](const Node& folder) {
    for (const auto& [name, node] : folder->durable_entries) {
      if (node->folder) restore(node);
      if (!node->folder && seen.contains(node) && kept.insert(node).second)
        folder->entries.try_emplace(name, node);
    }
  };
  restore(root_);
  kept.clear();
  links(root_, false, kept);
  for (const Node& node : kept)
    if (!node->folder) cut_bytes(*node, seed);
  settle(root_);
}

std::vector<std::string> LossyFs::files() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  const std::function<void(const Node&, const std::string&)> walk = [&](const Node& folder,
                                                                        const std::string& path) {
    for (const auto& [name, node] : folder->entries) {
      if (node->folder)
        walk(node, path + name + "/");
      else
        names.push_back(path + name);
    }
  };
  walk(root_, "");
  return names;
}

std::string LossyFs::bytes(const std::string& name) const {
  std::lock_guard lock(mutex_);
  return find(name)->bytes;
}

void LossyFs::plant(const std::string& name, const std::string& bytes) {
  std::lock_guard lock(mutex_);
  const Node parent = parent_of(name);
  if (!parent) std::abort();
  Node& node = parent->entries[leaf_of(name)];
  if (!node) node = std::make_shared<Inode>();
  node->bytes = node->durable_bytes = bytes;
  parent->durable_entries[leaf_of(name)] = node;
}

}  // namespace countersign::test
