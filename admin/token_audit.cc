// SPDX-License-Identifier: Apache-2.0
//
// tokens audit: what a store that was put back to an older state has forgotten of tokens, told by
// logs.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "admin/exit_status.h"
#include "admin/opening.h"
#include "admin/run.h"
#include "admin/token_log.h"
#include "admin/token_words.h"
#include "admin/whom.h"
#include "config/values.h"

namespace countersign::admin {
namespace {

/// What is wrong with a token, and the permit that would be right.
struct Finding {
  std::string_view word;  ///< "missing", "uses", "binding", "revoked"
  std::string text;
  Permit mended;
};

/// The token that the store has lost, as far as logs tell; `revoked`: shut, to be on the safe side.
Finding missing(const LoggedToken& logged, const std::string& key_id, WallTime now, bool revoked) {
  Finding out{"missing", "the store does not know it", {}};
  Permit& permit = out.mended;
  permit.created = now;
  permit.label = logged.label;
  permit.mailbox = logged.mailbox;
  permit.key = key_id;
  permit.bound_to = logged.bound_to;
  permit.uses_left = logged.uses_left;
  permit.uses = logged.spent;
  if (revoked || logged.revoked) permit.revoked = now;
  return out;
}

/// What the store tells otherwise than the logs; nothing if they agree.
std::optional<Finding> disagreement(const LoggedToken& logged, const Permit& permit, WallTime now) {
  Finding out{"", "", permit};
  const auto note = [&](std::string_view word, const std::string& text) {
    if (out.word.empty()) out.word = word;
    out.text += (out.text.empty() ? "" : "; ") + text;
  };
  if (logged.revoked && permit.revoked == WallTime{}) {
    note("revoked", "it was revoked, and is not");
    out.mended.revoked = now;
  }
  if (logged.uses_left && permit.uses_left && *logged.uses_left < *permit.uses_left) {
    note("uses", "left are " + std::to_string(*logged.uses_left) + " uses, not " +
                     std::to_string(*permit.uses_left));
    out.mended.uses += *permit.uses_left - *logged.uses_left;
    out.mended.uses_left = logged.uses_left;
  }
  if (permit.binding == Binding::first && permit.bound_to.empty() && !logged.bound_to.empty()) {
    note("binding", "it is bound to " + logged.bound_to + ", and the store does not know");
    out.mended.bound_to = logged.bound_to;
  }
  if (out.word.empty()) return std::nullopt;
  return out;
}

Status read_logs(const Invocation& invocation, TokenLog& log) {
  for (const std::string& name : invocation.all("--log")) {
    std::ifstream file;
    if (name != "-") file.open(name);
    // A folder opens, and fails when it is read.
    std::error_code ignored;
    if (name != "-" && (!file || std::filesystem::is_directory(name, ignored)))
      return Error{Errc::not_found, name + ": cannot be read"};
    std::istream& in = name == "-" ? std::cin : file;
    for (std::string line; std::getline(in, line);) CS_TRY(log.read(line));
    if (in.bad()) return Error{Errc::unavailable, name + ": cannot be read to its end"};
  }
  return {};
}

/// The work of one audit.
class Audit {
 public:
  Audit(const Config& config, std::vector<Secret> keys, Store& store, std::string mend,
        WallTime now, Output& output)
      : config_(config),
        keys_(std::move(keys)),
        store_(store),
        mend_(std::move(mend)),
        now_(now),
        output_(output) {}

  /// Returns the exit status.
  int run(const TokenLog& log) {
    int worst = EX_OK;
    for (const auto& [name, logged] : log.tokens()) {
      const Status done = look_at(name.first, name.second, logged);
      if (!done) worst = worse(worst, fail(done.error(), output_));
    }
    if (worst == EX_OK && found_ == 0) output_.line("Logs and store agree.");
    return worst == EX_OK && found_ > 0 && mend_.empty() ? EX_DATAERR : worst;
  }

 private:
  Status look_at(const std::string& owner, const std::string& id, const LoggedToken& logged) {
    const PermitName name{PermitName::Kind::token, owner, id};
    const auto permit = store_.tokens().get(name, store_deadline());
    if (!permit && permit.error().code != Errc::not_found) return permit.error();
    const auto finding = permit ? disagreement(logged, *permit, now_)
                                : missing(logged, keys_.front().id, now_, mend_ == "revoke");
    if (!finding) return {};
    ++found_;
    // Without its address nobody can say what it is for; it stays lost, and its mail is held.
    const bool can_be_mended = permit || !logged.mailbox.empty();
    if (!mend_.empty() && can_be_mended)
      CS_TRY(store_.tokens().put(name, finding->mended, store_deadline()));
    print(owner, id, *finding, !mend_.empty() && can_be_mended);
    return {};
  }

  void print(const std::string& owner, const std::string& id, const Finding& finding, bool mended) {
    const auto mailbox = Mailbox::parse(decode_key(owner));
    const std::string address =
        mailbox ? address_of(config_, keys_, *mailbox, id, finding.mended) : "";
    Record record;
    record.add("mailbox", decode_key(owner))
        .add("id", id)
        .add("label", finding.mended.label)
        .add("address", address.empty() ? Record::Value(nullptr) : Record::Value(address))
        .add("finding", finding.word)
        .add("explanation", finding.text)
        .add("mended", mended);
    output_.put(record, (address.empty() ? decode_key(owner) + " " + id : address) + ": " +
                            finding.text + (mended ? " (mended)" : ""));
  }

  const Config& config_;
  const std::vector<Secret> keys_;
  Store& store_;
  const std::string mend_;  ///< "restore", "revoke", or "" to look only
  const WallTime now_;
  Output& output_;
  int found_ = 0;
};

}  // namespace

int tokens_audit(const Invocation& invocation, Tools& tools, Output& output) {
  const auto config = load(invocation, output);
  if (!config) return EX_CONFIG;
  const std::string mend = invocation.option("--mend").value_or("");
  const auto ring = tools.load_keys(config->secrets.milter);
  const auto current = ring ? ring->current("token") : Result<Secret>(ring.error());
  if (!current) return fail(current.error(), output);
  const auto keys = ring->all("token");
  TokenLog log(*config, keys);
  if (const Status read = read_logs(invocation, log); !read) return fail(read.error(), output);
  const auto store = open_store(*config, tools, output);
  if (!store) return EX_CONFIG;
  return Audit(*config, {keys.begin(), keys.end()}, *store, mend, tools.clock.wall(), output)
      .run(log);
}

}  // namespace countersign::admin
