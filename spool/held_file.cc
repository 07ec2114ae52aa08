// SPDX-License-Identifier: Apache-2.0
#include "spool/held_file.h"

#include <algorithm>
#include <optional>

#include "spool/held_head.h"

namespace countersign {
namespace {

using namespace std::string_view_literals;

// The line ends and the octet over 127 show what a transfer as text has done to a file.
constexpr std::string_view kMagic =
    "\x89"
    "CSHELD\n"sv;
constexpr std::string_view kEndMagic = "CSEND\r\n\x1a"sv;
constexpr std::uint64_t kFormat = 1;
constexpr std::uint64_t kPlain = 0;  ///< key id: not encrypted

constexpr std::size_t kPrefix = 8 + 2 + 2 + 4;  ///< magic, format, key id, length of the fields
constexpr std::size_t kDigest = 32;
constexpr std::size_t kTail = 4 + 8 + kDigest + 8;  ///< what every file ends with
constexpr std::size_t kMostTrailerFields = 64 * 1024;
constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kFirstRead = 4096;  ///< holds the head of a message to a few recipients

constexpr std::uint16_t kRetryDigest = 1;  ///< the trailer's only field so far

Error corrupt(std::string why) { return {Errc::corrupt, std::move(why)}; }

/// Reads exactly `size` octets.
Result<std::string> read_exactly(SpoolFs::File& file, std::uint64_t offset, std::size_t size) {
  CS_ASSIGN(std::string bytes, file.read_at(offset, size));
  if (bytes.size() != size) return corrupt("the file is cut");
  return bytes;
}

/// Reads the head's octets, its digest included, and checks that digest.
Result<std::string> read_head(SpoolFs::File& file, std::uint64_t file_bytes) {
  CS_ASSIGN(std::string head, file.read_at(0, kFirstRead));
  if (head.size() < kPrefix + kDigest) return corrupt("the file is cut");
  if (std::string_view(head).substr(0, kMagic.size()) != kMagic)
    return corrupt("not a held message");
  const std::uint64_t fields = get_number(std::string_view(head).substr(12, 4));
  const std::uint64_t size = kPrefix + fields + kDigest;
  if (fields > kMostHeadBytes || size + kTail > file_bytes)
    return corrupt("the head is longer than the file");
  if (size > head.size()) {
    CS_ASSIGN(const std::string more,
              read_exactly(file, head.size(), static_cast<std::size_t>(size) - head.size()));
    head += more;
  }
  head.resize(static_cast<std::size_t>(size));
  const std::string_view signed_part(head.data(), head.size() - kDigest);
  if (sha256(signed_part) != std::string_view(head).substr(signed_part.size()))
    return corrupt("the head's digest is wrong");
  return head;
}

/// What a reader of any version may say after the head's digest was right.
Status check_format(std::string_view head) {
  const std::uint64_t format = get_number(head.substr(8, 2));
  const std::uint64_t key = get_number(head.substr(10, 2));
  if (format != kFormat)
    return Error{Errc::unavailable, "format " + std::to_string(format) + " is not known"};
  if (key != kPlain)
    return Error{Errc::unavailable, "key " + std::to_string(key) + " is not known"};
  return {};
}

Status read_trailer_fields(std::string_view bytes, HeldEnvelope& envelope) {
  TaggedReader reader(bytes);
  while (!reader.at_end()) {
    CS_ASSIGN(const TaggedReader::Field field, reader.next());
    if (field.tag == kRetryDigest) envelope.retry_digest = field.text();
  }
  return {};
}

/// Calls `take` with the octets from `offset` to `end` in pieces.
template <class Take>
Status read_pieces(SpoolFs::File& file, std::uint64_t offset, std::uint64_t end, Take take) {
  while (offset < end) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, end - offset));
    CS_ASSIGN(const std::string piece, read_exactly(file, offset, size));
    CS_TRY(take(std::string_view(piece)));
    offset += size;
  }
  return {};
}

