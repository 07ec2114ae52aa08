// SPDX-License-Identifier: Apache-2.0
//
// The table of Postfix (header_checks(5)) by which forged Authentication-Results fields are removed
// before any milter sees them. Verifiers do not remove every spelling of such a field: OpenDKIM
// leaves those without a DKIM result, and those that its own parser does not take. Thread-safe;
// pure but for header_table_path().
#pragma once

#include <string>
#include <string_view>

namespace countersign::admin {

/// Its name, in Postfix's configuration directory.
inline constexpr std::string_view kHeaderTable = "countersign_header_checks";

/// Returns its absolute path in that directory.
std::string header_table_path(const std::string& directory);

/// Returns the table's text: a field whose value has this authserv-id in it, anywhere, is removed.
/// Letters of any case; quotes, backslashes and white space between its characters count for
/// nothing. A field of another host that names it too, as the domain of an address, goes as well.
std::string header_table(std::string_view authserv_id);

/// Returns `checks` (the value of header_checks) with the table `entry` ("regexp:/path") first and
/// once; the same text if it is so already.
std::string with_table(std::string_view checks, const std::string& entry);
/// Returns it without the table.
std::string without_table(std::string_view checks, const std::string& entry);
/// Whether the table comes first.
bool has_table(std::string_view checks, const std::string& entry);

}  // namespace countersign::admin
