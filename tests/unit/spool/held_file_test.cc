// SPDX-License-Identifier: Apache-2.0
#include "spool/held_file.h"

#include <cppunit/extensions/HelperMacros.h>

#include "spool/fields.h"
#include "tests/support/held_samples.h"
#include "tests/support/lossy_fs.h"
#include "tests/support/table_suite.h"

namespace countersign {
namespace {

using test::held_id;

/// Returns the bytes of a whole file.
std::string encoded(const HeldEnvelope& envelope, std::string_view content) {
  HeldFileEncoder encoder;
  std::string bytes = *encoder.head(envelope, "192.0.2.0/24");
  encoder.content(content);
  bytes += content;
  return bytes + encoder.trailer(envelope.retry_digest);
}

/// A file in memory with these bytes.
std::unique_ptr<SpoolFs::File> file_of(test::LossyFs& fs, const std::string& bytes) {
  fs.plant("f", bytes);
  return *fs.open("f");
}

/// What a reader makes of a file: its content, all checks done.
Result<std::string> decoded(const std::string& bytes) {
  test::LossyFs fs;
  const auto file = file_of(fs, bytes);
  CS_ASSIGN(const HeldFile held, read_held_file(*file));
  CS_TRY(verify_held_file(*file, held));
  std::string content;
  CS_TRY(send_held_content(*file, held, [&](std::string_view piece) -> Status {
    content += piece;
    return {};
  }));
  return content;
}

struct Content {
  const char* name;
  std::string bytes;
};
const Content kContents[] = {
    {"an empty message comes back", ""},
    {"one octet comes back", "x"},
    {"NUL, bare CR, bare LF and 8-bit come back", std::string("a\0b\rc\nd\xff\xfe.\r\n.", 14)},
    {"a message without final line end comes back", "A: b\r\n\r\nno end"},
    {"exactly one piece comes back", std::string(65536, 'p')},
    {"one octet over a piece comes back", std::string(65537, 'p')},
    {"several pieces come back", std::string(300'000, 'q') + "end"},
};
void check_content(const Content& row) {
  const auto got = decoded(encoded(test::sample_envelope(held_id("7q", '0')), row.bytes));
  CPPUNIT_ASSERT(got);
  CPPUNIT_ASSERT(row.bytes == *got);
}

/// Returns a head made by hand: any format, any key, any fields, with a right digest.
std::string head_with(std::uint64_t format, std::uint64_t key, const std::string& fields) {
  std::string head(
      "\x89"
      "CSHELD\n",
      8);
  put_number(head, format, 2);
  put_number(head, key, 2);
  put_number(head, fields.size(), 4);
  head += fields;
  return head + sha256(head);
}

/// Returns a file with that head and no content.
std::string file_with(const std::string& head, const std::string& trailer_fields = "") {
  std::string file = head + trailer_fields;
  put_number(file, trailer_fields.size(), 4);
  put_number(file, 0, 8);
  return file + sha256(file) + std::string("CSEND\r\n\x1a", 8);
}

std::string id_field() {
  std::string fields;
  put_field(fields, 1, held_id("7q", '0').text());
  return fields;
}
std::string with_field(std::string fields, std::uint16_t tag, const std::string& value) {
  put_field(fields, tag, value);
  return fields;
}

struct Made {
  const char* name;
  std::string bytes;
  std::optional<Errc> want;  ///< none: it is read
};
const Made kMade[] = {
    {"the id alone is a message", file_with(head_with(1, 0, id_field())), {}},
    {"an unknown field is skipped",
     file_with(head_with(1, 0, with_field(id_field(), 999, "later"))),
     {}},
    {"an unknown field of the trailer is skipped",
     file_with(head_with(1, 0, id_field()), with_field("", 999, "later")),
     {}},
    {"a later format is kept for a later version", file_with(head_with(2, 0, id_field())),
     Errc::unavailable},
    {"an unknown key is kept for who has it", file_with(head_with(1, 7, id_field())),
     Errc::unavailable},
    {"a head without fields is damaged", file_with(head_with(1, 0, "")), Errc::corrupt},
    {"a head that does not begin with the id is damaged",
     file_with(head_with(1, 0, with_field("", 2, "node") + id_field())), Errc::corrupt},
    {"an id that is none is damaged",
     file_with(head_with(1, 0, with_field("", 1, "../../etc/passwd"))), Errc::corrupt},
    {"a field longer than the head is damaged",
     file_with(head_with(1, 0, id_field() + std::string("\0\2\0\0\0\xffx", 7))), Errc::corrupt},
    {"a cut field is damaged", file_with(head_with(1, 0, id_field() + "x")), Errc::corrupt},
    {"a number of the wrong size is damaged",
     file_with(head_with(1, 0, with_field(id_field(), 3, "1234"))), Errc::corrupt},
    {"a recipient with a cut field is damaged",
     file_with(head_with(1, 0, with_field(id_field(), 7, "x"))), Errc::corrupt},
    {"nothing is damaged", "", Errc::corrupt},
    {"a short text is damaged", "hello", Errc::corrupt},
    {"a head without trailer is damaged", head_with(1, 0, id_field()), Errc::corrupt},
    {"a length over the file is damaged",
     std::string("\x89"
                 "CSHELD\n\0\1\0\0\xff\xff\xff\xff",
                 16) +
         std::string(100, 'x'),
     Errc::corrupt},
};
void check_made(const Made& row) {
  test::LossyFs fs;
  const auto held = read_held_file(*file_of(fs, row.bytes));
  CPPUNIT_ASSERT_EQUAL(!row.want, bool(held));
  if (row.want) CPPUNIT_ASSERT(*row.want == held.error().code);
}

}  // namespace

class HeldFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HeldFileTest);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(contents);
  CPPUNIT_TEST_SUITE_ADD_CUSTOM_TESTS(made_by_hand);
  CPPUNIT_TEST(the_bytes_are_those_of_the_document);
  CPPUNIT_TEST(every_field_comes_back);
  CPPUNIT_TEST(a_null_reverse_path_comes_back);
  CPPUNIT_TEST(a_thousand_recipients_come_back);
  CPPUNIT_TEST(times_before_1970_come_back);
  CPPUNIT_TEST(owners_must_match_recipients);
  CPPUNIT_TEST(a_head_too_large_is_refused);
  CPPUNIT_TEST(cut_anywhere_it_is_damaged);
  CPPUNIT_TEST(with_any_bit_flipped_it_is_damaged);
  CPPUNIT_TEST(with_anything_after_its_end_it_is_damaged);
  CPPUNIT_TEST(a_change_between_the_passes_never_comes_out_whole);
  CPPUNIT_TEST(the_head_is_read_without_the_content);
  CPPUNIT_TEST(pieces_are_small);
  CPPUNIT_TEST_SUITE_END();

