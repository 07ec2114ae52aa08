// SPDX-License-Identifier: Apache-2.0
//
// A site for tests of the admin command: a folder with countersign.toml and a spool, the store in
// memory, an MTA that says what it is told. Verbs are run from their words, as main() runs them.
#pragma once

#include <cppunit/TestAssert.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "admin/command_line.h"
#include "admin/output.h"
#include "admin/tools.h"
#include "base/log.h"
#include "spool/posix_fs.h"
#include "spool/spool.h"
#include "tests/support/held_samples.h"
#include "tests/support/temp_folder.h"
#include "tokenstore/memory_store.h"

namespace countersign::test {

/// The rig's store, for a verb that owns what it opens.
class BorrowedStore final : public Store {
 public:
  explicit BorrowedStore(Store& inner) : inner_(inner) {}
  Directory& directory() override { return inner_.directory(); }
  Contacts& contacts() override { return inner_.contacts(); }
  Policies& policies() override { return inner_.policies(); }
  SentMail& sent() override { return inner_.sent(); }
  AddressTokens& tokens() override { return inner_.tokens(); }
  HeldIndex& held() override { return inner_.held(); }
  Asked& asked() override { return inner_.asked(); }
  Requests& requests() override { return inner_.requests(); }
  Budgets& budgets() override { return inner_.budgets(); }
  Outbox& outbox() override { return inner_.outbox(); }
  WebState& web() override { return inner_.web(); }

 private:
  Store& inner_;
};

/// Answers every recipient with `code`, and keeps what it was given.
class CodeRelay final : public Relay {
 public:
  CodeRelay(int code, std::vector<std::string>& taken) : code_(code), taken_(taken) {}
  DeliveryOutcome send(const Delivery& delivery) override {
    std::string content;
    (void)delivery.content([&](std::string_view piece) -> Status {
      content.append(piece);
      return {};
    });
    taken_.push_back(std::move(content));
    using Kind = DeliveryOutcome::Kind;
    DeliveryOutcome outcome;
    for (std::size_t i = 0; i < delivery.recipients.size(); ++i)
      outcome.recipients.push_back({code_ < 300   ? Kind::taken
                                    : code_ < 500 ? Kind::deferred
                                                  : Kind::refused,
                                    {code_, "said the MTA"}});
    return outcome;
  }

 private:
  int code_;
  std::vector<std::string>& taken_;
};

/// What a command printed.
struct Ran {
  int status = 0;
  std::string out;
  std::string err;
};

class AdminRig {
 public:
  AdminRig() : store(clock), tools{.clock = clock, .who = "root"} {
    CPPUNIT_ASSERT(log::set_level("error"));
    write_config("");
    tools.open_spool = [](const std::string& directory) -> Result<std::unique_ptr<SpoolFs>> {
      CS_ASSIGN(auto fs, PosixFs::open_folder(directory));
      return std::unique_ptr<SpoolFs>(std::move(fs));
    };
    tools.open_store = [this](const Config&) -> Result<std::unique_ptr<Store>> {
      return std::unique_ptr<Store>(std::make_unique<BorrowedStore>(store));
    };
    tools.create_site = [this](const Config&, Deadline) -> Result<std::pair<std::string, bool>> {
      if (!site_made) return Error{Errc::unavailable, "connection refused"};
      return std::pair(std::string("7q2mxf4pk9td3hwa7q2mxf4pk9"), site_is_new);
    };
    tools.check_store = [this](const Config&, Deadline) { return store_findings; };
    tools.check_web_login = [this](const Config&, Deadline) { return web_findings; };
    tools.open_relay = [this](const std::string&) {
      return std::make_unique<CodeRelay>(mta_code, released);
    };
    tools.ask_welcome = [this](const std::string& address) -> Result<Welcome> {
      const auto found = welcomes.find(address);
      if (found == welcomes.end()) return Welcome{{220, "mx ESMTP"}, {250, "mx"}};
      return found->second;
    };
    tools.try_port = [this](const std::string& address) {
      const auto found = ports.find(address);
      return found == ports.end() ? Status() : found->second;
    };
    tools.load_keys = [](const std::string& path) { return Keyring::load(path); };
    tools.run_program = [this](const std::vector<std::string>& argv) { return run_program(argv); };
    tools.http_get = [this](const std::string&, Deadline) { return page; };
  }

  /// countersign.toml: a complete one, and `more` below it.
  void write_config(const std::string& more) {
    std::ofstream(config_path()) << "[protect]\ndomains = [\"example.org\", \"example.net\"]\n"
                                    "exempt = [\"open@example.org\"]\n"
                                    "[authentication]\nauthserv_id = \"mx.example.org\"\n"
                                    "[challenge]\nbase_url = \"https://gate.example.org\"\n"
                                    "[spool]\ndirectory = \""
                                 << folder.path() << "/spool\"\n[secrets]\nmilter = \""
                                 << folder.path() << "/milter.secrets\"\nchallenge = \""
                                 << folder.path() << "/challenge.secrets\"\n"
                                 << more;
  }
  std::string config_path() const { return folder.path() + "/c.toml"; }

  /// Runs `countersign -c CONFIG words...`.
  Ran run(std::vector<std::string> words) {
    words.insert(words.begin(), {"countersign", "-c", config_path()});
    std::vector<const char*> argv;
    for (const auto& word : words) argv.push_back(word.c_str());
    const auto line =
        admin::parse_command_line(static_cast<int>(argv.size()), argv.data(), "/none");
    if (line.verb == nullptr)
      return line.status == 0 ? Ran{0, line.text, ""} : Ran{line.status, "", line.text};
    std::ostringstream out, err;
    admin::Output output(out, err, line.invocation.json);
    const int status = line.verb->run(line.invocation, tools, output);
    return {status, out.str(), err.str()};
  }

  /// Makes the spool's folder and opens it as a daemon does.
  std::unique_ptr<Spool> open_spool() {
    ::mkdir((folder.path() + "/spool").c_str(), 0700);
    auto fs = PosixFs::open_folder(folder.path() + "/spool");
    CPPUNIT_ASSERT(fs);
    fs_ = std::move(*fs);
    auto spool = Spool::open(*fs_, {});
    CPPUNIT_ASSERT_MESSAGE(spool ? "" : spool.error().detail, spool);
    return std::move(*spool);
  }

  TempFolder folder;
  ManualClock clock;
  MemoryStore store;
  admin::Tools tools;
  bool site_made = true;
  bool site_is_new = false;
  Result<std::vector<StoreFinding>> store_findings = std::vector<StoreFinding>();
  Result<std::vector<StoreFinding>> web_findings = std::vector<StoreFinding>();
  int mta_code = 250;
  std::map<std::string, Result<Welcome>> welcomes;  ///< of the MTA's ports, by address
  std::map<std::string, Status> ports;              ///< those that are not free
  std::vector<std::string> released;                ///< content that the MTA was given
  Result<admin::HttpAnswer> page = admin::HttpAnswer{200, "{\"status\":\"ok\"}\n"};
  admin::RunProgram run_program = [](const std::vector<std::string>& argv) -> Result<std::string> {
    return Error{Errc::not_found, argv.front() + ": no such program"};
  };

 private:
  std::unique_ptr<PosixFs> fs_;
};

}  // namespace countersign::test
