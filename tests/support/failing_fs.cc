// SPDX-License-Identifier: Apache-2.0
#include "tests/support/failing_fs.h"

namespace countersign::test {

FailingFs::Fate FailingFs::next(const std::string& call) {
  if (hook_) hook_(call);
  std::lock_guard lock(mutex_);
  calls_.push_back(call);
  const int count = static_cast<int>(calls_.size());
  if (fault_.at == 0 || count < fault_.at) return Fate::fine;
  if (count > fault_.at) return fault_.last ? Fate::none : Fate::fine;
  switch (fault_.effect) {
    case Fault::Effect::none:
      return Fate::none;
    case Fault::Effect::part:
      return Fate::part;
    case Fault::Effect::all:
      return Fate::all;
  }
  return Fate::none;
}

Error FailingFs::error_of(const std::string& call) const {
  return {Errc::unavailable, call + ": " + fault_.cause};
}

/// Makes the call, or only a failure of it.
template <class Outcome, class Call>
Outcome FailingFs::pass(const std::string& call, Call make) {
  const Fate fate = next(call);
  if (fate == Fate::fine) return make();
  if (fate == Fate::all) (void)make();
  return error_of(call);
}

class FailingFs::CountedFile final : public SpoolFs::File {
 public:
  CountedFile(FailingFs& fs, std::unique_ptr<File> file, std::string name)
      : fs_(fs), file_(std::move(file)), name_(std::move(name)) {}

  Status write_all(std::string_view bytes) override {
    const Fate fate = fs_.next("write " + name_);
    if (fate == Fate::fine) return file_->write_all(bytes);
    if (fate == Fate::all) (void)file_->write_all(bytes);
    if (fate == Fate::part) (void)file_->write_all(bytes.substr(0, bytes.size() / 2));
    return fs_.error_of("write " + name_);
  }
  Result<std::string> read_at(std::uint64_t offset, std::size_t most) override {
    return fs_.pass<Result<std::string>>("read " + name_,
                                         [&] { return file_->read_at(offset, most); });
  }
  Result<std::uint64_t> size() override {
    return fs_.pass<Result<std::uint64_t>>("size " + name_, [&] { return file_->size(); });
  }
  Status fsync() override {
    return fs_.pass<Status>("fsync " + name_, [&] { return file_->fsync(); });
  }
  Status close() override {
    return fs_.pass<Status>("close " + name_, [&] { return file_->close(); });
  }

 private:
  FailingFs& fs_;
  std::unique_ptr<File> file_;
  std::string name_;
};

void FailingFs::arm(const Fault& fault) {
  std::lock_guard lock(mutex_);
  fault_ = fault;
  calls_.clear();
}

std::vector<std::string> FailingFs::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

bool FailingFs::broken() const {
  std::lock_guard lock(mutex_);
  return fault_.at > 0 && static_cast<int>(calls_.size()) >= fault_.at;
}

Result<std::unique_ptr<SpoolFs::File>> FailingFs::counted(Result<std::unique_ptr<File>> file,
                                                          const std::string& name) {
  if (!file) return file;
  return std::unique_ptr<File>(std::make_unique<CountedFile>(*this, *std::move(file), name));
}

Result<std::unique_ptr<SpoolFs::File>> FailingFs::create(const std::string& name) {
  return counted(
      pass<Result<std::unique_ptr<File>>>("create " + name, [&] { return fs_.create(name); }),
      name);
}

Result<std::unique_ptr<SpoolFs::File>> FailingFs::append_to(const std::string& name) {
  return counted(
      pass<Result<std::unique_ptr<File>>>("append_to " + name, [&] { return fs_.append_to(name); }),
      name);
}

Result<std::unique_ptr<SpoolFs::File>> FailingFs::open(const std::string& name) {
  return counted(
      pass<Result<std::unique_ptr<File>>>("open " + name, [&] { return fs_.open(name); }), name);
}

Status FailingFs::rename(const std::string& from, const std::string& to) {
  return pass<Status>("rename " + to, [&] { return fs_.rename(from, to); });
}

Status FailingFs::fsync_dir(const std::string& name) {
  return pass<Status>("fsync_dir " + name, [&] { return fs_.fsync_dir(name); });
}

Status FailingFs::unlink(const std::string& name) {
  return pass<Status>("unlink " + name, [&] { return fs_.unlink(name); });
}

Status FailingFs::make_dir(const std::string& name) {
  return pass<Status>("make_dir " + name, [&] { return fs_.make_dir(name); });
}

Status FailingFs::remove_dir(const std::string& name) {
  return pass<Status>("remove_dir " + name, [&] { return fs_.remove_dir(name); });
}

Result<std::vector<std::string>> FailingFs::list_dir(const std::string& name) {
  return pass<Result<std::vector<std::string>>>("list_dir " + name,
                                                [&] { return fs_.list_dir(name); });
}

Result<bool> FailingFs::exists(const std::string& name) {
  return pass<Result<bool>>("exists " + name, [&] { return fs_.exists(name); });
}

Result<std::unique_ptr<SpoolFs::File>> FailingFs::lock(const std::string& name) {
  return counted(
      pass<Result<std::unique_ptr<File>>>("lock " + name, [&] { return fs_.lock(name); }), name);
}

Result<Space> FailingFs::space() {
  return pass<Result<Space>>("space", [&] { return fs_.space(); });
}

}  // namespace countersign::test
