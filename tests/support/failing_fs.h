// SPDX-License-Identifier: Apache-2.0
//
// A SpoolFs that counts and names the calls made to another, and breaks one of them. Thread-safe
// but for arm() and before_each().
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "spool/spool_fs.h"

namespace countersign::test {

/// What happens at one call.
struct Fault {
  /// How much of the call is done before it fails.
  enum class Effect {
    none,
    part,  ///< of a write the first half; of other calls nothing
    all,   ///< done, but reported as failed
  };

  int at = 0;  ///< the call, from 1; 0: none fails
  Effect effect = Effect::none;
  bool last = false;  ///< the process is dead: no later call does anything
  std::string cause = "Input/output error";
};

class FailingFs final : public SpoolFs {
 public:
  explicit FailingFs(SpoolFs& fs) : fs_(fs) {}

  /// From now on calls count from 1 and `fault` is to come.
  void arm(const Fault& fault);
  /// Calls `hook` before each call is passed on, without a lock held: it may use the fs itself.
  void before_each(std::function<void(const std::string& call)> hook) { hook_ = std::move(hook); }
  /// The calls since arm(), as "verb name": "fsync tmp/7q....msg".
  std::vector<std::string> calls() const;
  /// Whether the armed fault has come.
  bool broken() const;

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

 private:
  class CountedFile;
  enum class Fate { fine, none, part, all };
  Fate next(const std::string& call);
  Error error_of(const std::string& call) const;
  template <class Outcome, class Call>
  Outcome pass(const std::string& call, Call make);
  Result<std::unique_ptr<File>> counted(Result<std::unique_ptr<File>> file,
                                        const std::string& name);

  SpoolFs& fs_;
  mutable std::mutex mutex_;
  Fault fault_;
  std::vector<std::string> calls_;
  std::function<void(const std::string&)> hook_;
};

}  // namespace countersign::test
