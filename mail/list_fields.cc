// SPDX-License-Identifier: Apache-2.0
#include "mail/list_fields.h"

#include "base/encoding.h"
#include "mail/structured_field.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr std::size_t kLongestListId = 255;  // RFC 2919 §6

/// The value of the only field of that name, or null.
const std::string* only_value(const HeaderSection& header, std::string_view name) {
  const auto fields = header.all(name);
  return fields.size() == 1 ? &fields.front()->value : nullptr;
}

// RFC 2919 §3: dot-atom-text. Bytes over 127 are in nobody's grammar.
bool is_list_id(std::string_view text) {
  if (text.empty() || text.size() > kLongestListId || text.front() == '.' || text.back() == '.')
    return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) >= 0x80) return false;
    if (text[i] == '.' ? text[i - 1] == '.' : !is_atext(text[i])) return false;
  }
  return true;
}

// RFC 6068 §2: what stands before a '?' is an address, with %HH.
std::optional<Mailbox> mailbox_of(std::string_view url) {
  constexpr std::string_view kScheme = "mailto:";
  if (ascii_lower(url.substr(0, kScheme.size())) != kScheme) return std::nullopt;
  url = url.substr(kScheme.size());
  url = url.substr(0, url.find('?'));
  std::string address;
  for (std::size_t i = 0; i < url.size(); ++i) {
    const auto byte = url[i] == '%' ? hex_decode(url.substr(i + 1, 2)) : Error{Errc::invalid, {}};
    address += byte && byte->size() == 1 ? *byte : std::string(1, url[i]);
    if (byte && byte->size() == 1) i += 2;
  }
  auto mailbox = Mailbox::parse(address);
  if (!mailbox) return std::nullopt;
  return *std::move(mailbox);
}

}  // namespace

std::string parse_list_id(std::string_view text) {
  if (text.starts_with('<') && text.ends_with('>')) text = text.substr(1, text.size() - 2);
  const std::string id = ascii_lower(text);
  return is_list_id(id) ? id : "";
}

std::string list_id_of(const HeaderSection& header) {
  const std::string* value = only_value(header, "List-Id");
  if (value == nullptr) return "";
  const std::string text = unfold(*value);
  const auto open = text.rfind('<');
  const auto close = text.find('>', open == std::string::npos ? 0 : open);
  if (open == std::string::npos || close == std::string::npos)
    // Some lists leave the brackets out.
    return open == close ? parse_list_id(text) : "";
  return parse_list_id(std::string_view(text).substr(open, close - open + 1));
}

std::optional<Mailbox> list_post_of(const HeaderSection& header) {
  const std::string* value = only_value(header, "List-Post");
  if (value == nullptr) return std::nullopt;
  const std::string_view text = *value;
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string_view::npos; ++at) {
    const auto end = text.find('>', at);
    if (end == std::string_view::npos) break;
    if (auto mailbox = mailbox_of(text.substr(at + 1, end - at - 1))) return mailbox;
  }
  return std::nullopt;
}

}  // namespace countersign
