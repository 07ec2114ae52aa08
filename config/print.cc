// SPDX-License-Identifier: Apache-2.0
#include "config/print.h"

namespace countersign {
namespace {

std::string toml_text(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < ' ' || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// Text for man(7): nothing in it is a request or an escape.
std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    line_start = c == '\n';
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '"')
      out += "\\(dq";
    else if (c == '^')
      out += "\\(ha";
    else if (c == '~')
      out += "\\(ti";
    else
      out += c;
  }
  return out;
}

std::string example_of(const Key& key) {
  return key.example.empty() ? toml_value(key.show(Config{})) : std::string(key.example);
}

/// `text` as comment lines of at most 100 octets.
std::string commented(std::string_view text) {
  constexpr std::size_t kWidth = 98;
  std::string out;
  while (!text.empty()) {
    std::size_t end = text.size();
    if (end > kWidth) {
      end = text.rfind(' ', kWidth);
      if (end == std::string_view::npos) end = std::min(text.find(' '), text.size());
    }
    out.append("# ").append(text.substr(0, end)).append("\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void manual_key(std::string& out, const Key& key) {
  out += ".TP\n.B " + roff(key.name) + "\n" + roff(key.doc) + "\n.br\n";
  out += "Allowed: " + roff(key.allowed) + ".\n.br\n";
  out +=
      key.required ? "Must be set.\n" : "Default: " + roff(toml_value(key.show(Config{}))) + ".\n";
  if (!key.example.empty()) out += ".br\nExample: " + roff(key.example) + ".\n";
}

}  // namespace

std::string toml_value(const Value& value) {
  if (value.kind == Value::Kind::flag) return value.flag ? "true" : "false";
  if (value.kind == Value::Kind::text) return toml_text(value.text);
  std::string out = "[";
  for (const auto& text : value.list) out += (out.size() > 1 ? ", " : "") + toml_text(text);
  return out + "]";
}

namespace {

/// The tables of domains; of each only what differs from [site].
std::string show_sites(const Config& config) {
  std::string out;
  for (const auto& [domain, site] : config.sites) {
    out += "\n[site." + toml_text(domain) + "]\n";
    Config alone = config;
    alone.site = site;
    for (const Key& key : config_keys())
      if (key.table == "site" && key.show(alone) != key.show(config))
        out += std::string(key.name) + " = " + toml_value(key.show(alone)) + "\n";
  }
  return out;
}

}  // namespace

std::string show_config(const Config& config) {
  std::string out;
  for (const Table& table : config_tables()) {
    out += (out.empty() ? "[" : "\n[") + std::string(table.name) + "]\n";
    for (const Key& key : config_keys())
      if (key.table == table.name)
        out += std::string(key.name) + " = " + toml_value(key.show(config)) + "\n";
    if (table.name == "site") out += show_sites(config);
  }
  return out;
}

std::string starter_config() {
  std::string out =
      "# Configuration of Countersign; countersign.toml(5) explains all keys.\n"
      "# Lines that are commented out show the defaults, or an example.\n"
      "# After a change: countersign config check, then reload the daemons.\n";
  for (const Table& table : config_tables()) {
    out += "\n" + commented(table.doc) + "[" + std::string(table.name) + "]\n";
    for (const Key& key : config_keys()) {
      if (key.table != table.name) continue;
      // authserv_id is needed as well, with the default source.
      const bool set = key.required || key.full_name() == "authentication.authserv_id";
      if (set) out += commented(key.doc);
      out += (set ? "" : "#") + std::string(key.name) + " = " + example_of(key) + "\n";
    }
  }
  return out;
}

std::string config_manual() {
  std::string out =
      ".\\\" SPDX-License-Identifier: Apache-2.0\n"
      ".\\\" Made by \"countersign config manual\" from the table of keys; do not edit.\n"
      ".TH COUNTERSIGN.TOML 5 \"\" \"Countersign\" \"File formats\"\n"
      ".nh\n.ad l\n.SH NAME\ncountersign.toml \\- configuration of Countersign\n"
      ".SH DESCRIPTION\n"
      "countersign\\-milter(8), countersign\\-challenge(8) and countersign(8) read one file in "
      "TOML\n"
      "1.0: tables of keys.\n"
      "A key that is left out has its default; a key or table that is not listed here is an "
      "error.\n"
      "All that is wrong is reported as \\(dqFILE:LINE: table.key: what; allowed: ...\\(dq, and "
      "the\n"
      "program exits with status 78.\n"
      "A daemon that reloads a bad file says so and stays with what it has.\n"
      ".PP\n"
      "Durations are an integer and s, m, h or d: \\(dq90s\\(dq, \\(dq30d\\(dq.\n"
      "Sizes are an integer and B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (of "
      "1024):\n"
      "\\(dq25 MB\\(dq.\n";
  for (const Table& table : config_tables()) {
    std::string title = "[" + std::string(table.name) + "]";
    out += ".SH " + roff(title) + "\n" + roff(table.doc) + "\n";
    for (const Key& key : config_keys())
      if (key.table == table.name) manual_key(out, key);
  }
  out += ".SH EXAMPLE\n.nf\n";
  std::string_view open;
  for (const Key& key : config_keys()) {
    if (!key.required && key.full_name() != "authentication.authserv_id" &&
        key.full_name() != "first_contact.mode")
      continue;
    if (open != key.table) out += roff("[" + std::string(key.table) + "]") + "\n";
    open = key.table;
    out += roff(std::string(key.name) + " = " + example_of(key)) + "\n";
  }
  out +=
      ".fi\n.SH FILES\n"
      ".TP\n.I /etc/countersign/countersign.toml\nor where \\-\\-sysconfdir put it.\n"
      ".SH SEE ALSO\n"
      "countersign(8), countersign\\-milter(8), countersign\\-challenge(8)\n";
  return out;
}

}  // namespace countersign
