// SPDX-License-Identifier: Apache-2.0
//
// Reads a configuration and says all that is wrong with it. load_config() is this for who wants no
// more than a Config.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace countersign {

struct Problem {
  std::string file;
  int line = 0;         ///< 0: no line of the file
  std::string key;      ///< "table.name", "table"; "" for the file itself
  std::string what;     ///< "\"fast\" is none of its words"
  std::string allowed;  ///< may be ""

  /// "FILE:LINE: key: what; allowed: ..." without line end.
  std::string text() const;
};

struct CheckedConfig {
  Config config;  ///< of use only if there are no problems
  std::vector<Problem> problems;
  bool unreadable = false;  ///< one of the problems is a file that cannot be read
  /// Where keys stand, by name: "milter.socket", "site.\"example.org\".logo" (A-labels).
  std::map<std::string, int> lines = {};
};

/// Returns the bytes of a file. Errors: unavailable.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;
/// A regular or special file of at most 64 MB. Errors: unavailable (with the reason).
Result<std::string> read_whole_file(const std::string& path);

/// Checks the text of countersign.toml; `name` stands for FILE in problems. Files that it names are
/// read by `read_file`, also a Postfix table ("hash:/etc/postfix/virtual"): as
/// list_postfix_table().
CheckedConfig check_config(std::string_view text, const std::string& name,
                           const ReadFile& read_file);
/// The same of the file `path`.
CheckedConfig check_config_file(const std::string& path);

}  // namespace countersign