 public:
  static void contents(TestSuiteBuilderContextType& c) {
    test::add_rows(c, kContents, check_content);
  }
  static void made_by_hand(TestSuiteBuilderContextType& c) { test::add_rows(c, kMade, check_made); }

  void the_bytes_are_those_of_the_document() {
    // Written by another program after docs/spool-format.md; old spools must stay readable.
    const std::string bytes = test::golden("tests/fuzz/corpus/held_file/file-full");
    HeldEnvelope envelope = test::sample_envelope(held_id("7q", '0'));
    // Both came later.
    envelope.date.clear();
    envelope.network_fingerprint.clear();
    envelope.retry_digest = "ab12";
    CPPUNIT_ASSERT(bytes == encoded(envelope, "Subject: x\r\n\r\nbody\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("Subject: x\r\n\r\nbody\r\n"), *decoded(bytes));
    test::assert_same(envelope, read(bytes)->envelope);
  }
  void every_field_comes_back() {
    HeldEnvelope envelope = test::sample_envelope(held_id("7q", '0'));
    envelope.retry_digest = "abcdef";
    const auto held = read(encoded(envelope, "content"));
    CPPUNIT_ASSERT(held);
    test::assert_same(envelope, held->envelope);
    CPPUNIT_ASSERT_EQUAL(std::string("abcdef"), held->envelope.retry_digest);
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.0/24"), held->network);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{7}, held->content_bytes);
  }
  void a_null_reverse_path_comes_back() {
    HeldEnvelope envelope = test::sample_envelope(held_id("7q", '0'));
    envelope.envelope.reverse_path = parse_reverse_path({"<>"});
    CPPUNIT_ASSERT(envelope.envelope.reverse_path.null);
    test::assert_same(envelope, read(encoded(envelope, ""))->envelope);
  }
  void a_thousand_recipients_come_back() {
    HeldEnvelope envelope = test::sample_envelope(held_id("7q", '0'));
    envelope.envelope.recipients.assign(1000, envelope.envelope.recipients[0]);
    envelope.owners.assign(1000, "joe@example.org");
    test::assert_same(envelope, read(encoded(envelope, "x"))->envelope);
  }
  void times_before_1970_come_back() {
    HeldEnvelope envelope = test::sample_envelope(held_id("7q", '0'));
    envelope.arrived = WallTime(seconds(-5));
    test::assert_same(envelope, read(encoded(envelope, "x"))->envelope);
  }
  void owners_must_match_recipients() {
    HeldEnvelope envelope = test::sample_envelope(held_id("7q", '0'));
    envelope.owners.pop_back();
    const auto head = HeldFileEncoder().head(envelope, "");
    CPPUNIT_ASSERT(!head && head.error().code == Errc::invalid);
  }
  void a_head_too_large_is_refused() {
    HeldEnvelope envelope = test::sample_envelope(held_id("7q", '0'));
    envelope.subject.assign(kMostHeadBytes, 's');
    const auto head = HeldFileEncoder().head(envelope, "");
    CPPUNIT_ASSERT(!head && head.error().code == Errc::invalid);
  }
  void cut_anywhere_it_is_damaged() {
    const std::string bytes = small();
    for (std::size_t size = 0; size < bytes.size(); ++size)
      assert_damaged(bytes.substr(0, size), "cut to " + std::to_string(size));
  }
  void with_any_bit_flipped_it_is_damaged() {
    const std::string bytes = small();
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (int bit = 0; bit < 8; ++bit) {
        std::string flipped = bytes;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
        assert_damaged(flipped, "bit " + std::to_string(bit) + " of " + std::to_string(at));
      }
  }
  void with_anything_after_its_end_it_is_damaged() {
    assert_damaged(small() + '\0', "a NUL");
    assert_damaged(small() + small(), "itself again");
  }
  void a_change_between_the_passes_never_comes_out_whole() {
    const std::string content(200'000, 'c');
    std::string bytes = encoded(test::sample_envelope(held_id("7q", '0')), content);
    test::LossyFs fs;
    const auto file = file_of(fs, bytes);
    const HeldFile held = *read_held_file(*file);
    CPPUNIT_ASSERT(verify_held_file(*file, held));
    bytes[held.content_offset + 10] ^= 1;
    fs.plant("f", bytes);
    std::size_t got = 0;
    const auto sent = send_held_content(*file, held, [&](std::string_view piece) -> Status {
      got += piece.size();
      return {};
    });
    CPPUNIT_ASSERT(!sent && sent.error().code == Errc::corrupt);
    CPPUNIT_ASSERT(got < content.size());
  }
  void the_head_is_read_without_the_content() {
    const std::string bytes =
        encoded(test::sample_envelope(held_id("7q", '0')), std::string(1'000'000, 'c'));
    test::LossyFs fs;
    CountingFile file(file_of(fs, bytes));
    CPPUNIT_ASSERT(read_held_file(file));
    CPPUNIT_ASSERT(file.read < 10'000);
  }
  void pieces_are_small() {
    test::LossyFs fs;
    const auto file = file_of(
        fs, encoded(test::sample_envelope(held_id("7q", '0')), std::string(1'000'000, 'c')));
    std::size_t largest = 0;
    CPPUNIT_ASSERT(
        send_held_content(*file, *read_held_file(*file), [&](std::string_view piece) -> Status {
          largest = std::max(largest, piece.size());
          return {};
        }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{65536}, largest);
  }

 private:
  /// Counts the octets that were read.
  struct CountingFile final : SpoolFs::File {
    explicit CountingFile(std::unique_ptr<SpoolFs::File> f) : file(std::move(f)) {}
    Status write_all(std::string_view) override { return Error{Errc::invalid, "read only"}; }
    Result<std::string> read_at(std::uint64_t offset, std::size_t most) override {
      auto bytes = file->read_at(offset, most);
      if (bytes) read += bytes->size();
      return bytes;
    }
    Result<std::uint64_t> size() override { return file->size(); }
    Status fsync() override { return {}; }
    Status close() override { return {}; }
    std::unique_ptr<SpoolFs::File> file;
    std::size_t read = 0;
  };

  static Result<HeldFile> read(const std::string& bytes) {
    test::LossyFs fs;
    return read_held_file(*file_of(fs, bytes));
  }
  static std::string small() {
    return encoded(test::sample_envelope(held_id("7q", '0')), "Subject: x\r\n\r\nbody\r\n");
  }
  static void assert_damaged(const std::string& bytes, const std::string& how) {
    const auto got = decoded(bytes);
    CPPUNIT_ASSERT_MESSAGE(how, !got);
    CPPUNIT_ASSERT_MESSAGE(how, got.error().code == Errc::corrupt);
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(HeldFileTest);

}  // namespace countersign
