// SPDX-License-Identifier: Apache-2.0
//
// What `doctor` found. Values only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace countersign::admin {

struct Finding {
  enum class Severity { ok, warn, fail };
  Severity severity = Severity::ok;
  std::string area;  ///< "config", "secrets", "store", "spool", "milter", "page", "postfix",
                     ///< "sendmail", "ports", "probe"
  std::string what;
  std::string todo;  ///< what to do about it; "" if nothing is to be done
};
using Findings = std::vector<Finding>;

constexpr std::string_view severity_word(Finding::Severity severity) {
  switch (severity) {
    case Finding::Severity::warn:
      return "warn";
    case Finding::Severity::fail:
      return "fail";
    case Finding::Severity::ok:
      break;
  }
  return "ok";
}

/// Adds findings of one area.
class Finder {
 public:
  Finder(std::string area, Findings& into) : area_(std::move(area)), into_(into) {}
  void ok(std::string what) { add(Finding::Severity::ok, std::move(what), ""); }
  void warn(std::string what, std::string todo) {
    add(Finding::Severity::warn, std::move(what), std::move(todo));
  }
  void fail(std::string what, std::string todo) {
    add(Finding::Severity::fail, std::move(what), std::move(todo));
  }

 private:
  void add(Finding::Severity severity, std::string what, std::string todo) {
    into_.push_back({severity, area_, std::move(what), std::move(todo)});
  }
  std::string area_;
  Findings& into_;
};

}  // namespace countersign::admin
