// SPDX-License-Identifier: Apache-2.0
//
// The bytes of held/<2 of id>/<id>.msg; docs/spool-format.md has the layout:
//
//   head      magic, format, key id, length, fields, SHA-256 of all that
//   content   the header section, the empty line and the body, as received
//   trailer   fields, their length, the content's length, SHA-256 of the whole file so far, magic
//
// A file is written once, from its first byte to its last, and never edited. The head can be read
// and believed without the content; the last digest covers everything. Functions are thread-safe;
// an encoder belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/result.h"
#include "spool/spool.h"
#include "spool/spool_fs.h"

namespace countersign {

/// A head that is longer is neither written nor read: 64 MiB, some 300 000 recipients.
constexpr std::size_t kMostHeadBytes = std::size_t{64} << 20;

/// Makes the bytes of one file, in the order head, content, trailer, each once (content any number
/// of times). It keeps nothing but a digest.
class HeldFileEncoder {
 public:
  /// Returns the head. Errors: invalid (over kMostHeadBytes; owners not one for each recipient).
  Result<std::string> head(const HeldEnvelope& envelope, const std::string& network);
  /// Takes the next piece of content into account; the caller writes it as it is.
  void content(std::string_view piece);
  std::string trailer(const std::string& retry_digest);

  std::uint64_t content_bytes() const { return content_bytes_; }

 private:
  Sha256 digest_;
  std::uint64_t content_bytes_ = 0;
};

/// A file's head and trailer.
struct HeldFile {
  HeldEnvelope envelope;
  std::string network;  ///< as given to Spool::begin
  std::uint64_t content_offset = 0;
  std::uint64_t content_bytes = 0;
  std::uint64_t file_bytes = 0;
};

/// Reads head and trailer, and checks the head's digest and that the file is as long as it says;
/// the content is not read. Fields that this version does not know are skipped. Errors: corrupt;
/// unavailable (I/O; or a later format, or an unknown key, with a sound digest).
Result<HeldFile> read_held_file(SpoolFs::File& file);

/// Reads the whole file, in pieces, and compares its digest.
/// Errors: corrupt, unavailable.
Status verify_held_file(SpoolFs::File& file, const HeldFile& held);

/// Calls `sink` with the content in pieces of at most 64 KiB. The digest is computed again on the
/// way, and the last piece is kept back until it is right.
/// Errors: those of `sink`; corrupt, unavailable.
Status send_held_content(SpoolFs::File& file, const HeldFile& held,
                         const std::function<Status(std::string_view)>& sink);

}  // namespace countersign
