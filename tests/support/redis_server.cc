// SPDX-License-Identifier: Apache-2.0
#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/unique_fd.h"
#include "tokenstore/redis_connection.h"

extern char** environ;

namespace countersign::test {
namespace {

constexpr seconds kStartTime{20};

Deadline in(milliseconds time) { return std::chrono::steady_clock::now() + time; }

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "redis-server for tests: %s\n", why.c_str());
  std::abort();
}

Result<std::vector<RedisReply>> try_command(const std::string& path,
                                            std::initializer_list<std::string_view> words) {
  RedisAddress address;
  address.path = path;
  CS_ASSIGN(auto connection, RedisConnection::open(address, std::nullopt, in(seconds(5))));
  RedisPipeline ask;
  ask.add(words);
  return connection->run(ask, in(seconds(5)));
}

template <class Condition>
void wait_for(const std::string& what, Condition holds) {
  const Deadline end = in(kStartTime);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) give_up("not " + what + " in time");
    std::this_thread::sleep_for(milliseconds(5));
  }
}

}  // namespace

int free_port() {
  static int next = 20000 + static_cast<int>(getpid() % 10000);
  while (true) {
    next = next >= 32000 ? 20000 : next + 1;
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(static_cast<std::uint16_t>(next));
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0) return next;
  }
}

RedisServer::RedisServer(Options options) : options_(std::move(options)) {
  std::array<char, 32> name{"/tmp/countersign-redis-XXXXXX"};
  if (mkdtemp(name.data()) == nullptr) give_up("no temporary folder");
  directory_ = name.data();
  start();
}

RedisServer::~RedisServer() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void RedisServer::start() {
  // setpriv: the server must not outlive a test program that aborts.
  std::vector<std::string> words = {"setpriv",      "--pdeathsig",
                                    "KILL",         "redis-server",
                                    "--port",       "0",
                                    "--unixsocket", socket_path(),
                                    "--save",       "",
                                    "--appendonly", "no",
                                    "--dir",        directory_,
                                    "--logfile",    directory_ + "/redis.log"};
  if (!options_.users.empty()) {
    std::ofstream file(directory_ + "/users.acl");
    for (const std::string& line : options_.users) file << line << "\n";
    words.insert(words.end(), {"--aclfile", directory_ + "/users.acl"});
  }
  if (options_.cluster)
    for (const std::string& word :
         {std::string("--cluster-enabled"), std::string("yes"), std::string("--bind"),
          std::string("127.0.0.1"), std::string("--cluster-port"), std::to_string(free_port())})
      words.push_back(word);
  words.insert(words.end(), options_.arguments.begin(), options_.arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  if (posix_spawnp(&pid_, "setpriv", nullptr, nullptr, argv.data(), environ) != 0)
    give_up("cannot be started: install redis-server");
  wait_for("answering", [&] {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) give_up("it ended: see " + directory_);
    return bool(try_command(socket_path(), {"PING"}));
  });
  if (options_.cluster) make_cluster();
}

void RedisServer::make_cluster() const {
  // ADDSLOTSRANGE fails when the slots are known from an earlier start: nodes.conf remains.
  command({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
  wait_for("a cluster", [&] {
    return command({"CLUSTER", "INFO"}).text.find("cluster_state:ok") != std::string::npos;
  });
}

RedisReply RedisServer::command(std::initializer_list<std::string_view> words) const {
  auto replies = try_command(socket_path(), words);
  if (!replies) give_up(replies.error().detail);
  return std::move(replies->front());
}

void RedisServer::pause() const { ::kill(pid_, SIGSTOP); }
void RedisServer::resume() const { ::kill(pid_, SIGCONT); }

void RedisServer::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
}

}  // namespace countersign::test
