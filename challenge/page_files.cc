// SPDX-License-Identifier: Apache-2.0
#include "challenge/page_files.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/crypto.h"
#include "base/encoding.h"
#include "challenge/embedded.h"

namespace countersign::challenge {
namespace {

constexpr std::size_t kHashDigits = 12;

bool may_replace(std::string_view file) { return file == kPageFile || file == "page.css"; }

std::string type_of(std::string_view file) {
  if (file.ends_with(".css")) return "text/css; charset=utf-8";
  if (file.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (file.ends_with(".svg")) return "image/svg+xml";
  if (file.ends_with(".png")) return "image/png";
  return "application/octet-stream";
}

/// Returns the site's own file; nothing if there is none. Errors: unavailable.
Result<std::optional<std::string>> read_own(const std::string& folder, std::string_view file) {
  if (folder.empty()) return std::optional<std::string>();
  const std::string path = folder + "/" + std::string(file);
  const Error unreadable{Errc::unavailable, path + ": cannot be read, or is empty"};
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return std::optional<std::string>();
  if (!std::filesystem::is_regular_file(status)) return unreadable;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) return unreadable;
  return std::optional(text.str());
}

}  // namespace

Result<std::map<std::string, PageText>> page_texts(const std::string& folder) {
  std::map<std::string, PageText> out;
  for (const EmbeddedFile& file : embedded_files()) {
    const std::string name(file.name);
    PageText& text = out[name] = {std::string(file.text), name};
    if (!may_replace(file.name)) continue;
    CS_ASSIGN(auto own, read_own(folder, file.name));
    if (own) text = {*std::move(own), folder + "/" + name};
  }
  return out;
}

void PageFiles::add(const std::string& file, const std::string& content) {
  const auto dot = file.rfind('.');
  const std::string hash = hex_encode(sha256(content)).substr(0, kHashDigits);
  const std::string name = file.substr(0, dot) + "-" + hash + file.substr(dot);
  names_[file] = name;
  files_[name] = {
      200,
      type_of(file),
      content,
      {{"Cache-Control", "public, max-age=31536000, immutable"}, {"ETag", "\"" + hash + "\""}}};
}

std::string PageFiles::link(const std::string& file, const std::string& prefix) const {
  const auto at = names_.find(file);
  return at == names_.end() ? "" : prefix + "/assets/" + at->second;
}

const HttpResponse* PageFiles::find(const std::string& name) const {
  const auto at = files_.find(name);
  return at == files_.end() ? nullptr : &at->second;
}

}  // namespace countersign::challenge
