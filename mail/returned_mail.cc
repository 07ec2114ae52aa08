// SPDX-License-Identifier: Apache-2.0
#include "mail/returned_mail.h"

#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "mail/message_id.h"
#include "mail/structured_field.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

constexpr std::size_t kLongestLine = 4096;
constexpr std::size_t kMostText = 64 * 1024;  // of a part's header, or of its fields
constexpr std::size_t kDeepest = 6;           // multiparts in each other
constexpr std::size_t kMostIds = 4;
constexpr std::size_t kMostRecipients = 100;

struct ContentType {
  std::string name;  ///< "multipart/report", lower case
  std::string boundary;
};

bool is_token(char c) {
  return c > ' ' && c < 127 && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string::npos;
}

// RFC 2045 §5.1. What does not read is text/plain (§5.2), as a mail without the field.
ContentType content_type_of(const HeaderSection& header) {
  ContentType out{"text/plain", ""};
  const HeaderField* field = header.first("Content-Type");
  if (field == nullptr) return out;
  FieldReader reader(field->value);
  reader.skip_cfws();
  std::string name(reader.take_while(is_token));
  reader.skip_cfws();
  if (!reader.take('/')) return out;
  reader.skip_cfws();
  name += '/';
  name += reader.take_while(is_token);
  out.name = ascii_lower(name);
  for (reader.skip_cfws(); reader.take(';'); reader.skip_cfws()) {
    reader.skip_cfws();
    const std::string attribute = ascii_lower(reader.take_while(is_token));
    reader.skip_cfws();
    if (!reader.take('=')) break;
    reader.skip_cfws();
    std::string value;
    if (reader.peek() == '"')
      value = reader.quoted_string().value_or("");
    else
      value = reader.take_while(is_token);
    if (attribute == "boundary") out.boundary = value;
  }
  return out;
}

std::string_view without_blanks_behind(std::string_view text) {
  const auto end = text.find_last_not_of(" \t\r\n");
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
}

/// CRLF lines, as HeaderSection has them.
std::string with_crlf(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.append(line).append("\r\n");
    at = end + 1;
  }
  return out;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

// RFC 2045 §6.7. A sign that is no escape stays.
std::string from_quoted_printable(std::string_view line) {
  line = without_blanks_behind(line);
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '=' && i + 2 < line.size() && is_hex(line[i + 1]) && is_hex(line[i + 2])) {
      out += *hex_decode(line.substr(i + 1, 2));
      i += 2;
    } else if (line[i] == '=' && i + 1 == line.size()) {
      return out;  // a soft line end
    } else {
      out += line[i];
    }
  }
  return out + "\n";
}

// qmail: "--- Below this line is a copy of the message."; Exim: "------ This is a copy of the
// message, including all the headers. ------" and "... your message, ... headers".
bool announces_copy(std::string_view line) {
  if (!line.starts_with("---")) return false;
  const std::string lower = ascii_lower(line);
  return lower.find("copy of") != std::string::npos && lower.find("message") != std::string::npos;
}

}  // namespace

ReturnedMailReader::ReturnedMailReader(const HeaderSection& header) {
  if (const HeaderField* failed = header.first("X-Failed-Recipients")) {
    const std::string list = unfold(failed->value);
    for (std::size_t at = 0; at < list.size();) {
      const auto end = std::min(list.find(',', at), list.size());
      add_recipient(std::string_view(list).substr(at, end - at), Returned::failed);
      at = end + 1;
    }
  }
  enter_part(header, true);
}

