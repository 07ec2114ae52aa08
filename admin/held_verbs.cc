// SPDX-License-Identifier: Apache-2.0
//
// held list and show: reading, beside a daemon that runs.
#include <algorithm>

#include "admin/exit_status.h"
#include "admin/held_elsewhere.h"
#include "admin/held_record.h"
#include "admin/opening.h"
#include "admin/run.h"
#include "base/encoding.h"
#include "config/values.h"
#include "mail/mailbox.h"

namespace countersign::admin {
namespace {

/// What `held list` is asked for.
struct Filter {
  std::string owner;   ///< Mailbox::key(); "": any
  std::string author;  ///< address; "": any
  std::optional<HeldState> state;

  bool wants(const HeldMessage& message, const History& history) const {
    const HeldEnvelope& e = message.envelope;
    return (owner.empty() || is_left_for_owner(e, history)) &&
           (author.empty() || e.author == author) && (!state || *state == history.state);
  }
  /// The address as it was written to counts as well as its owner. What he has already, or
  /// wants no more, is not held for him.
  bool is_left_for_owner(const HeldEnvelope& e, const History& history) const {
    const auto& paths = e.envelope.recipients;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const bool is_his = (i < e.owners.size() && e.owners[i] == owner) ||
                          (paths[i].mailbox && paths[i].mailbox->key() == owner);
      if (is_his && history.is_kept_for(i)) return true;
    }
    return false;
  }
};

Result<Filter> filter_of(const Invocation& invocation) {
  Filter filter;
  if (const auto text = invocation.option("--mailbox")) {
    const auto mailbox = Mailbox::parse(*text);
    if (!mailbox) return Error{Errc::invalid, "--mailbox: " + in_quotes(*text) + " is no address"};
    filter.owner = mailbox->key();
  }
  if (const auto text = invocation.option("--author")) {
    const auto mailbox = Mailbox::parse(*text);
    if (!mailbox) return Error{Errc::invalid, "--author: " + in_quotes(*text) + " is no address"};
    filter.author = mailbox->address();
  }
  if (const auto text = invocation.option("--state"))
    filter.state = from_word<HeldState>(kHeldStateWords, *text);
  return filter;
}

/// The content as received. Errors: as SpoolReader::content.
Result<std::string> content_of(const SpoolReader& reader, const HeldId& id) {
  std::string all;
  CS_TRY(reader.content(id, [&](std::string_view piece) -> Status {
    all.append(piece);
    return {};
  }));
  return all;
}

/// `shown`: how many were shown before it.
int show_one(const SpoolReader& reader, const std::string& text, bool content, int& shown,
             HeldElsewhere& elsewhere, Output& output) {
  const auto id = HeldId::parse(text);
  if (!id) {
    output.say(in_quotes(text) + ": " + id.error().detail);
    return EX_DATAERR;
  }
  const auto message = reader.read(*id);
  if (!message) {
    const bool gone = message.error().code == Errc::not_found;
    output.say(text + ": " + (gone ? elsewhere.words(*id) : message.error().detail));
    return exit_status(message.error().code);
  }
  const History history = history_of(*message);
  Record record = show_record(*message, history);
  std::string bytes;
  if (content) {
    auto read = content_of(reader, *id);
    if (!read) {
      output.say(text + ": " + read.error().detail);
      return exit_status(read.error().code);
    }
    bytes = std::move(*read);
    record.add("content", base64_encode(bytes));
  }
  output.put(record);
  if (output.json()) return EX_OK;
  if (shown++ > 0) output.line("");
  output.raw(show_text(*message, history));
  if (content) output.raw("\n" + bytes);
  return EX_OK;
}

}  // namespace

int held_list(const Invocation& invocation, Tools& tools, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto filter = filter_of(invocation);
  if (!filter) return fail(filter.error(), output);
  const auto fs = open_spool(*config, tools, output);
  if (!fs) return no_spool(*config);
  const SpoolReader reader(*fs);
  const auto ids = reader.list();
  if (!ids) return fail(ids.error(), output);
  int status = EX_OK;
  std::vector<std::pair<HeldMessage, History>> wanted;
  for (const HeldId& id : *ids) {
    auto message = reader.read(id);
    if (message) {
      History history = history_of(*message);
      if (filter->wants(*message, history))
        wanted.emplace_back(std::move(*message), std::move(history));
    } else if (message.error().code != Errc::not_found) {  // not_found: it has just gone
      output.say(id.text() + ": " + message.error().detail);
      status = worse(status, exit_status(message.error().code));
    }
  }
  std::sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) {
    const HeldEnvelope &x = a.first.envelope, &y = b.first.envelope;
    return std::pair(x.arrived, x.id.text()) < std::pair(y.arrived, y.id.text());
  });
  for (const auto& [message, history] : wanted)
    output.put(list_record(message, history), list_line(message, history));
  return status;
}

int held_show(const Invocation& invocation, Tools& tools, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto fs = open_spool(*config, tools, output);
  if (!fs) return no_spool(*config);
  const SpoolReader reader(*fs);
  HeldElsewhere elsewhere(*config, tools, reader.node());
  int status = EX_OK;
  int shown = 0;
  for (const std::string& text : invocation.all("ID"))
    status = worse(status,
                   show_one(reader, text, invocation.given("--content"), shown, elsewhere, output));
  return status;
}

}  // namespace countersign::admin
