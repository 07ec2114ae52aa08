// SPDX-License-Identifier: Apache-2.0
#include "challenge/form.h"

#include "base/encoding.h"

namespace countersign::challenge {
namespace {

constexpr std::size_t kMostFields = 16;

Error malformed(std::string_view why) { return {Errc::invalid, "form: " + std::string(why)}; }

Result<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+') c = ' ';
    if (c == '%') {
      const auto byte = hex_decode(text.substr(i + 1, 2));
      if (!byte || byte->size() != 1) return malformed("broken escape");
      c = byte->front();
      i += 2;
    }
    const auto code = static_cast<unsigned char>(c);
    if ((code < ' ' && c != '\t' && c != '\r' && c != '\n') || code == 127)
      return malformed("control character");
    out += c;
  }
  return out;
}

}  // namespace

Result<std::map<std::string, std::string>> parse_form(std::string_view body) {
  std::map<std::string, std::string> out;
  while (!body.empty()) {
    const auto end = body.find('&');
    const std::string_view field = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    if (field.empty()) continue;
    const auto equals = field.find('=');
    CS_ASSIGN(std::string name, unescaped(field.substr(0, equals)));
    CS_ASSIGN(std::string value,
              unescaped(equals == std::string_view::npos ? std::string_view()
                                                         : field.substr(equals + 1)));
    if (!out.emplace(std::move(name), std::move(value)).second) return malformed("field twice");
    if (out.size() > kMostFields) return malformed("too many fields");
  }
  return out;
}

}  // namespace countersign::challenge
