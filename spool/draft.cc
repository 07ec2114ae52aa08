// SPDX-License-Identifier: Apache-2.0
#include "spool/draft.h"

#include <utility>

#include "spool/layout.h"

namespace countersign {
namespace {
constexpr std::size_t kBuffer = 64 * 1024;
const Error kSpent{Errc::invalid, "the draft is committed already"};
const Error kSealed{Errc::invalid, "the draft is sealed already"};
const Error kOpen{Errc::invalid, "the draft is not sealed yet"};
}  // namespace

DraftOnDisk::DraftOnDisk(SpoolFs& fs, HeldFolders& folders, HeldSet& held, const HeldId& id,
                         HeldFileEncoder encoder, std::string head,
                         std::uint64_t most_content_bytes, Shares::Claim claim)
    : fs_(fs),
      folders_(folders),
      held_(held),
      id_(id),
      encoder_(std::move(encoder)),
      buffer_(std::move(head)),
      most_content_bytes_(most_content_bytes),
      claim_(std::move(claim)) {}

Result<std::unique_ptr<Spool::Draft>> DraftOnDisk::start(SpoolFs& fs, HeldFolders& folders,
                                                         HeldSet& held, const HeldId& id,
                                                         HeldFileEncoder encoder, std::string head,
                                                         std::uint64_t most_content_bytes,
                                                         Shares::Claim claim) {
  std::unique_ptr<DraftOnDisk> draft(new DraftOnDisk(fs, folders, held, id, std::move(encoder),
                                                     std::move(head), most_content_bytes,
                                                     std::move(claim)));
  auto file = fs.create(layout::draft_of(id));
  // Whatever keeps a new file from being made, the sender shall try again.
  if (!file) return Error{Errc::unavailable, file.error().detail};
  draft->file_ = *std::move(file);
  draft->name_ = layout::draft_of(id);
  return std::unique_ptr<Spool::Draft>(std::move(draft));
}

DraftOnDisk::~DraftOnDisk() { discard(); }

Status DraftOnDisk::append(std::string_view bytes) {
  if (!state_) return state_;
  state_ = sealed_ ? Status(kSealed) : take(bytes);
  if (!state_) discard();
  return state_;
}

Status DraftOnDisk::seal(const std::string& retry_digest) {
  if (!state_) return state_;
  if (std::exchange(sealed_, true)) return judge(kSealed);
  return judge(write_out(retry_digest));
}

Status DraftOnDisk::commit() {
  if (!state_) return state_;
  CS_TRY(judge(sealed_ ? publish() : Status(kOpen)));
  state_ = kSpent;
  return {};
}

Status DraftOnDisk::judge(Status done) {
  state_ = std::move(done);
  if (state_) return {};
  discard();
  return Error{Errc::unavailable, state_.error().detail};
}

Status DraftOnDisk::take(std::string_view bytes) {
  if (bytes.size() > most_content_bytes_ - encoder_.content_bytes())
    return Error{Errc::invalid, "over " + std::to_string(most_content_bytes_) + " bytes"};
  CS_TRY(claim_more(bytes.size()));
  encoder_.content(bytes);
  if (buffer_.size() + bytes.size() <= kBuffer) {
    buffer_ += bytes;
    return {};
  }
  CS_TRY(flush());
  if (bytes.size() > kBuffer) return file_->write_all(bytes);
  buffer_ += bytes;
  return {};
}

Status DraftOnDisk::write_out(const std::string& retry_digest) {
  const std::string trailer = encoder_.trailer(retry_digest);
  CS_TRY(claim_more(trailer.size()));
  buffer_ += trailer;
  CS_TRY(flush());
  CS_TRY(file_->fsync());
  CS_TRY(file_->close());
  file_.reset();
  return {};
}

Status DraftOnDisk::publish() {
  const std::string folder = layout::folder_of(id_);
  CS_TRY(folders_.ensure(folder));
  CS_TRY(fs_.rename(name_, layout::message_of(id_)));
  name_ = layout::message_of(id_);
  CS_TRY(fs_.fsync_dir(folder));

  name_.clear();
  held_.insert(id_, std::exchange(claim_, {}));
  return {};
}

Status DraftOnDisk::claim_more(std::size_t bytes) {
  Status grown = held_.grow(claim_, bytes);
  over_share_ = !grown;
  return grown;
}

Status DraftOnDisk::flush() {
  CS_TRY(file_->write_all(buffer_));
  buffer_.clear();
  return {};
}

void DraftOnDisk::discard() {
  file_.reset();
  // An unlink that fails leaves a file in tmp/, which the next start empties; or, after the rename,
  // a whole message that the sender was told to send again: twice is better than never.
  if (!name_.empty()) (void)fs_.unlink(std::exchange(name_, {}));
  held_.give_back(claim_);
}

}  // namespace countersign
