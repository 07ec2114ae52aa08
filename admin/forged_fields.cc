// SPDX-License-Identifier: Apache-2.0
#include "admin/forged_fields.h"

#include <map>

namespace countersign::admin {
namespace {

struct Spelling {
  std::string_view name;
  /// $i is the authserv-id, $u that in upper case; $d and $a the author's domain and address; $m
  /// the comment by which the field is known again. "*20 x;" is "x;" twenty times.
  std::string_view text;
};

// OpenDKIM removes a field only if its own parser takes it, and if it has a DKIM result.
constexpr Spelling kSpellings[] = {
    {"all methods",
     "Authentication-Results: $i;\r\n\tdkim=pass $m header.d=$d;\r\n"
     "\tspf=pass smtp.mailfrom=$a;\r\n\tdmarc=pass header.from=$d"},
    {"DKIM alone", "Authentication-Results: $i; dkim=pass $m header.d=$d"},
    {"SPF alone", "Authentication-Results: $i; spf=pass $m smtp.mailfrom=$a"},
    {"DMARC alone", "Authentication-Results: $i; dmarc=pass $m header.from=$d"},
    {"a version of the method", "Authentication-Results: $i; dkim/1=pass $m header.d=$d"},
    {"blanks everywhere", "Authentication-Results: $i; dkim / 1 = pass $m header . d = $d"},
    {"an unknown property", "Authentication-Results: $i; dkim=pass $m x-foo.bar=1 header.d=$d"},
    {"20 results before it",
     "Authentication-Results: $i;*20  x-a=none;\r\n\tdkim=pass $m header.d=$d"},
    {"200 results before it",
     "Authentication-Results: $i;*200 \r\n\tx-a=none;\r\n\tspf=pass $m smtp.mailfrom=$a"},
    {"a version", "Authentication-Results: $i 1; dkim=pass $m header.d=$d"},
    {"comments", "Authentication-Results: $m (a(b)\\)) $i (c) ; dkim=pass header.d=$d"},
    {"a quoted authserv-id", "Authentication-Results: \"$i\"; dkim=pass $m header.d=$d"},
    {"an escaped authserv-id", "Authentication-Results: \"\\$i\"; dkim=pass $m header.d=$d"},
    {"a fold before the authserv-id",
     "Authentication-Results:\r\n\t$i\r\n\t; dkim=pass $m header.d=$d"},
    {"other case",
     "AUTHENTICATION-RESULTS: $u; DKIM=PASS $m Header.D=$d; SPF=Pass "
     "SMTP.MailFrom=$a"},
    {"no blank behind the colon", "authentication-results:$i;dkim=pass $m header.d=$d"},
    {"a blank before the colon", "Authentication-Results : $i; dkim=pass $m header.d=$d"},
};

/// Each "$x" of the text becomes values[x].
std::string filled(std::string_view text, const std::map<char, std::string>& values) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '$')
      out += values.at(text[++at]);
    else
      out += text[at];
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return text;
}

/// "*20 x;rest" becomes twenty times "x;" before "rest".
std::string repeated(std::string text) {
  const auto star = text.find('*');
  if (star == std::string::npos) return text;
  const auto blank = text.find(' ', star);
  const auto end = text.find(';', blank) + 1;
  std::string all;
  for (int times = std::stoi(text.substr(star + 1, blank - star - 1)); times > 0; --times)
    all.append(text, blank + 1, end - blank - 1);
  return text.replace(star, end - star, all);
}

}  // namespace

std::vector<ForgedField> forged_fields(const std::string& author, const std::string& authserv_id,
                                       const std::string& nonce) {
  std::vector<ForgedField> fields;
  for (const Spelling& spelling : kSpellings) {
    const std::string mark = "(" + nonce + "." + std::to_string(fields.size() + 1) + ")";
    const std::string text =
        filled(repeated(std::string(spelling.text)), {{'i', authserv_id},
                                                      {'u', upper(authserv_id)},
                                                      {'d', author.substr(author.rfind('@') + 1)},
                                                      {'a', author},
                                                      {'m', mark}});
    fields.push_back({spelling.name, mark, text + "\r\n"});
  }
  return fields;
}

}  // namespace countersign::admin
