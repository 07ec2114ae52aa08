// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target on its committed corpus, with any compiler: what a fuzzer once found stays
// found. tests/fuzz/NAME_fuzz reads every file of tests/fuzz/corpus/NAME below $srcdir, or of the
// folders named as arguments, and each file's first half, so that cut input is always among it. An
// empty corpus fails; a target that finds a fault aborts. The last line is "N passed, N failed".
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

/// Returns the corpus of the program `argv0` ("tests/fuzz/author_fuzz" -> ".../corpus/author").
fs::path default_corpus(const std::string& argv0) {
  const char* srcdir = std::getenv("srcdir");
  std::string name = fs::path(argv0).filename().string();
  const std::string suffix = "_fuzz";
  if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
  return fs::path(srcdir ? srcdir : ".") / "tests/fuzz/corpus" / name;
}

void replay(const std::string& bytes, std::size_t size) {
  // A buffer of exactly that size, so that the sanitizers see a read past its end.
  const std::vector<std::uint8_t> exact(bytes.begin(),
                                        bytes.begin() + static_cast<std::ptrdiff_t>(size));
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

/// Returns the number of files replayed. Throws what the file system throws.
int replay_folder(const fs::path& folder) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    std::printf("%s\n", entry.path().filename().c_str());
    std::fflush(stdout);  // so that the log names the file that aborts
    replay(bytes, bytes.size());
    replay(bytes, bytes.size() / 2);
    ++files;
  }
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0;
  int empty = 0;
  try {
    std::vector<fs::path> folders(argv + 1, argv + argc);
    if (folders.empty()) folders.push_back(default_corpus(argv[0]));
    for (const fs::path& folder : folders) {
      const int found = replay_folder(folder);
      if (found == 0) {
        std::printf("%s: no corpus\n", folder.c_str());
        ++empty;
      }
      files += found;
    }
  } catch (const std::exception& e) {
    std::printf("%s\n", e.what());
    ++empty;
  }
  std::printf("%d passed, %d failed\n", files, empty);
  return empty == 0 ? 0 : 1;
}
