// SPDX-License-Identifier: Apache-2.0
//
// Sendmail's configuration as sendmail.cf tells it: what of it concerns milters and ports.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace countersign::admin {

/// Where sendmail.mc and sendmail.cf stand unless somebody says otherwise.
inline constexpr std::string_view kSendmailDirectory = "/etc/mail";

/// A milter as an X line defines it.
struct SendmailFilter {
  std::string name;    ///< "countersign"
  std::string socket;  ///< "local:/path", "inet:8894@127.0.0.1"
  std::string flag;    ///< F=: "T", "R", "4"; "" for none: without it, mail passes unseen
  /// T=: by letter: C (connect), S (send), R (read a reply), E (end of message to the last answer).
  std::map<char, seconds> times = {
      {'C', seconds(300)}, {'S', seconds(10)}, {'R', seconds(10)}, {'E', seconds(300)}};
};

/// A port, as a DaemonPortOptions line defines it.
struct SendmailDaemon {
  std::string name;           ///< "MTA"
  std::string port = "smtp";  ///< a number or a service's name
  std::string address;        ///< "" for all of the host's
  std::string modifiers;      ///< M=: "Ea"; "" for none
  /// InputMailFilters of its own, in their order; none: those of the option InputMailFilters.
  std::optional<std::vector<std::string>> filters;
};

struct SendmailSettings {
  std::vector<std::string> input_filters;  ///< names, in the order in which they are asked
  std::map<std::string, SendmailFilter, std::less<>> filters;
  std::vector<SendmailDaemon> daemons;
  std::string run_as_user;  ///< "smmta", "smmta:smmsp"; "" for root

  /// Those that a daemon asks, in their order; what no X line defines is left out.
  std::vector<const SendmailFilter*> filters_of(const SendmailDaemon& daemon) const;
};

/// Parses sendmail.cf. Where it says nothing, Sendmail's defaults. Pure.
SendmailSettings parse_sendmail(std::string_view cf);

/// Reads DIRECTORY/sendmail.cf. Errors: not_found (no such file), unavailable.
Result<SendmailSettings> read_sendmail(const std::string& directory);

/// How Sendmail spells the socket `milter.socket` ("unix:/path", "inet:PORT@HOST"), the preferred
/// spelling first. Pure.
std::vector<std::string> sendmail_sockets(std::string_view socket);

/// Whether our own users submit here (RFC 6409, RFC 8314).
bool is_submission(const SendmailDaemon& daemon);
/// Whether mail from other sites comes in here: port 25.
bool is_mx(const SendmailDaemon& daemon);

/// The daemon that listens at an address ("127.0.0.1:10026"): by the whole address, or on all
/// addresses by its port. Null if there is none.
const SendmailDaemon* find_daemon(const SendmailSettings& settings, std::string_view address);

}  // namespace countersign::admin
