// SPDX-License-Identifier: Apache-2.0
#include "milter/marking.h"

#include <algorithm>

#include "base/log.h"
#include "mail/authserv_id.h"
#include "screening/replies.h"

namespace countersign {
namespace {

constexpr std::string_view kResultsName = "Authentication-Results";

void note(const Status& done, std::string_view queue_id) {
  if (!done)
    log::warning("field not changed", {{"queue_id", queue_id}, {"error", done.error().detail}});
}

}  // namespace

bool Marking::writes_results() const {
  return settings_.authentication.source == AuthenticationSource::builtin && !internal_;
}

bool Marking::must_be_cleaned(std::span<const RecipientFacts> recipients) const {
  if (writes_results() && !claiming_fields(header_, settings_.authentication.authserv_id).empty())
    return true;
  return header_.first(kFieldName) != nullptr &&
         std::ranges::any_of(recipients, [](const auto& r) { return r.is_protected; });
}

HeaderSection Marking::header_to_hold(const std::vector<AuthResult>& results) const {
  if (!writes_results()) return header_;
  const std::string& authserv_id = settings_.authentication.authserv_id;
  HeaderSection out;
  if (!results.empty())
    out.add(kResultsName, " " + write_authentication_results({authserv_id, results}));
  const HeaderSection others = without_claiming_fields(header_, authserv_id);
  for (const HeaderField& field : others.fields()) out.add(field.name, field.value);
  return out;
}

Status Marking::delete_recipient(MessageEditor& editor, std::size_t i) const {
  // The MTAs compare in different ways, and say nothing when they find none.
  const ForwardPath& path = envelope_.recipients[i];
  CS_TRY(editor.delete_recipient(path.raw));
  if (const std::string bare = path.without_route(); bare != path.raw)
    CS_TRY(editor.delete_recipient(bare));
  if (!path.rcpt_addr.empty()) CS_TRY(editor.delete_recipient(path.rcpt_addr));
  return {};
}

void Marking::edit(MessageEditor& editor, const Plan& plan,
                   std::span<const RecipientFacts> recipients,
                   const std::vector<AuthResult>& results, std::string_view queue_id) const {
  strip_details(editor, plan, recipients, queue_id);
  // Highest first: in Postfix the others move up, in Sendmail they do not.
  for (auto index = static_cast<int>(header_.all(kFieldName).size()); index > 0; --index)
    note(editor.remove_field(kFieldName, index), queue_id);
  if (!plan.field.empty()) note(editor.add_field(kFieldName, plan.field), queue_id);
  if (writes_results()) edit_results(editor, results, queue_id);
}

/// Lets the MTA deliver to the addresses without what they say to us.
void Marking::strip_details(MessageEditor& editor, const Plan& plan,
                            std::span<const RecipientFacts> recipients,
                            std::string_view queue_id) const {
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    const RecipientFacts& recipient = recipients[i];
    const bool token = settings_.strip_tokens && recipient.address_token;
    if ((!token && !recipient.reply_address) ||
        std::ranges::find(plan.deleted, i) != plan.deleted.end())
      continue;
    const Mailbox& mailbox =
        token ? recipient.address_token->mailbox : recipient.reply_address->mailbox;
    const Status added =
        editor.add_recipient('<' + mailbox.address() + '>', envelope_.recipients[i].parameters);
    note(added, queue_id);
    if (added) note(delete_recipient(editor, i), queue_id);
  }
}

/// Results of authentication are ours to write (RFC 8601 §5).
void Marking::edit_results(MessageEditor& editor, const std::vector<AuthResult>& results,
                           std::string_view queue_id) const {
  const std::string& authserv_id = settings_.authentication.authserv_id;
  const auto forged = claiming_fields(header_, authserv_id);
  for (auto index = forged.rbegin(); index != forged.rend(); ++index)
    note(editor.remove_field(kResultsName, *index), queue_id);
  if (!results.empty())
    note(
        editor.put_field_on_top(kResultsName, write_authentication_results({authserv_id, results})),
        queue_id);
}

}  // namespace countersign