void ReturnedMailReader::enter_part(const HeaderSection& header, bool whole_message) {
  text_.clear();
  base64_.clear();
  content_ = Content::other;
  encoding_ = Encoding::none;
  state_ = State::skip;
  if (const HeaderField* field = header.first("Content-Transfer-Encoding")) {
    const std::string word = ascii_lower(unfold(field->value));
    if (word == "base64") encoding_ = Encoding::base64;
    if (word == "quoted-printable") encoding_ = Encoding::quoted_printable;
  }
  const ContentType type = content_type_of(header);
  static const std::map<std::string, Content, std::less<>> kContents = {
      {"message/delivery-status", Content::status},
      {"message/global-delivery-status", Content::status},
      {"message/disposition-notification", Content::disposition},
      {"message/global-disposition-notification", Content::disposition},
      {"text/rfc822-headers", Content::copy},
      {"message/global-headers", Content::copy},
      {"message/rfc822", Content::copy},
      {"message/global", Content::copy}};
  if (const auto known = kContents.find(type.name); known != kContents.end()) {
    content_ = known->second;
    state_ = State::fields;
  } else if (type.name.starts_with("multipart/") && !type.boundary.empty() &&
             boundaries_.size() < kDeepest) {
    boundaries_.push_back("--" + type.boundary);
  } else if (whole_message) {
    state_ = type.name == "text/plain" ? State::plain : State::done;
  }
}

bool ReturnedMailReader::take(std::string_view bytes) {
  while (!bytes.empty() && state_ != State::done) {
    const auto end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    // A line without end takes no memory; what stands far behind in one is no field of ours.
    line_.append(piece.substr(0, kLongestLine - std::min(line_.size(), kLongestLine)));
    if (end == std::string_view::npos) break;
    if (line_.ends_with('\r')) line_.pop_back();
    take_line(std::exchange(line_, {}));
    bytes.remove_prefix(end + 1);
  }
  return wants_more();
}

void ReturnedMailReader::finish() {
  if (state_ == State::done) return;
  if (!line_.empty()) take_line(std::exchange(line_, {}));
  if (state_ == State::fields) end_fields();
  state_ = State::done;
}

void ReturnedMailReader::take_line(const std::string& line) {
  if (take_boundary(line)) return;
  switch (state_) {
    case State::part_header:
      if (line.empty()) {
        const HeaderSection header = HeaderSection::parse(with_crlf(text_));
        return enter_part(header, false);
      }
      if (text_.size() < kMostText) text_.append(line).append("\n");
      return;
    case State::fields:
      return take_fields(decoded(line));
    case State::plain:
      // qmail names each recipient on a line of its own: "<alice@example.com>:".
      if (line.starts_with('<') && without_blanks_behind(line).ends_with(">:"))
        add_recipient(std::string_view(line).substr(1, line.rfind('>') - 1), Returned::failed);
      if (announces_copy(line)) state_ = State::announced;
      return;
    case State::announced:
      if (line.empty()) return;
      content_ = Content::copy;
      state_ = State::fields;
      return take_fields(decoded(line));
    case State::skip:
    case State::done:
      return;
  }
}

/// Whether the line is a boundary (RFC 2046 §5.1.1) of a multipart that we are in.
bool ReturnedMailReader::take_boundary(std::string_view line) {
  if (!line.starts_with("--")) return false;
  line = without_blanks_behind(line);
  for (std::size_t i = boundaries_.size(); i-- > 0;) {
    const bool opens = line == boundaries_[i];
    const bool closes = line.size() == boundaries_[i].size() + 2 && line.ends_with("--") &&
                        line.starts_with(boundaries_[i]);
    if (!opens && !closes) continue;
    if (state_ == State::fields) end_fields();
    if (state_ == State::done) return true;
    boundaries_.resize(opens ? i + 1 : i);
    text_.clear();
    state_ = opens ? State::part_header : boundaries_.empty() ? State::done : State::skip;
    return true;
  }
  return false;
}

void ReturnedMailReader::take_fields(std::string_view decoded) {
  text_.append(decoded.substr(0, kMostText - std::min(text_.size(), kMostText)));
  if (content_ != Content::copy) return;
  // Behind its header section a returned mail tells nothing; a fold of base64 may hold the end.
  const auto end = text_.find("\n\n");
  const auto crlf = text_.find("\n\r\n");
  if (end == std::string::npos && crlf == std::string::npos && text_.size() < kMostText) return;
  text_.resize(std::min({end, crlf, text_.size()}));
  end_fields();
}

