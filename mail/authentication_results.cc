// SPDX-License-Identifier: Apache-2.0
#include "mail/authentication_results.h"

#include <algorithm>

#include "mail/structured_field.h"
#include "mail/unicode.h"

namespace countersign {
namespace {

// RFC 2045 §5.1 token, with the letters that RFC 6532 adds.
bool is_token(char c) { return (is_atext(c) && c != '/' && c != '=' && c != '?') || c == '.'; }

bool is_keyword(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// More than the grammar of RFC 8601 §2.2 has for a value without quotes: verifiers write base64
// ("header.b=aB/c=") and IPv6 addresses so. None of these bytes starts or ends anything.
bool is_bare_value(char c) { return is_atext(c) || c == '.' || c == '@' || c == ':'; }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : reader_(text) {}

  Result<AuthenticationResults> parse() {
    AuthenticationResults field;
    reader_.skip_cfws();
    field.authserv_id = value();
    version();
    if (reader_.failed() || !reader_.take(';')) return malformed();
    if (!no_result()) results(field);
    if (!reader_.consumed()) return malformed();
    return field;
  }

 private:
  static Error malformed() { return Error{Errc::invalid, "no Authentication-Results of RFC 8601"}; }

  // [ CFWS authres-version ] [CFWS]. Another version than 1 may mean anything.
  void version() {
    if (!reader_.skip_cfws()) return;
    const std::string_view version = reader_.take_while(is_digit);
    if (!version.empty() && version != "1") reader_.fail();
    reader_.skip_cfws();
  }

  // After the first ";": whether it is "none" and nothing else. Else that is not consumed.
  bool no_result() {
    reader_.skip_cfws();
    FieldReader ahead = reader_;
    if (ascii_lower(ahead.take_while(is_keyword)) != "none") return false;
    ahead.skip_cfws();
    if (ahead.take(';')) ahead.skip_cfws();
    if (!ahead.consumed()) return false;
    reader_ = ahead;
    return true;
  }

  void results(AuthenticationResults& field) {
    result(field);
    while (reader_.take(';')) {
      reader_.skip_cfws();
      // A ";" behind the last result is not of the grammar, but many verifiers write one.
      if (reader_.peek() == '\0') return;
      result(field);
    }
  }

  // methodspec [ CFWS reasonspec ] [ CFWS 1*propspec ]
  void result(AuthenticationResults& field) {
    AuthResult result;
    reader_.take_comments();
    result.method = keyword();
    reader_.skip_cfws();
    bool known_version = true;
    if (reader_.take('/')) {
      reader_.skip_cfws();
      const std::string_view version = reader_.take_while(is_digit);
      if (version.empty()) return reader_.fail();
      known_version = version == "1";
      reader_.skip_cfws();
    }
    equals();
    result.result = keyword();
    bool separated = reader_.skip_cfws();
    for (bool first = true; reader_.peek() != ';' && reader_.peek() != '\0'; first = false) {
      if (!separated) return reader_.fail();
      separated = property(result, first);
    }
    for (const std::string_view comment : reader_.take_comments())
      result.comments.emplace_back(comment);
    // RFC 8601 §2.6: a version of a method that we do not know counts for nothing.
    if (known_version) field.results.push_back(std::move(result));
  }

  // reasonspec, if it may stand here, or propspec; returns whether another may follow.
  bool property(AuthResult& result, bool reason_allowed) {
    AuthProperty property;
    property.ptype = keyword();
    reader_.skip_cfws();
    if (reason_allowed && property.ptype == "reason" && reader_.peek() == '=') {
      equals();
      result.reason = value();
      return reader_.skip_cfws();
    }
    if (!reader_.take('.')) {
      reader_.fail();
      return false;
    }
    reader_.skip_cfws();
    property.property = keyword();
    reader_.skip_cfws();
    equals();
    const bool quoted = pvalue(property.value);
    result.properties.push_back(std::move(property));
    return reader_.skip_cfws() || quoted;
  }

  void equals() {
    if (!reader_.take('=')) return reader_.fail();
    reader_.skip_cfws();
  }

  // Returns a Keyword (RFC 5321 §4.1.2 Ldh-str) in lower case.
  std::string keyword() {
    const std::string_view word = reader_.take_while(is_keyword);
    if (word.empty() || word.front() == '-' || word.back() == '-') reader_.fail();
    return ascii_lower(word);
  }

  // RFC 2045 §5.1 value: token or quoted string.
  std::string value() {
    if (reader_.peek() == '"') return reader_.quoted_string().value_or("");
    const std::string_view token = reader_.take_while(is_token);
    if (token.empty()) reader_.fail();
    return std::string(token);
  }

  // value / [ [ local-part ] "@" ] domain-name. Returns whether it ends with a quote.
  bool pvalue(std::string& value) {
    if (reader_.peek() == '"') {
      value = reader_.quoted_string().value_or("");
      if (reader_.peek() != '@') return true;
      // A quoted local part; quoted again, so that "a@b"@c is not read as a@b.
      value = quoted(value);
    }
    const std::string_view bare = reader_.take_while(is_bare_value);
    // Two "@" could be cut at either.
    if (bare.empty() || std::count(bare.begin(), bare.end(), '@') > 1) reader_.fail();
    value += bare;
    return false;
  }

  FieldReader reader_;
};

std::string quoted_if_needed(std::string_view text) {
  const auto harmless = [](char c) {
    return is_keyword(c) || c == '.' || c == '_' || c == '@' || c == '+';
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), harmless) &&
      std::count(text.begin(), text.end(), '@') <= 1)
    return std::string(text);
  return quoted(text);
}

}  // namespace

Result<AuthenticationResults> parse_authentication_results(std::string_view value) {
  return Parser(value).parse();
}

std::string write_authentication_results(const AuthenticationResults& field) {
  // The grammar of an authserv-id has no "@" outside quotes.
  const bool has_at = field.authserv_id.find('@') != std::string::npos;
  std::string text = has_at ? quoted(field.authserv_id) : quoted_if_needed(field.authserv_id);
  if (field.results.empty()) return text + "; none";
  for (const AuthResult& result : field.results) {
    text.append(";\n\t").append(result.method).append("=").append(result.result);
    if (!result.reason.empty()) text += " reason=" + quoted(result.reason);
    for (const AuthProperty& p : result.properties)
      text += ' ' + p.ptype + '.' + p.property + '=' + quoted_if_needed(p.value);
  }
  return text;
}

}  // namespace countersign
