// SPDX-License-Identifier: Apache-2.0
//
// A whole mail as a bounce, and its fields: what is found must not depend on how the body comes,
// and stay within its bounds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "mail/folded_path.h"
#include "mail/list_fields.h"
#include "mail/message_id.h"
#include "mail/returned_mail.h"

using namespace countersign;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

ReturnedMail read(const HeaderSection& header, std::string_view body, std::size_t piece) {
  ReturnedMailReader reader(header);
  for (std::size_t at = 0; at < body.size() && reader.wants_more(); at += piece)
    reader.take(body.substr(at, piece));
  reader.finish();
  require(!reader.wants_more());
  return reader.found();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const HeaderSection header = HeaderSection::parse(text);
  const std::size_t end = text.find("\r\n\r\n");
  const std::string_view body =
      end == std::string_view::npos ? std::string_view() : text.substr(end + 4);

  const ReturnedMail whole = read(header, body, std::max<std::size_t>(body.size(), 1));
  const ReturnedMail pieces = read(header, body, 3);
  require(whole.message_ids == pieces.message_ids && whole.recipients == pieces.recipients);
  require(whole.message_ids.size() <= 4 && whole.recipients.size() <= 100);
  for (const auto& [recipient, what] : whole.recipients)
    require(folded_reverse_path(recipient).domain() == recipient.domain());

  for (const std::string& id : answered_ids(header)) require(!id.empty() && id.size() <= 500);
  const std::string list = list_id_of(header);
  require(list.size() <= 255 && parse_list_id(list) == list);
  (void)list_post_of(header);
  return 0;
}