void ReturnedMailReader::end_fields() {
  state_ = State::skip;
  const std::string text = std::exchange(text_, {});
  if (content_ == Content::copy)
    read_copy(HeaderSection::parse(with_crlf(text)));
  else
    read_report(text);
  if (boundaries_.empty() || (content_ != Content::status && !found_.message_ids.empty()))
    state_ = State::done;
}

void ReturnedMailReader::read_copy(const HeaderSection& header) {
  const auto fields = header.all("Message-ID");
  // Two of them would let a forger's copy name another's mail beside his own.
  if (fields.size() == 1) add_id(fields.front()->value);
}

/// Groups of fields with empty lines between (RFC 3464 §2.1, RFC 8098 §3.1).
void ReturnedMailReader::read_report(std::string_view groups) {
  const std::string text = with_crlf(groups);
  for (std::size_t at = 0; at < text.size();) {
    if (text.compare(at, 2, "\r\n") == 0) {
      at += 2;
      continue;
    }
    auto end = text.find("\r\n\r\n", at);
    end = end == std::string::npos ? text.size() : end + 4;
    const HeaderSection group = HeaderSection::parse(text.substr(at, end - at));
    const std::optional<Returned> said = action_of(group);
    if (said) {
      said_ = std::min(*said, said_.value_or(*said));
      found_.what = *said_;
    }
    for (const std::string_view name : {"Original-Recipient", "Final-Recipient"})
      for (const HeaderField* field : group.all(name)) {
        // "rfc822; alice@example.com", "utf-8; ...": an address type first.
        const std::string value = unfold(field->value);
        const auto semicolon = value.find(';');
        if (semicolon != std::string::npos)
          add_recipient(std::string_view(value).substr(semicolon + 1),
                        said.value_or(Returned::failed));
      }
    if (content_ == Content::disposition)
      for (const HeaderField* field : group.all("Original-Message-ID")) add_id(field->value);
    at = end;
  }
}

/// RFC 3464 §2.3.3; a disposition notification (RFC 8098) tells of mail that has arrived.
std::optional<Returned> ReturnedMailReader::action_of(const HeaderSection& group) const {
  if (content_ == Content::disposition) return Returned::done;
  const HeaderField* action = group.first("Action");
  if (action == nullptr) return std::nullopt;
  const std::string word = ascii_lower(unfold(action->value));
  if (word.starts_with("delayed")) return Returned::delayed;
  return word.starts_with("failed") ? Returned::failed : Returned::done;
}

void ReturnedMailReader::add_id(std::string_view value) {
  for (std::string& id : message_ids(value))
    if (found_.message_ids.size() < kMostIds &&
        std::find(found_.message_ids.begin(), found_.message_ids.end(), id) ==
            found_.message_ids.end())
      found_.message_ids.push_back(std::move(id));
}

void ReturnedMailReader::add_recipient(std::string_view value, Returned what) {
  std::string text = unfold(value);
  if (text.starts_with('<') && text.ends_with('>')) text = text.substr(1, text.size() - 2);
  auto mailbox = Mailbox::parse(text);
  if (!mailbox) return;
  auto& known = found_.recipients;
  const auto at = std::find_if(known.begin(), known.end(),
                               [&](const auto& one) { return one.mailbox == *mailbox; });
  if (at != known.end())
    at->what = std::min(at->what, what);
  else if (known.size() < kMostRecipients)
    known.push_back({*std::move(mailbox), what});
}

std::string ReturnedMailReader::decoded(std::string_view line) {
  switch (encoding_) {
    case Encoding::quoted_printable:
      return from_quoted_printable(line);
    case Encoding::base64: {
      std::copy_if(line.begin(), line.end(), std::back_inserter(base64_),
                   [](char c) { return c != ' ' && c != '\t' && c != '\r'; });
      const auto whole = base64_.size() - base64_.size() % 4;
      const auto bytes = base64_decode(std::string_view(base64_).substr(0, whole));
      base64_.erase(0, whole);
      return bytes ? *bytes : std::string();
    }
    case Encoding::none:
      break;
  }
  return std::string(line) + "\n";
}

}  // namespace countersign
