// SPDX-License-Identifier: Apache-2.0
//
// The system calls that the spool makes, as a seam: tests fail each of them, and lose what was not
// fsynced. Names are relative to the spool's folder and never leave it: no "..", no symlink is
// followed. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace countersign {

class SpoolFs {
 public:
  virtual ~SpoolFs() = default;

  /// An open file. Destroying it closes it and ignores the result: close() first where it matters.
  class File {
   public:
    virtual ~File() = default;
    virtual Status write_all(std::string_view bytes) = 0;  ///< at the end of what was written
    virtual Result<std::string> read_at(std::uint64_t offset, std::size_t most) = 0;  ///< "" at end
    virtual Result<std::uint64_t> size() = 0;
    virtual Status fsync() = 0;
    virtual Status close() = 0;
  };

  virtual Result<std::unique_ptr<File>> create(
      const std::string& name) = 0;  ///< must not exist; 0600
  virtual Result<std::unique_ptr<File>> append_to(const std::string& name) = 0;  ///< made if absent
  virtual Result<std::unique_ptr<File>> open(const std::string& name) = 0;  ///< to read; not_found
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status fsync_dir(const std::string& name) = 0;  ///< "" is the spool's folder itself
  virtual Status unlink(const std::string& name) = 0;     ///< not_found
  virtual Status make_dir(const std::string& name) = 0;   ///< there already: no error; 0700
  virtual Result<std::vector<std::string>> list_dir(const std::string& name) = 0;  ///< not_found
  virtual Result<bool> exists(const std::string& name) = 0;
  /// Takes an exclusive lock on `name` (made if absent) for the life of the returned file.
  /// Errors: already_exists (another has it), unavailable.
  virtual Result<std::unique_ptr<File>> lock(const std::string& name) = 0;
};

}  // namespace countersign
