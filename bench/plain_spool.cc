// SPDX-License-Identifier: Apache-2.0
//
// What a disk gives at most to whoever wants files durable: the yardstick of a hold.
//
//   plain_spool FOLDER THREADS FILES BYTES
//       writes FILES of BYTES in all over THREADS, each written to tmp/, fsynced, renamed to held/,
//       the folder fsynced; prints files a second and leaves nothing behind.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;

bool keep(const fs::path& folder, const std::string& name, const std::string& bytes) {
  const std::string temporary = folder / "tmp" / name;
  const std::string final = folder / "held" / name.substr(name.size() - 2) / name;
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool written = write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  const bool synced = fsync(fd) == 0;
  if (close(fd) != 0 || !written || !synced) return false;
  if (rename(temporary.c_str(), final.c_str()) != 0) return false;
  const int dir = open(fs::path(final).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool durable = dir >= 0 && fsync(dir) == 0;
  if (dir >= 0) close(dir);
  return durable;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: plain_spool FOLDER THREADS FILES BYTES\n");
    return 64;
  }
  const fs::path folder = fs::path(argv[1]) / "plain";
  const int threads = std::atoi(argv[2]);
  const long files = std::atol(argv[3]);
  const std::string bytes(std::strtoul(argv[4], nullptr, 10), 'x');
  fs::create_directories(folder / "tmp");
  for (int i = 0; i < 100; ++i)
    fs::create_directories(folder / "held" / (std::string(i < 10 ? "0" : "") + std::to_string(i)));

  std::atomic<long> next{0};
  std::atomic<bool> failed{false};
  const auto run = [&] {
    for (long n = next++; n < files && !failed; n = next++)
      if (!keep(folder, std::to_string(1'000'000 + n), bytes)) failed = true;
  };
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> pool;
  for (int i = 0; i < threads; ++i) pool.emplace_back(run);
  for (std::thread& thread : pool) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  fs::remove_all(folder);
  if (failed) {
    std::perror("plain_spool");
    return 1;
  }
  std::printf("%.1f\n", static_cast<double>(files) / took.count());
  return 0;
}
