// SPDX-License-Identifier: Apache-2.0
//
// A message on its way into the spool: tmp/<id>.msg until commit() renames it. It holds at most one
// buffer of 64 KiB, whatever the message's size. Not thread-safe; different drafts may be written
// in different threads. Must not outlive what it was given.
#pragma once

#include <memory>
#include <string>

#include "spool/held_file.h"
#include "spool/held_folders.h"
#include "spool/held_set.h"
#include "spool/spool.h"

namespace countersign {

class DraftOnDisk final : public Spool::Draft {
 public:
  /// Makes the file. `claim` was admitted for the head's bytes. Errors: unavailable.
  static Result<std::unique_ptr<Spool::Draft>> start(SpoolFs& fs, HeldFolders& folders,
                                                     HeldSet& held, const HeldId& id,
                                                     HeldFileEncoder encoder, std::string head,
                                                     std::uint64_t most_content_bytes,
                                                     Shares::Claim claim);
  ~DraftOnDisk() override;

  Status append(std::string_view bytes) override;
  bool over_share() const override { return over_share_; }
  Status seal(const std::string& retry_digest) override;
  Status commit() override;

 private:
  DraftOnDisk(SpoolFs& fs, HeldFolders& folders, HeldSet& held, const HeldId& id,
              HeldFileEncoder encoder, std::string head, std::uint64_t most_content_bytes,
              Shares::Claim claim);
  Status take(std::string_view bytes);
  Status write_out(const std::string& retry_digest);
  Status publish();
  Status judge(Status done);
  Status claim_more(std::size_t bytes);
  Status flush();
  void discard();

  SpoolFs& fs_;
  HeldFolders& folders_;
  HeldSet& held_;
  HeldId id_;
  HeldFileEncoder encoder_;
  std::string buffer_;  ///< made, not yet written
  std::uint64_t most_content_bytes_;
  Shares::Claim claim_;
  std::unique_ptr<SpoolFs::File> file_;
  std::string name_;  ///< the file's present name; "" when there is no file of ours
  bool over_share_ = false;
  bool sealed_ = false;
  Status state_;  ///< the first failure stays: what lacks a piece is never committed
};

}  // namespace countersign
