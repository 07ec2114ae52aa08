// SPDX-License-Identifier: Apache-2.0
#include "admin/policy_words.h"

#include <algorithm>

#include "config/values.h"
#include "mail/header_test.h"

namespace countersign::admin {
namespace {

const PolicyKey kKeys[] = {{"mode", {"observe", "aside", "hold", "refuse", "defer"}},
                           {"machines", {"hold", "aside"}},
                           {"blocked", {"refuse", "hold"}},
                           {"unauthentic", {"hold", "refuse"}},
                           {"challenge_from", {}, true}};

template <class List>
std::string joined(const List& words) {
  std::string out;
  for (const auto& word : words) out.append(out.empty() ? "" : ", ").append(word);
  return out;
}

std::string names() {
  std::vector<std::string_view> list;
  for (const PolicyKey& key : kKeys) list.push_back(key.name);
  return joined(list);
}

Status add(PolicyValues& values, const std::string& assignment, const Config& config) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos)
    return Error{Errc::invalid, in_quotes(assignment) + " is no KEY=VALUE"};
  const std::string name = assignment.substr(0, equals);
  const std::string value = assignment.substr(equals + 1);
  const auto* key = std::find_if(std::begin(kKeys), std::end(kKeys),
                                 [&](const PolicyKey& k) { return k.name == name; });
  if (key == std::end(kKeys))
    return Error{Errc::invalid, in_quotes(name) + " is no key of a policy; allowed: " + names()};
  const bool known =
      key->number ? parse_score(value).has_value()
                  : std::find(key->words.begin(), key->words.end(), value) != key->words.end();
  if (!value.empty() && !known)
    return Error{Errc::invalid,
                 name + ": " + in_quotes(value) +
                     (key->number ? " is no number; allowed: a number such as 4.5"
                                  : " is none of its words; allowed: " + joined(key->words)) +
                     ", or nothing to remove it"};
  const auto mode = name == "mode" ? from_word<Mode>(kModeWords, value) : std::nullopt;
  if (mode && !mode_remark(config, *mode).empty())
    return Error{Errc::invalid,
                 "mode: with authentication.source \"none\" allowed: observe, aside"};
  if (!values.emplace(name, value).second) return Error{Errc::invalid, name + " is given twice"};
  return {};
}

}  // namespace

std::span<const PolicyKey> policy_keys() { return kKeys; }

bool asks(Mode mode) { return mode == Mode::hold || mode == Mode::refuse || mode == Mode::defer; }

std::string mode_remark(const Config& config, Mode mode) {
  if (!asks(mode) || config.authentication.source != "none") return "";
  return "mode " + std::string(word(mode)) + " acts as aside, as authentication.source is \"none\"";
}

Result<PolicyValues> parse_policy(const std::vector<std::string>& assignments,
                                  const Config& config) {
  PolicyValues values;
  for (const std::string& assignment : assignments) CS_TRY(add(values, assignment, config));
  return values;
}

Policy default_policy(const Config& config) {
  Policy defaults;
  defaults.keep = config.first_contact.keep;
  return resolve_policy(defaults, {{"mode", config.first_contact.mode},
                                   {"machines", config.first_contact.machines},
                                   {"challenge_from", config.first_contact.challenge_from}});
}

PolicyValues default_values(const Config& config) {
  const Policy policy = default_policy(config);
  const auto hold_or = [](Disposition d, const char* other) {
    return std::string(d == Disposition::hold_silently ? "hold" : other);
  };
  return {{"mode", std::string(word(policy.mode))},
          {"machines", hold_or(policy.machines, "aside")},
          {"blocked", hold_or(policy.blocked, "refuse")},
          {"unauthentic", hold_or(policy.unauthentic, "refuse")},
          {"challenge_from", config.first_contact.challenge_from}};
}

}  // namespace countersign::admin
