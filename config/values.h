// SPDX-License-Identifier: Apache-2.0
//
// How single values are spelled: each function returns the value, or says what is wrong with the
// text; the caller adds what is allowed. Pure, thread-safe. All errors are invalid.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace countersign {

/// Returns `text` between double quotes, with whatever could hurt a terminal or a log escaped.
std::string in_quotes(std::string_view text);

/// "90s", "30m", "4h", "30d": an integer and a unit.
Result<std::chrono::seconds> parse_duration(std::string_view text);
/// The spelling with the largest unit that needs no fraction.
std::string show_duration(std::chrono::seconds value);

/// "25 MB", "10GB", "512 KiB", "4096 B": an integer, perhaps a blank, a unit. Decimal units are
/// powers of 1000, binary ones of 1024. Returns bytes.
Result<std::uint64_t> parse_size(std::string_view text);
/// The spelling with the largest unit that needs no fraction.
std::string show_size(std::uint64_t bytes);

/// "07:00": hours and minutes after midnight.
Result<std::chrono::minutes> parse_time_of_day(std::string_view text);
std::string show_time_of_day(std::chrono::minutes value);

/// "0660": permission bits in octal.
Result<unsigned> parse_file_mode(std::string_view text);
std::string show_file_mode(unsigned mode);

/// "unauthenticated 30 6000": who, answers an hour from 0 to 100000, tries from 1 to 1000000.
Result<std::string> parse_work(std::string_view text);
/// One line for people, at most 300 octets. Returns it as it is.
Result<std::string> parse_words(std::string_view text);

/// "192.0.2.1", "192.0.2.0/24", "2001:db8::/32". Returns it in inet_ntop(3)'s spelling. A network
/// with bits set behind its prefix is refused: it is a slip.
Result<std::string> parse_network(std::string_view text);

/// "127.0.0.1:8480", "[::1]:8480", "localhost:8480". Returns it as it is.
Result<std::string> parse_host_port(std::string_view text);
/// The same, or "unix:/path".
Result<std::string> parse_peer(std::string_view text);
/// "unix:/path", "inet:PORT@HOST", "inet6:PORT@HOST": what smfi_setconn() takes.
Result<std::string> parse_milter_socket(std::string_view text);

/// An absolute path without controls. Returns it as it is.
Result<std::string> parse_path(std::string_view text);
/// Most octets of an URL that parse_base_url() takes.
inline constexpr std::size_t kBaseUrlMost = 200;
/// "https://gate.example.org", perhaps with a port and a path. Returns it without final slashes.
/// Refused is what could not stand in an SMTP reply or before "/c/<token>": a query, a fragment, a
/// user, '%', blanks, bytes outside ASCII, over kBaseUrlMost octets.
Result<std::string> parse_base_url(std::string_view text);
/// The tag of a language that we speak (language::catalogues()): "de".
Result<std::string> parse_language(std::string_view text);
/// "#17594a", that stands out from white at least 4.5:1 (WCAG 2.2, 1.4.3). Returns it in lower
/// case.
Result<std::string> parse_accent(std::string_view text);
/// A line of an SMTP reply in a site's own words: printable ASCII without '%', at most 160 octets;
/// the only holes are {url}, at the end and behind a blank, and {date}.
Result<std::string> parse_reply_line(std::string_view text);
/// "redis://[USER:PASSWORD@]HOST[:PORT][/DB]", "rediss://..." perhaps with "?ca_file=PATH",
/// "unix:/PATH" perhaps with "?db=DB". Returns it as it is. What is checked is the shape;
/// tokenstore/ reads it.
Result<std::string> parse_store_url(std::string_view text);
/// Returns a store URL for people: "***" in place of a password.
std::string without_password(std::string_view url);

}  // namespace countersign
