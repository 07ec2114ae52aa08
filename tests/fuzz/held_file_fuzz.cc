// SPDX-License-Identifier: Apache-2.0
//
// A held file from anywhere: it decodes or is refused, whatever it says of its own lengths. Digests
// stop a fuzzer, so the input is also taken as the fields of a head; what decodes then must come
// back the same, alone and in a file with sound digests.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "spool/held_file.h"
#include "spool/held_head.h"

namespace countersign {
namespace {

class MemoryFile final : public SpoolFs::File {
 public:
  explicit MemoryFile(std::string_view bytes) : bytes_(bytes) {}
  Status write_all(std::string_view) override { return Error{Errc::invalid, "read only"}; }
  Result<std::string> read_at(std::uint64_t offset, std::size_t most) override {
    if (offset >= bytes_.size()) return std::string();
    return std::string(bytes_.substr(static_cast<std::size_t>(offset), most));
  }
  Result<std::uint64_t> size() override { return std::uint64_t{bytes_.size()}; }
  Status fsync() override { return {}; }
  Status close() override { return {}; }

 private:
  std::string_view bytes_;
};

void require(bool good) {
  if (!good) std::abort();
}

/// Reads a file to its end, and returns whether all of it was sound.
bool read_all(std::string_view bytes) {
  MemoryFile file(bytes);
  const auto held = read_held_file(file);
  if (!held) return false;
  require(held->content_offset + held->content_bytes <= bytes.size());
  std::string content;
  const auto sent = send_held_content(file, *held, [&](std::string_view piece) -> Status {
    content += piece;
    return {};
  });
  require(bool(sent) == bool(verify_held_file(file, *held)));
  if (sent)
    require(content == bytes.substr(static_cast<std::size_t>(held->content_offset),
                                    static_cast<std::size_t>(held->content_bytes)));
  return bool(sent);
}

void check_fields(std::string_view fields) {
  const auto once = decode_head_fields(fields);
  if (!once) return;
  require(once->envelope.owners.size() == once->envelope.envelope.recipients.size());
  const auto encoded = encode_head_fields(once->envelope, once->network);
  require(bool(encoded));
  const auto twice = decode_head_fields(*encoded);
  require(bool(twice));
  require(*encode_head_fields(twice->envelope, twice->network) == *encoded);

  HeldFileEncoder encoder;
  std::string file = *encoder.head(once->envelope, once->network);
  encoder.content(fields);
  file += fields;
  file += encoder.trailer("ab");
  require(read_all(file));
}

}  // namespace
}  // namespace countersign

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  (void)countersign::read_all(input);
  countersign::check_fields(input);
  return 0;
}
