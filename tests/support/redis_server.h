// SPDX-License-Identifier: Apache-2.0
//
// A redis-server of a test's own: on a Unix socket in a temporary folder, without persistence,
// ended by its process id. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "tokenstore/redis_reply.h"

namespace countersign::test {

class RedisServer {
 public:
  struct Options {
    bool cluster = false;                  ///< one node that has all slots
    std::vector<std::string> users{};      ///< lines of users.acl
    std::vector<std::string> arguments{};  ///< added to the command line
  };

  /// Starts a server and waits until it answers; aborts the test program if there is none to start.
  explicit RedisServer(Options options);
  RedisServer() : RedisServer(Options{}) {}
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  const std::string& directory() const { return directory_; }
  std::string socket_path() const { return directory_ + "/redis.sock"; }
  std::string url() const { return "unix:" + socket_path(); }

  /// Runs one command as the default user, on a connection of its own; aborts on a failure of the
  /// connection. Error replies are returned.
  RedisReply command(std::initializer_list<std::string_view> words) const;

  void pause() const;   ///< SIGSTOP
  void resume() const;  ///< SIGCONT
  void kill();          ///< SIGKILL, and waits
  void start();         ///< again, after kill(), with an empty database

 private:
  void make_cluster() const;

  Options options_;
  std::string directory_;
  pid_t pid_ = -1;
};

/// Returns a TCP port on 127.0.0.1 below 32768 that nobody listened on a moment ago.
int free_port();

}  // namespace countersign::test
