// SPDX-License-Identifier: Apache-2.0
#include "holding/mime_writer.h"

#include <gmime/gmime.h>

#include <algorithm>
#include <cassert>
#include <memory>
#include <mutex>

#include "mail/held_id.h"

namespace countersign {
namespace {

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

// GMime says nothing of threads, keeps tables and a cache of its own, and counts its users without
// a lock. Notices are few: one is written at a time. It is started once and never stopped.
std::mutex& gmime() {
  static auto& mutex = *new std::mutex;
  static std::once_flag once;
  std::call_once(once, g_mime_init);
  return mutex;
}

std::string without_controls(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if ((c >= 0 && c < ' ') || c == 127) c = ' ';
  return out;
}

std::string with_lf(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != '\r') out += c;
  return out;
}

bool fits_7bit(std::string_view text) {
  constexpr std::size_t kMostLine = 998;  // RFC 5322 §2.1.1
  std::size_t line = 0;
  for (const char c : text) {
    line = c == '\n' ? 0 : line + 1;
    const bool good = c == '\n' || c == '\t' || (c >= ' ' && c < 127);
    if (!good || line > kMostLine) return false;
  }
  return true;
}

Owned<GMimeObject> make_part(const MimePart& part) {
  const std::size_t slash = part.type.find('/');
  assert(slash != std::string::npos);
  GMimePart* made = g_mime_part_new_with_type(part.type.substr(0, slash).c_str(),
                                              part.type.substr(slash + 1).c_str());
  Owned<GMimeObject> owned(GMIME_OBJECT(made));
  const std::string text = with_lf(part.text);
  if (part.type.starts_with("text/"))
    g_mime_object_set_content_type_parameter(owned.get(), "charset", "utf-8");
  // RFC 2046 §5.2 lets no message/* type be encoded; message/delivery-status is ASCII anyway.
  const bool plain = fits_7bit(text) || part.type.starts_with("message/");
  g_mime_part_set_content_encoding(
      made, plain ? GMIME_CONTENT_ENCODING_7BIT : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
  const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
  const Owned<GMimeDataWrapper> content(
      g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT));
  g_mime_part_set_content(made, content.get());
  return owned;
}

Owned<GMimeObject> make_body(const MimeMail& mail) {
  if (mail.multipart.empty()) return make_part(mail.parts.at(0));
  GMimeMultipart* made = g_mime_multipart_new_with_subtype(mail.multipart.c_str());
  Owned<GMimeObject> owned(GMIME_OBJECT(made));
  g_mime_multipart_set_boundary(made, ("=_" + HeldId::random().text()).c_str());
  if (mail.multipart == "report")
    g_mime_object_set_content_type_parameter(owned.get(), "report-type", "delivery-status");
  for (const MimePart& part : mail.parts) g_mime_multipart_add(made, make_part(part).get());
  return owned;
}

Owned<GMimeMessage> make_message(const MimeMail& mail) {
  Owned<GMimeMessage> message(g_mime_message_new(TRUE));
  g_mime_message_add_mailbox(message.get(), GMIME_ADDRESS_TYPE_FROM,
                             without_controls(mail.from_name).c_str(),
                             without_controls(mail.from).c_str());
  g_mime_message_add_mailbox(message.get(), GMIME_ADDRESS_TYPE_TO, nullptr,
                             without_controls(mail.to).c_str());
  g_mime_message_set_subject(message.get(), without_controls(mail.subject).c_str(), "utf-8");
  g_mime_message_set_message_id(message.get(), without_controls(mail.message_id).c_str());
  GMimeObject* object = GMIME_OBJECT(message.get());
  g_mime_object_set_header(object, "Date", rfc5322_date(mail.date).c_str(), nullptr);
  for (const auto& [name, value] : mail.fields)
    g_mime_object_set_header(object, name.c_str(), without_controls(value).c_str(), nullptr);
  g_mime_message_set_mime_part(message.get(), make_body(mail).get());
  return message;
}

}  // namespace

std::string write_mime(const MimeMail& mail) {
  const std::lock_guard lock(gmime());
  const Owned<GMimeMessage> message = make_message(mail);
  const std::unique_ptr<GMimeFormatOptions, decltype(&g_mime_format_options_free)> options(
      g_mime_format_options_new(), &g_mime_format_options_free);
  g_mime_format_options_set_newline_format(options.get(), GMIME_NEWLINE_FORMAT_DOS);
  const Owned<GMimeStream> stream(g_mime_stream_mem_new());
  g_mime_object_write_to_stream(GMIME_OBJECT(message.get()), options.get(), stream.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

}  // namespace countersign
