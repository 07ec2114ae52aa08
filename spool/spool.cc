// SPDX-License-Identifier: Apache-2.0
#include "spool/spool.h"

#include <utility>

#include "base/log.h"
#include "base/rollback.h"
#include "spool/draft.h"
#include "spool/held_log.h"
#include "spool/layout.h"
#include "spool/message_files.h"
#include "spool/node_id.h"
#include "spool/recovery.h"

namespace countersign {
namespace {

class SpoolOnDisk final : public Spool {
 public:
  SpoolOnDisk(SpoolFs& fs, const SpoolLimits& limits, std::unique_ptr<SpoolFs::File> lock)
      : fs_(fs), limits_(limits), lock_(std::move(lock)), folders_(fs), held_(limits) {}

  Status recover() {
    CS_TRY(prepare_folders(fs_));
    CS_ASSIGN(node_, read_or_make_node(fs_));
    return find_held(fs_, folders_, held_);
  }

  const std::string& node() const override { return node_; }
  Result<std::unique_ptr<Draft>> begin(const HeldEnvelope& envelope,
                                       const std::string& network) override;
  Result<HeldMessage> read(const HeldId& id) override;
  Status content(const HeldId& id, const std::function<Status(std::string_view)>& sink) override;
  Status log(const HeldId& id, const HeldEvent& event) override;
  Status remove(const HeldId& id) override;
  std::vector<HeldId> list() const override { return held_.ids(); }
  std::uint64_t used_bytes() const override { return held_.used_bytes(); }

 private:
  Status append_event(const HeldId& id, const HeldEvent& event);
  Status start_log(const HeldId& id, const HeldEvent& event);
  void mind(const HeldId& id, const Error& error);

  SpoolFs& fs_;
  const SpoolLimits limits_;
  std::unique_ptr<SpoolFs::File> lock_;
  std::string node_;
  HeldFolders folders_;
  HeldSet held_;
};

Status write_event(SpoolFs::File& file, const HeldId& id, std::uint64_t log_bytes,
                   const HeldEvent& event) {
  CS_TRY(file.write_all(encode_event(id, log_bytes, event)));
  CS_TRY(file.fsync());
  return file.close();
}

Status unlink_if_there(SpoolFs& fs, const std::string& name) {
  auto removed = fs.unlink(name);
  if (!removed && removed.error().code != Errc::not_found) return removed;
  return {};
}

Result<std::unique_ptr<Spool::Draft>> SpoolOnDisk::begin(const HeldEnvelope& envelope,
                                                         const std::string& network) {
  // A rename would replace the message that has this id.
  if (held_.contains(envelope.id))
    return Error{Errc::unavailable, envelope.id.text() + " is held already"};
  CS_ASSIGN(const Space space, fs_.space());
  if (low_space(space, held_.without_log()))
    return Error{Errc::unavailable, "low space: " + std::to_string(space.free_bytes) +
                                        " bytes and " + std::to_string(space.free_files) +
                                        " files are free"};
  HeldFileEncoder encoder;
  CS_ASSIGN(std::string head, encoder.head(envelope, network));
  CS_ASSIGN(Shares::Claim claim, held_.admit(claimants_of(envelope, network), head.size()));
  return DraftOnDisk::start(fs_, folders_, held_, envelope.id, std::move(encoder), std::move(head),
                            limits_.message_bytes, std::move(claim));
}

/// What an error of a message means for what we know of it.
void SpoolOnDisk::mind(const HeldId& id, const Error& error) {
  // One that is being removed is not missed, and remove() itself strikes it off.
  if (held_.going(id)) return;
  if (error.code == Errc::not_found) {
    log::error("held message is gone from the disk", {{"held", id.text()}});
    held_.erase(id);
  }
  if (error.code != Errc::corrupt) return;
  if (auto moved = set_aside(fs_, id, error.detail); !moved) {
    log::error("cannot move to damaged/", {{"held", id.text()}, {"why", moved.error().detail}});
    return;
  }
  held_.erase(id);
}

Result<HeldMessage> SpoolOnDisk::read(const HeldId& id) {
  if (!held_.contains(id)) return Error{Errc::not_found, id.text()};
  auto message = load_message(fs_, id);
  if (!message) mind(id, message.error());
  return message;
}

Status SpoolOnDisk::content(const HeldId& id, const std::function<Status(std::string_view)>& sink) {
  if (!held_.contains(id)) return Error{Errc::not_found, id.text()};
  bool from_sink = false;
  auto sent = send_message(fs_, id, [&](std::string_view piece) {
    auto taken = sink(piece);
    from_sink = !taken;
    return taken;
  });
  if (!sent && !from_sink) mind(id, sent.error());
  return sent;
}

Status SpoolOnDisk::log(const HeldId& id, const HeldEvent& event) {
  if (!held_.contains(id)) return Error{Errc::not_found, id.text()};
  return held_.has_log(id) ? append_event(id, event) : start_log(id, event);
}

Status SpoolOnDisk::append_event(const HeldId& id, const HeldEvent& event) {
  CS_ASSIGN(const auto file, fs_.append_to(layout::log_of(id)));
  CS_ASSIGN(const std::uint64_t size, file->size());
  CS_TRY(write_event(*file, id, size, event));
  // Somebody took the log away, and this one's name is new.
  if (size == 0) return fs_.fsync_dir(layout::folder_of(id));
  return {};
}

Status SpoolOnDisk::start_log(const HeldId& id, const HeldEvent& event) {
  const std::string name = layout::log_of(id);
  // A log that a failed try has left is not known to be durable under its name, and an fsync that
  // failed must not be believed the second time: it is made anew.
  CS_TRY(unlink_if_there(fs_, name));
  CS_ASSIGN(const auto file, fs_.create(name));
  Rollback remove([&] { (void)fs_.unlink(name); });
  CS_TRY(write_event(*file, id, 0, event));
  CS_TRY(fs_.fsync_dir(layout::folder_of(id)));
  remove.dismiss();
  held_.set_has_log(id);
  return {};
}

Status SpoolOnDisk::remove(const HeldId& id) {
  held_.set_going(id);
  // The message goes for good before its log does: a message without its history would be
  // delivered again.
  CS_TRY(unlink_if_there(fs_, layout::message_of(id)));
  auto durable = fs_.fsync_dir(layout::folder_of(id));
  if (!durable && durable.error().code != Errc::not_found) return durable;
  CS_TRY(unlink_if_there(fs_, layout::log_of(id)));
  held_.erase(id);
  return {};
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(SpoolFs& fs, const SpoolLimits& limits) {
  CS_ASSIGN(auto lock, fs.lock(layout::kLock));
  auto spool = std::make_unique<SpoolOnDisk>(fs, limits, std::move(lock));
  CS_TRY(spool->recover());
  log::info("spool opened",
            {{"node", spool->node()}, {"held", static_cast<long long>(spool->list().size())}});
  return std::unique_ptr<Spool>(std::move(spool));
}

}  // namespace countersign
