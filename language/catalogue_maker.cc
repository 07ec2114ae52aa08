// SPDX-License-Identifier: Apache-2.0
//
// Runs when the program is built: prints the C++ source of language::tables(), read from catalogues
// of GNU gettext by its own library. The plural expression of a catalogue is C, and is compiled.
//
//   catalogue_maker FILE.po...
//
// Fails on a catalogue that lacks a translation or has a fuzzy one, on translations without the
// holes of the original, and on one whose header does not tell Language, X-Native-Name,
// X-Direction and Plural-Forms.
#include <gettext-po.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int kMostForms = 6;
int errors = 0;

void complain(int severity, po_message_t, const char* file, size_t line, size_t, int,
              const char* text) {
  if (severity == PO_SEVERITY_WARNING) return;
  std::fprintf(stderr, "%s:%zu: %s\n", file ? file : "?", line, text);
  ++errors;
}
void complain_of_two(int severity, po_message_t m, const char* file, size_t line, size_t column,
                     int several, const char* text, po_message_t, const char*, size_t, size_t, int,
                     const char* other) {
  complain(severity, m, file, line, column, several, text);
  complain(severity, m, file, line, column, several, other);
}
const po_xerror_handler kHandler = {complain, complain_of_two};

struct Catalogue {
  std::string tag, name, direction, plural;
  std::map<std::string, std::vector<std::string>> messages;
};

std::string text_or_empty(const char* text) { return text ? text : ""; }

std::string header_field(const std::string& file, const char* header, const char* name) {
  char* found = header ? po_header_field(header, name) : nullptr;
  if (!found) throw std::runtime_error(file + ": its header has no " + name);
  std::string value = found;
  std::free(found);
  return value;
}

/// The expression in "nplurals=2; plural=(n != 1);".
std::string plural_expression(const std::string& file, const std::string& field) {
  const auto from = field.find("plural=", field.find(';'));
  const auto to = field.find(';', from == std::string::npos ? 0 : from);
  if (from == std::string::npos) throw std::runtime_error(file + ": Plural-Forms has no plural=");
  const std::string text = field.substr(from + 7, to - from - 7);
  if (text.empty() || text.find_first_not_of("n0123456789 ()<>=!&|?:%") != std::string::npos)
    throw std::runtime_error(file + ": plural= is no expression of n");
  return text;
}

/// The names in braces. A month may be told by name or number.
std::set<std::string> holes(const std::string& text) {
  std::set<std::string> out;
  for (auto open = text.find('{'); open != std::string::npos; open = text.find('{', open + 1)) {
    const std::string name = text.substr(open + 1, text.find('}', open) - open - 1);
    out.insert(name == "number" ? "month" : name);
  }
  return out;
}

std::vector<std::string> forms_of(const std::string& file, po_message_t message) {
  const std::string id = text_or_empty(po_message_msgid(message));
  std::vector<std::string> forms;
  if (!po_message_msgid_plural(message)) {
    forms.push_back(text_or_empty(po_message_msgstr(message)));
    if (holes(forms[0]) != holes(id)) throw std::runtime_error(file + ": other holes: " + id);
  } else {
    for (int i = 0; const char* form = po_message_msgstr_plural(message, i); ++i)
      forms.emplace_back(form);
  }
  if (forms.empty() || forms.size() > kMostForms)
    throw std::runtime_error(file + ": too many plural forms, or none: " + id);
  for (const std::string& form : forms)
    if (form.empty()) throw std::runtime_error(file + ": not translated: " + id);
  if (po_message_is_fuzzy(message)) throw std::runtime_error(file + ": fuzzy: " + id);
  return forms;
}

Catalogue read(const std::string& file) {
  const po_file_t po = po_file_read(file.c_str(), &kHandler);
  if (!po) throw std::runtime_error(file + ": cannot be read");
  po_file_check_all(po, &kHandler);
  const char* header = po_file_domain_header(po, nullptr);
  Catalogue out;
  out.tag = header_field(file, header, "Language");
  out.name = header_field(file, header, "X-Native-Name");
  out.direction = header_field(file, header, "X-Direction");
  if (out.direction != "ltr" && out.direction != "rtl")
    throw std::runtime_error(file + ": X-Direction is neither ltr nor rtl");
  out.plural = plural_expression(file, header_field(file, header, "Plural-Forms"));
  const po_message_iterator_t all = po_message_iterator(po, nullptr);
  while (const po_message_t message = po_next_message(all)) {
    const std::string id = text_or_empty(po_message_msgid(message));
    if (id.empty() || po_message_is_obsolete(message)) continue;
    const char* context = po_message_msgctxt(message);
    out.messages[context ? std::string(context) + "\4" + id : id] = forms_of(file, message);
  }
  po_message_iterator_free(all);
  po_file_free(po);
  return out;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\4') {
      out += "\\004\"\"";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

void print(const std::vector<Catalogue>& catalogues) {
  std::puts(
      "// Made by language/catalogue_maker: do not edit.\n#include \"language/catalogue.h\"\n"
      "namespace countersign::language {\nnamespace {");
  for (const Catalogue& c : catalogues) {
    std::printf("constexpr Message k_%s[] = {\n", c.tag.c_str());
    for (const auto& [id, forms] : c.messages) {
      std::printf("{%s, {{", quoted(id).c_str());
      for (const std::string& form : forms) std::printf("%s, ", quoted(form).c_str());
      std::puts("}}},");
    }
    std::puts("};");
    std::printf(
        "unsigned long form_%s([[maybe_unused]] unsigned long n) {\n"
        "  return static_cast<unsigned long>(%s);\n}\n",
        c.tag.c_str(), c.plural.c_str());
  }
  std::puts(
      "}  // namespace\nstd::span<const Table> tables() {\n"
      "  static constexpr Table kTables[] = {");
  for (const Catalogue& c : catalogues)
    std::printf("{%s, %s, %s, k_%s, form_%s},\n", quoted(c.tag).c_str(), quoted(c.name).c_str(),
                quoted(c.direction).c_str(), c.tag.c_str(), c.tag.c_str());
  std::puts("  };\n  return kTables;\n}\n}  // namespace countersign::language");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::vector<Catalogue> catalogues;
    for (int i = 1; i < argc; ++i) catalogues.push_back(read(argv[i]));
    if (errors != 0) return 1;
    print(catalogues);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
