// SPDX-License-Identifier: Apache-2.0
//
// The head of a request as the library below hands it over: method, path, version and fields, each
// on a line ("Name:value"). What is admitted must keep what admission promises.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "challenge/admission.h"

using namespace countersign;
using namespace countersign::challenge;

namespace {

std::string line_of(std::string_view& text) {
  const auto end = text.find('\n');
  std::string line(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::size_t count(const RequestHead& head, std::string_view wanted) {
  std::size_t found = 0;
  for (const HeaderField& field : head.fields) {
    std::string name = field.name;
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    found += name == wanted;
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const AdmissionRules rules{"https://gate.example.org",
                                    *NetworkList::parse({"192.0.2.0/24"})};
  std::string_view text(reinterpret_cast<const char*>(data), size);
  RequestHead head;
  head.peer = line_of(text);
  head.method = line_of(text);
  head.path = line_of(text);
  head.version = line_of(text);
  while (!text.empty()) {
    const std::string line = line_of(text);
    const auto colon = line.find(':');
    head.fields.push_back(
        {line.substr(0, colon), colon == std::string::npos ? "" : line.substr(colon + 1)});
  }

  const auto got = admit(head, rules);
  if (const auto* refusal = std::get_if<Refusal>(&got)) {
    if (refusal->status < 400 || refusal->status > 505) std::abort();
    return 0;
  }
  const auto& request = std::get<HttpRequest>(got);
  if (request.route == Route::none || count(head, "host") != 1 ||
      count(head, "content-length") > 1 || count(head, "transfer-encoding") != 0)
    std::abort();
  const bool post = head.method == "POST";
  if (post != (request.method == Method::post) || (post && !takes_post(request.route)))
    std::abort();
  if (!request.network.empty() && request.network.find('/') == std::string::npos) std::abort();
  return 0;
}
