// SPDX-License-Identifier: Apache-2.0
#include "spool/message_files.h"

#include "base/log.h"
#include "spool/held_log.h"
#include "spool/layout.h"

namespace countersign {
namespace {

constexpr std::size_t kLogPiece = 64 * kSlotBytes;

/// Returns the log's octets. Errors: not_found, unavailable.
Result<std::string> read_log(SpoolFs& fs, const HeldId& id) {
  CS_ASSIGN(const auto file, fs.open(layout::log_of(id)));
  std::string bytes;
  for (;;) {
    CS_ASSIGN(const std::string piece, file->read_at(bytes.size(), kLogPiece));
    bytes += piece;
    if (piece.size() < kLogPiece) return bytes;
  }
}

/// Returns a name in damaged/ that nothing has.
Result<std::string> free_name(SpoolFs& fs, const std::string& leaf) {
  for (int i = 0;; ++i) {
    std::string name = std::string(layout::kDamaged) + "/" + leaf;
    if (i > 0) name += "." + std::to_string(i);
    CS_ASSIGN(const bool taken, fs.exists(name));
    if (!taken) return name;
  }
}

/// Moves one file of the message, if it is there.
Status move_aside(SpoolFs& fs, const std::string& from, const std::string& leaf) {
  CS_ASSIGN(const std::string to, free_name(fs, leaf));
  auto moved = fs.rename(from, to);
  if (!moved && moved.error().code != Errc::not_found) return moved;
  return {};
}

}  // namespace

Result<OpenMessage> open_message(SpoolFs& fs, const HeldId& id) {
  CS_ASSIGN(auto file, fs.open(layout::message_of(id)));
  CS_ASSIGN(auto held, read_held_file(*file));
  if (held.envelope.id != id)
    return Error{Errc::corrupt, "the file is that of " + held.envelope.id.text()};
  return OpenMessage{std::move(file), std::move(held)};
}

Result<HeldMessage> load_message(SpoolFs& fs, const HeldId& id) {
  CS_ASSIGN(OpenMessage open, open_message(fs, id));
  HeldMessage message{std::move(open.held.envelope), open.held.content_bytes, {}};
  auto bytes = read_log(fs, id);
  if (!bytes && bytes.error().code != Errc::not_found) return bytes.error();
  if (bytes) {
    message.events = decode_log(id, *bytes).events;
    return message;
  }
  // No log: nothing happened yet, or the message has just been removed, its file before its log.
  CS_ASSIGN(const bool still_there, fs.exists(layout::message_of(id)));
  if (!still_there) return Error{Errc::not_found, id.text()};
  return message;
}

Status send_message(SpoolFs& fs, const HeldId& id,
                    const std::function<Status(std::string_view)>& sink) {
  CS_ASSIGN(const OpenMessage open, open_message(fs, id));
  CS_TRY(verify_held_file(*open.file, open.held));
  return send_held_content(*open.file, open.held, sink);
}

Status set_aside(SpoolFs& fs, const HeldId& id, std::string_view why) {
  log::error("held message set aside in damaged/", {{"held", id.text()}, {"why", why}});
  CS_TRY(move_aside(fs, layout::message_of(id), id.text() + ".msg"));
  CS_TRY(move_aside(fs, layout::log_of(id), id.text() + ".log"));
  // The new names first: a message must never be under neither.
  CS_TRY(fs.fsync_dir(layout::kDamaged));
  return fs.fsync_dir(layout::folder_of(id));
}

}  // namespace countersign