/// Digests the file from `offset` to where its digest stands, and compares.
Status finish_digest(SpoolFs::File& file, const HeldFile& held, Sha256& digest,
                     std::uint64_t offset) {
  const std::uint64_t end = held.file_bytes - kDigest - kEndMagic.size();
  CS_TRY(read_pieces(file, offset, end, [&](std::string_view piece) -> Status {
    digest.update(piece);
    return {};
  }));
  CS_ASSIGN(const std::string stored, read_exactly(file, end, kDigest));
  if (digest.finish() != stored) return corrupt("the digest is wrong");
  return {};
}

}  // namespace

Result<std::string> HeldFileEncoder::head(const HeldEnvelope& envelope,
                                          const std::string& network) {
  CS_ASSIGN(const std::string fields, encode_head_fields(envelope, network));
  if (fields.size() > kMostHeadBytes)
    return Error{Errc::invalid, "an envelope of " + std::to_string(fields.size()) + " bytes"};
  std::string head(kMagic);
  put_number(head, kFormat, 2);
  put_number(head, kPlain, 2);
  put_number(head, fields.size(), 4);
  head += fields;
  head += sha256(head);
  digest_.update(head);
  return head;
}

void HeldFileEncoder::content(std::string_view piece) {
  digest_.update(piece);
  content_bytes_ += piece.size();
}

std::string HeldFileEncoder::trailer(const std::string& retry_digest) {
  std::string trailer;
  put_field(trailer, kRetryDigest, retry_digest);
  const std::size_t fields = trailer.size();
  put_number(trailer, fields, 4);
  put_number(trailer, content_bytes_, 8);
  digest_.update(trailer);
  trailer += digest_.finish();
  trailer += kEndMagic;
  return trailer;
}

Result<HeldFile> read_held_file(SpoolFs::File& file) {
  CS_ASSIGN(const std::uint64_t file_bytes, file.size());
  CS_ASSIGN(const std::string head, read_head(file, file_bytes));
  CS_TRY(check_format(head));
  CS_ASSIGN(const std::string tail, read_exactly(file, file_bytes - kTail, kTail));
  const std::string_view tail_view = tail;
  if (tail_view.substr(kTail - kEndMagic.size()) != kEndMagic)
    return corrupt("the trailer is missing");
  const std::uint64_t trailer_fields = get_number(tail_view.substr(0, 4));
  const std::uint64_t content_bytes = get_number(tail_view.substr(4, 8));
  const std::uint64_t between = file_bytes - kTail - head.size();
  if (trailer_fields > kMostTrailerFields || trailer_fields > between ||
      content_bytes != between - trailer_fields)
    return corrupt("the lengths do not add up");

  const std::string_view fields =
      std::string_view(head).substr(kPrefix, head.size() - kPrefix - kDigest);
  CS_ASSIGN(DecodedHead decoded, decode_head_fields(fields));
  HeldFile held{std::move(decoded.envelope), std::move(decoded.network), head.size(), content_bytes,
                file_bytes};
  CS_ASSIGN(const std::string trailer, read_exactly(file, head.size() + content_bytes,
                                                    static_cast<std::size_t>(trailer_fields)));
  CS_TRY(read_trailer_fields(trailer, held.envelope));
  return held;
}

Status verify_held_file(SpoolFs::File& file, const HeldFile& held) {
  Sha256 digest;
  return finish_digest(file, held, digest, 0);
}

Status send_held_content(SpoolFs::File& file, const HeldFile& held,
                         const std::function<Status(std::string_view)>& sink) {
  Sha256 digest;
  CS_TRY(read_pieces(file, 0, held.content_offset, [&](std::string_view piece) -> Status {
    digest.update(piece);
    return {};
  }));
  std::string kept;
  const std::uint64_t end = held.content_offset + held.content_bytes;
  CS_TRY(read_pieces(file, held.content_offset, end, [&](std::string_view piece) -> Status {
    // On the first turn there is nothing yet to send.
    auto sent = kept.empty() ? Status() : sink(kept);
    digest.update(piece);
    kept = piece;
    return sent;
  }));
  CS_TRY(finish_digest(file, held, digest, end));
  if (!kept.empty()) CS_TRY(sink(kept));
  return {};
}

}  // namespace countersign
