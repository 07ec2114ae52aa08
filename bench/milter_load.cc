// SPDX-License-Identifier: Apache-2.0
//
// Load for a milter, without an MTA.
//
//   milter_load SOCKET known|first SESSIONS MESSAGES [BODY-BYTES]
//       plays MESSAGES in all over SESSIONS connections and prints messages a second.
//       known: one author, authenticated, 22 header fields; each must pass with one field added.
//       first: each message new, from an author whom DKIM authenticates, of one of 500 domains;
//       each must be held (554 "kept").
//   milter_load SOCKET idle SESSIONS
//       opens SESSIONS connections with a transaction begun, prints "idle", waits for end of input.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/milter_peer.h"

namespace {

using countersign::bench::Message;
using countersign::bench::MilterPeer;
using countersign::bench::Outcome;

Message a_message(bool known, long serial, std::size_t body_bytes) {
  const std::string author = known ? "alice@example.com"
                                   : "first" + std::to_string(serial) + "@stranger" +
                                         std::to_string(serial % 500) + ".example";
  Message m{.reverse_path = "<" + author + ">",
            .recipients = {"<joe" + (known ? "" : std::to_string(serial % 500)) + "@example.org>"},
            .fields = {},
            .body = std::string(body_bytes, 'x')};
  for (std::size_t at = 70; at + 1 < m.body.size(); at += 72) m.body.replace(at, 2, "\r\n");
  // 22 fields, as a mail has that came a usual way.
  m.fields.emplace_back("Authentication-Results", "mx.example.org;\n\tdkim=pass header.d=" +
                                                      author.substr(author.find('@') + 1) +
                                                      " header.s=s1");
  for (int i = 0; i < 4; ++i)
    m.fields.emplace_back("Received",
                          "from relay" + std::to_string(i) +
                              ".example.com (relay.example.com [192.0.2.7])\n\tby mx.example.org "
                              "with ESMTPS id 4TtK0c1nN2z9vGw\n\tfor <joe@example.org>; Mon, 3 May "
                              "2027 14:02:00 +0000 (UTC)");
  m.fields.emplace_back("DKIM-Signature",
                        "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1;\n\t"
                        "h=from:to:subject:date; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;"
                        "\n\tb=" +
                            std::string(172, 'A'));
  m.fields.emplace_back("From", "Alice <" + author + ">");
  m.fields.emplace_back("To", "joe@example.org");
  m.fields.emplace_back("Subject", "Offer for 40 chairs");
  m.fields.emplace_back("Date", "Mon, 3 May 2027 14:02:00 +0000");
  m.fields.emplace_back("Message-ID", "<" + std::to_string(serial) + "@client.example>");
  m.fields.emplace_back("MIME-Version", "1.0");
  m.fields.emplace_back("Content-Type", "text/plain; charset=utf-8");
  m.fields.emplace_back("Content-Transfer-Encoding", "8bit");
  m.fields.emplace_back("Content-Language", "en");
  m.fields.emplace_back("User-Agent", "Mail 1.0");
  while (m.fields.size() < 22)
    m.fields.emplace_back("X-Field-" + std::to_string(m.fields.size()), "value of the field");
  return m;
}

bool as_wanted(bool known, const Outcome& outcome) {
  if (known) return (outcome.verdict == 'c' || outcome.verdict == 'a') && outcome.added_fields == 1;
  return outcome.verdict == 'd' || (outcome.verdict == 'y' && outcome.reply.starts_with("554") &&
                                    outcome.reply.find("kept") != std::string::npos);
}

int load(const std::string& socket, bool known, int sessions, long messages, std::size_t body) {
  std::atomic<long> next{0};
  std::atomic<bool> failed{false};
  // So that no two runs send the same Message-ID.
  const long base = known ? 0 : std::chrono::system_clock::now().time_since_epoch().count() / 1000;
  const auto run = [&] {
    try {
      MilterPeer peer(socket);
      peer.connect("192.0.2.1");
      const Message same = a_message(true, 0, body);
      for (long n = next++; n < messages && !failed; n = next++) {
        const Outcome outcome = peer.play(known ? same : a_message(false, base + n, body));
        if (as_wanted(known, outcome)) continue;
        std::fprintf(stderr, "message %ld: '%c' %s, %d fields added\n", n, outcome.verdict,
                     outcome.reply.c_str(), outcome.added_fields);
        failed = true;
      }
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s\n", e.what());
      failed = true;
    }
  };
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < sessions; ++i) threads.emplace_back(run);
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (failed) return 1;
  std::printf("%.1f\n", static_cast<double>(messages) / took.count());
  return 0;
}

int idle(const std::string& socket, int sessions) {
  std::vector<std::unique_ptr<MilterPeer>> peers;
  const Message message = a_message(true, 0, 0);
  for (int i = 0; i < sessions; ++i) {
    peers.push_back(std::make_unique<MilterPeer>(socket));
    peers.back()->connect("192.0.2.1");
    peers.back()->begin(message);
  }
  std::printf("idle\n");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc > 3 ? argv[2] : "";
  try {
    if (kind == "idle") return idle(argv[1], std::atoi(argv[3]));
    if (argc > 4 && (kind == "known" || kind == "first"))
      return load(argv[1], kind == "known", std::atoi(argv[3]), std::atol(argv[4]),
                  argc > 5 ? std::strtoul(argv[5], nullptr, 10) : 4096);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  std::fprintf(stderr,
               "usage: milter_load SOCKET known|first SESSIONS MESSAGES [BODY-BYTES]\n"
               "       milter_load SOCKET idle SESSIONS\n");
  return 64;
}
