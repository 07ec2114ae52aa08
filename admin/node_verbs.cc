// SPDX-License-Identifier: Apache-2.0
//
// pause, resume, stats: this node, by its spool alone.
#include <map>

#include "admin/exit_status.h"
#include "admin/opening.h"
#include "admin/run.h"
#include "holding/history.h"
#include "spool/spool.h"

namespace countersign::admin {
namespace {

int set(const Invocation& invocation, Tools& tools, Output& output, bool paused) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto fs = open_spool(*config, tools, output);
  if (!fs) return no_spool(*config);
  if (const Status done = set_paused(*fs, paused); !done) return fail(done.error(), output);
  Record record;
  record.add("paused", paused);
  output.put(record, paused ? "paused: all mail passes without screening" : "screening");
  return EX_OK;
}

struct Count {
  long long messages = 0;
  long long bytes = 0;
};

void put_counts(std::string_view what, const std::map<std::string, Count>& counts, Output& output) {
  for (const auto& [name, count] : counts) {
    Record record;
    record.add("count", what)
        .add("value", name)
        .add("messages", count.messages)
        .add("bytes", count.bytes);
    output.put(record, std::string(what) + " " + name + ": " + std::to_string(count.messages) +
                           " messages, " + std::to_string(count.bytes) + " bytes");
  }
}

}  // namespace

int pause(const Invocation& invocation, Tools& tools, Output& output) {
  return set(invocation, tools, output, true);
}

int resume(const Invocation& invocation, Tools& tools, Output& output) {
  return set(invocation, tools, output, false);
}

int stats(const Invocation& invocation, Tools& tools, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const auto fs = open_spool(*config, tools, output);
  if (!fs) return no_spool(*config);
  const SpoolReader reader(*fs);
  const auto ids = reader.list();
  if (!ids) return fail(ids.error(), output);
  int status = EX_OK;
  std::map<std::string, Count> all = {{"all", {}}};
  std::map<std::string, Count> states, reasons, shares;
  for (const HeldId& id : *ids) {
    const auto message = reader.read(id);
    if (!message) {
      if (message.error().code == Errc::not_found) continue;  // it has just gone
      output.say(id.text() + ": " + message.error().detail);
      status = worse(status, exit_status(message.error().code));
      continue;
    }
    const auto bytes = static_cast<long long>(message->content_bytes);
    const std::string state(word(history_of(*message).state));
    for (Count* count : {&all["all"], &states[state], &reasons[message->envelope.reason],
                         &shares[message->envelope.share]}) {
      ++count->messages;
      count->bytes += bytes;
    }
  }
  put_counts("spool", all, output);
  put_counts("state", states, output);
  put_counts("reason", reasons, output);
  put_counts("share", shares, output);
  return status;
}

}  // namespace countersign::admin
