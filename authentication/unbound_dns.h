// SPDX-License-Identifier: Apache-2.0
//
// DNS by libunbound, with its cache. Forwards to name servers; does not validate DNSSEC. Its
// threads begin with the first question, so that the process can be confined before.
#pragma once

#include <memory>
#include <string>

#include "authentication/dns.h"
#include "base/result.h"

namespace countersign {

/// Thread-safe.
class UnboundDns final : public Dns {
 public:
  /// `resolver`: the name server that is asked, "192.0.2.53", "127.0.0.1:5353", "[2001:db8::1]:53";
  /// "": those of /etc/resolv.conf. Errors: invalid, unavailable.
  static Result<std::unique_ptr<UnboundDns>> open(const std::string& resolver);
  ~UnboundDns() override;
  UnboundDns(const UnboundDns&) = delete;
  UnboundDns& operator=(const UnboundDns&) = delete;

  DnsAnswer ask(const std::string& name, DnsType type, Deadline deadline) override;

 private:
  class Loop;
  explicit UnboundDns(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

/// Returns a resolver in the words of libunbound: "127.0.0.1@5353". Errors: invalid.
Result<std::string> unbound_address(const std::string& resolver);

}  // namespace countersign
