// SPDX-License-Identifier: Apache-2.0
//
// A DNS that says what a test wrote into it, and writes down what it is asked.
#pragma once

#include <arpa/inet.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "authentication/dns.h"
#include "mail/unicode.h"

namespace countersign::test {

class ScriptedDns final : public Dns {
 public:
  DnsAnswer ask(const std::string& name, DnsType type, Deadline) override {
    const std::string key = ascii_lower(name);
    asked.push_back(key);
    if (failing.contains(key)) return {};
    const auto found = records.find({key, type});
    if (found == records.end()) return {DnsAnswer::Kind::nothing, {}};
    return {DnsAnswer::Kind::found, found->second};
  }

  ScriptedDns& txt(const std::string& name, const std::string& text) {
    std::string record;
    for (std::size_t at = 0; at < text.size() || at == 0; at += 255) {
      const std::string piece = text.substr(at, 255);
      record += static_cast<char>(piece.size());
      record += piece;
    }
    return put(name, DnsType::txt, record);
  }
  ScriptedDns& a(const std::string& name, const std::string& address) {
    in_addr bytes{};
    inet_pton(AF_INET, address.c_str(), &bytes);
    return put(name, DnsType::a, {reinterpret_cast<const char*>(&bytes), sizeof bytes});
  }
  ScriptedDns& mx(const std::string& name, const std::string& host) {
    return put(name, DnsType::mx, std::string("\0\x0a", 2) + wire(host));
  }
  ScriptedDns& ptr(const std::string& name, const std::string& host) {
    return put(name, DnsType::ptr, wire(host));
  }
  ScriptedDns& put(const std::string& name, DnsType type, const std::string& record) {
    records[{ascii_lower(name), type}].push_back(record);
    return *this;
  }
  ScriptedDns& fail(const std::string& name) {
    failing[ascii_lower(name)] = true;
    return *this;
  }

  static std::string wire(const std::string& host) {
    std::string out;
    for (std::size_t at = 0; at < host.size();) {
      const auto end = std::min(host.find('.', at), host.size());
      out += static_cast<char>(end - at);
      out += host.substr(at, end - at);
      at = end + 1;
    }
    return out + '\0';
  }

  std::map<std::pair<std::string, DnsType>, std::vector<std::string>> records;
  std::map<std::string, bool> failing;
  std::vector<std::string> asked;
};

}  // namespace countersign::test
