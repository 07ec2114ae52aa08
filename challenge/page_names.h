// SPDX-License-Identifier: Apache-2.0
//
// Every name that a template may use; tests/unit/challenge/pages_test.cc shows that all are set.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace countersign::challenge {

/// Sorted.
inline constexpr std::array<std::string_view, 101> kPageNames = {
    "about_texts",   "accent_file",    "action",
    "address",       "another_code",   "answered",
    "before",        "by_mail",        "changed_at",
    "changed_form",  "changed_iso",    "code_gone",
    "code_id",       "code_image",     "code_sound",
    "confirm",       "contact",        "counting",
    "css_file",      "date_form",      "day_form",
    "day_names",     "declined_by",    "deferred_copy",
    "delivered",     "delivering",     "dir",
    "disowned",      "early",          "expired",
    "failed",        "first_step",     "has_accent",
    "has_brand",     "has_changed",    "has_code",
    "has_declined",  "has_logo",       "has_name",
    "has_refused",   "has_subject",    "hint",
    "hinted",        "icon_file",      "in_part",
    "kept",          "kept_copy",      "kept_iso",
    "kept_message",  "known",          "lang",
    "language",      "languages",      "limited",
    "logo_file",     "may_wait",       "moment_form",
    "month_names",   "name",           "no_address",
    "no_code_left",  "no_proof",       "no_way",
    "not_found",     "not_me",         "not_me_action",
    "noted",         "operator",       "over",
    "postmaster",    "pow_file",       "reached",
    "refused",       "refused_by",     "refused_copy",
    "retract",       "retract_action", "script_file",
    "script_needed", "sent",           "sent_iso",
    "site_name",     "stamp",          "subject",
    "tag",           "title",          "to",
    "typed",         "typed_code",     "unavailable",
    "waiting",       "weekday_form",   "why",
    "why_file",      "withdraw",       "withdraw_action",
    "withdrawn",     "worker_file",    "wrong_address",
    "wrong_code",    "wrong_proof"};

inline bool is_page_name(std::string_view name) {
  return std::binary_search(kPageNames.begin(), kPageNames.end(), name);
}

}  // namespace countersign::challenge
