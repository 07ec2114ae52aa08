// SPDX-License-Identifier: Apache-2.0
//
// The system calls that the spool makes, as a seam: tests fail each of them, and lose what was not
// fsynced. Names are relative to the spool's folder and never leave it: no "..", no symlink is
// followed. Thread-safe; a File belongs to one thread at a time.
//
// Errors of all, where nothing else is said: not_found, unavailable (the detail names call, file
// and cause), invalid (a name that would leave the folder: a bug).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace countersign {

/// Room on the spool's file system, for us. A total of 0 means that it is not known.
struct Space {
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
  std::uint64_t free_files = 0;
  std::uint64_t total_files = 0;
};

class SpoolFs {
 public:
  virtual ~SpoolFs() = default;

  /// An open file. Destroying it closes it and ignores the result: close() first where it matters.
  class File {
   public:
    virtual ~File() = default;
    /// Writes at the end. After an error any first part of `bytes` may be there.
    virtual Status write_all(std::string_view bytes) = 0;
    virtual Result<std::string> read_at(std::uint64_t offset, std::size_t most) = 0;  ///< "" at end
    virtual Result<std::uint64_t> size() = 0;
    /// After an error the file must be given up: the kernel may have dropped what it could not
    /// write, and report success the next time.
    virtual Status fsync() = 0;
    virtual Status close() = 0;
  };

  /// Makes a file, 0600. Errors: already_exists, unavailable.
  virtual Result<std::unique_ptr<File>> create(const std::string& name) = 0;
  virtual Result<std::unique_ptr<File>> append_to(const std::string& name) = 0;  ///< made if absent
  virtual Result<std::unique_ptr<File>> open(const std::string& name) = 0;  ///< to read; not_found
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status fsync_dir(const std::string& name) = 0;   ///< "" is the spool's folder itself
  virtual Status unlink(const std::string& name) = 0;      ///< not_found
  virtual Status make_dir(const std::string& name) = 0;    ///< there already: no error; 0700
  virtual Status remove_dir(const std::string& name) = 0;  ///< not_found; unavailable: not empty
  virtual Result<std::vector<std::string>> list_dir(const std::string& name) = 0;  ///< not_found
  /// Whether `name` is a file or a folder; a symlink is neither.
  virtual Result<bool> exists(const std::string& name) = 0;
  /// Takes an exclusive lock on `name` (made if absent) for the life of the returned file.
  /// Errors: already_exists (another has it), unavailable.
  virtual Result<std::unique_ptr<File>> lock(const std::string& name) = 0;
  virtual Result<Space> space() = 0;
};

}  // namespace countersign
