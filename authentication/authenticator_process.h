// SPDX-License-Identifier: Apache-2.0
//
// The milter's end of countersign-authenticate: starts that process, gives it a socket for each
// message over another one, and starts it anew when it dies or falls silent. While it is dead all
// examinations fail at once.
#pragma once

#include <memory>
#include <string>

#include "authentication/authenticator.h"
#include "base/result.h"

namespace countersign {

struct AuthenticatorSettings {
  std::string program;   ///< path of countersign-authenticate
  std::string resolver;  ///< for UnboundDns::open()
  std::string log_level = "info";
  std::string log_target = "stderr";
  /// Until the first new start; doubled with each that follows within `settled`, up to
  /// `most_pause`.
  milliseconds first_pause{100};
  milliseconds most_pause{30'000};
  milliseconds settled{10'000};
  bool operator==(const AuthenticatorSettings&) const = default;
};

/// Thread-safe.
class AuthenticatorProcess final : public Authenticator {
 public:
  AuthenticatorProcess();
  /// Ends the process.
  ~AuthenticatorProcess() override;
  AuthenticatorProcess(const AuthenticatorProcess&) = delete;
  AuthenticatorProcess& operator=(const AuthenticatorProcess&) = delete;

  /// Starts the process, or starts it anew if it runs by other settings. Does not wait for it.
  void run(const AuthenticatorSettings& settings);
  /// Ends the process; examinations fail until run().
  void stop();

  Result<std::unique_ptr<Examination>> begin(const MessageOrigin& origin, std::string_view header,
                                             Deadline deadline) override;

  /// Returns the process's id; 0 while there is none. For tests and logs.
  int pid() const;

 private:
  class Keeper;
  std::unique_ptr<Keeper> keeper_;
};

}  // namespace countersign
