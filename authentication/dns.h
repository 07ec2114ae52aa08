// SPDX-License-Identifier: Apache-2.0
//
// DNS as the verifiers see it: one question, one answer, within a budget for each message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace countersign {

/// Types of records (RFC 1035 §3.2.2, RFC 3596).
enum class DnsType : std::uint16_t { a = 1, ptr = 12, mx = 15, txt = 16, aaaa = 28 };

struct DnsAnswer {
  enum class Kind {
    found,    ///< `records` has one or more
    nothing,  ///< the name has no such record, or does not exist
    failed,   ///< nobody could say: out of service, out of time, out of budget
  };
  Kind kind = Kind::failed;
  std::vector<std::string> records;  ///< RDATA in wire format, names uncompressed
};

/// Thread-safe.
class Dns {
 public:
  virtual ~Dns() = default;
  /// Asks for the records of `name` ("example.com", no final dot needed), following CNAMEs. What
  /// is no domain name has none. Returns by `deadline`.
  virtual DnsAnswer ask(const std::string& name, DnsType type, Deadline deadline) = 0;
};

/// What may be asked for one message: so many questions, until one deadline. Not thread-safe.
class DnsBudget {
 public:
  DnsBudget(Dns& dns, Deadline deadline, int questions)
      : dns_(dns), deadline_(deadline), left_(questions) {}

  /// As Dns::ask(); `failed` once the budget is used up.
  DnsAnswer ask(const std::string& name, DnsType type);
  /// Whether a question was not asked for want of budget: whoever needs that many is at fault
  /// himself, and not the network.
  bool exhausted() const { return exhausted_; }
  /// Returns a part of this budget: `questions` of it, at most; by `deadline`, at the latest. What
  /// it uses is used here. This must outlive it.
  DnsBudget part(Deadline deadline, int questions);

 private:
  Dns& dns_;
  const Deadline deadline_;
  int left_;
  DnsBudget* whole_ = nullptr;
  bool exhausted_ = false;
};

/// Returns the strings of a TXT record joined (RFC 7208 §3.3, RFC 6376 §3.6.2.2); nothing if the
/// record is malformed, holds a NUL, or has over 16 kB.
std::optional<std::string> txt_of(std::string_view record);
/// Returns the host name in a PTR record, or behind the preference of an MX record; nothing unless
/// it is made of letters, digits, "-", "_" and dots.
std::optional<std::string> name_of(std::string_view record, DnsType type);

}  // namespace countersign
