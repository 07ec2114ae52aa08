// SPDX-License-Identifier: Apache-2.0
#include "mail/address_list.h"

#include <string>
#include <utility>

#include "mail/header_section.h"
#include "mail/structured_field.h"

namespace countersign {
namespace {

// RFC 5322 §3.4: an address list, with the obsolete forms of §4.4.
class AddressListParser {
 public:
  explicit AddressListParser(std::string_view text) : reader_(text) {}

  AddressList parse() {
    reader_.skip_cfws();
    address();
    while (reader_.take(',')) {
      ++list_.elements;
      reader_.skip_cfws();
      if (reader_.peek() != ',' && reader_.peek() != '\0') address();  // obs-addr-list
    }
    if (!reader_.consumed()) return {};
    list_.well_formed = true;
    return list_;
  }

 private:
  enum class Kind { atom, quoted, dot };
  struct Word {
    Kind kind;
    std::string text;
  };

  // Reads words and dots, which are a phrase or a local part: what follows tells.
  std::vector<Word> words() {
    std::vector<Word> words;
    for (;; reader_.skip_cfws()) {
      if (reader_.peek() == '"') {
        auto text = reader_.quoted_string();
        if (!text) return {};
        words.push_back({Kind::quoted, *std::move(text)});
      } else if (reader_.take('.')) {
        words.push_back({Kind::dot, "."});
      } else if (is_atext(reader_.peek())) {
        words.push_back({Kind::atom, std::string(reader_.take_while(is_atext))});
      } else {
        return words;
      }
    }
  }

  // RFC 5322 §4.1 obs-phrase: dots, but not at the front.
  static bool is_phrase(const std::vector<Word>& words) {
    return !words.empty() && words.front().kind != Kind::dot;
  }

  void address() {
    const std::vector<Word> front = words();
    if (reader_.peek() == '@')
      addr_spec(front);
    else if (reader_.peek() == '<' && (front.empty() || is_phrase(front)))
      angle_addr();
    else if (reader_.peek() == ':' && is_phrase(front))
      group();
    else
      reader_.fail();
  }

  // `words` are what stands before "@": word *("." word), RFC 5322 §4.4 obs-local-part.
  void addr_spec(const std::vector<Word>& words) {
    std::string quoted = "\"";
    for (std::size_t i = 0; i < words.size(); ++i) {
      if ((words[i].kind == Kind::dot) != (i % 2 == 1)) return reader_.fail();
      for (const char c : words[i].text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
      }
    }
    if (words.size() % 2 == 0 || !reader_.take('@')) return reader_.fail();
    auto mailbox = Mailbox::parse(quoted + "\"@" + domain());
    if (!mailbox) return reader_.fail();
    list_.mailboxes.push_back(*std::move(mailbox));
  }

  // RFC 5322 §4.4 obs-domain, or a domain literal; with the CFWS around it.
  std::string domain() {
    reader_.skip_cfws();
    std::string name;
    if (reader_.take('[')) {
      const auto dtext = [](char c) { return c > ' ' && c <= '~' && (c < '[' || c > ']'); };
      do name += reader_.take_while(dtext);
      while (reader_.peek() != '(' && reader_.skip_cfws());
      if (!reader_.take(']')) reader_.fail();
      name = '[' + name + ']';
      reader_.skip_cfws();
      return name;
    }
    do {
      reader_.skip_cfws();
      const std::string_view atom = reader_.take_while(is_atext);
      if (atom.empty()) reader_.fail();
      if (!name.empty()) name += '.';
      name += atom;
      reader_.skip_cfws();
    } while (reader_.take('.'));
    return name;
  }

  // RFC 5322 §4.4 obs-route: "@relay, @other:"; read and dropped.
  void route() {
    while (reader_.peek() != ':') {
      if (reader_.take('@')) {
        domain();
      } else if (!reader_.take(',')) {
        return reader_.fail();
      }
      reader_.skip_cfws();
    }
    reader_.take(':');
    reader_.skip_cfws();
  }

  void angle_addr() {
    reader_.take('<');
    reader_.skip_cfws();
    if (reader_.peek() == '@' || reader_.peek() == ',') route();
    addr_spec(words());
    if (!reader_.take('>')) return reader_.fail();
    reader_.skip_cfws();
  }

  // RFC 5322 §3.4 group, whose members are mailboxes and no groups.
  void group() {
    ++list_.groups;
    reader_.take(':');
    for (reader_.skip_cfws(); !reader_.failed() && reader_.peek() != ';'; reader_.skip_cfws()) {
      if (reader_.take(',')) continue;
      const std::vector<Word> front = words();
      if (reader_.peek() == '@')
        addr_spec(front);
      else if (reader_.peek() == '<' && (front.empty() || is_phrase(front)))
        angle_addr();
      else
        return reader_.fail();
      if (reader_.peek() != ',' && reader_.peek() != ';') return reader_.fail();
    }
    if (!reader_.take(';')) return reader_.fail();
    reader_.skip_cfws();
  }

  FieldReader reader_;
  AddressList list_{.well_formed = false, .mailboxes = {}, .elements = 1, .groups = 0};
};

/// An element of a list that the grammar does not consume, as it comes.
class LooseElement {
 public:
  void take(char c) {
    const bool escaped = std::exchange(escaped_, false);
    if (quoted_ || comments_ > 0) escaped_ = c == '\\' && !escaped;
    if (quoted_) {
      quoted_ = c != '"' || escaped;
      text_ += c;
    } else if (c == '(' && !escaped) {
      ++comments_;
    } else if (comments_ > 0) {
      comments_ -= c == ')' && !escaped;
    } else if (c == '<') {
      text_.clear();
      bracket_ = Bracket::open;
    } else if (c == '>' && bracket_ == Bracket::open) {
      address_ = std::exchange(text_, {});
      bracket_ = Bracket::closed;
    } else {
      quoted_ = c == '"';
      text_ += c;
    }
  }
  /// Whether a sign of the list would end it here.
  bool may_end() const { return !quoted_ && comments_ == 0 && bracket_ != Bracket::open; }
  Result<Mailbox> mailbox() const {
    if (bracket_ == Bracket::open) return Error{Errc::invalid, "no end of the address"};
    return Mailbox::parse(bracket_ == Bracket::closed ? address_ : unfold(text_));
  }

 private:
  enum class Bracket { none, open, closed };
  std::string text_;     ///< since its begin, or since the bracket
  std::string address_;  ///< of the last pair of brackets
  Bracket bracket_ = Bracket::none;
  int comments_ = 0;
  bool quoted_ = false;
  bool escaped_ = false;
};

}  // namespace

AddressList parse_address_list(std::string_view value) { return AddressListParser(value).parse(); }

std::vector<Mailbox> named_mailboxes(std::string_view value) {
  AddressList list = parse_address_list(value);
  if (list.well_formed) return std::move(list.mailboxes);
  std::vector<Mailbox> out;
  LooseElement element;
  const auto end = [&] {
    if (auto mailbox = element.mailbox()) out.push_back(*std::move(mailbox));
    element = {};
  };
  for (const char c : value) {
    const bool is_sign = c == ',' || c == ';' || c == ':';
    if (!is_sign || !element.may_end())
      element.take(c);
    else if (c == ':')
      element = {};  // the name of a group
    else
      end();
  }
  end();
  return out;
}

}  // namespace countersign
