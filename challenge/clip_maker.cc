// SPDX-License-Identifier: Apache-2.0
//
// Runs when the program is built: turns WAV files of spoken digits (16 bits, mono, any rate, as
// espeak-ng writes them) into the C++ source of spoken_digits(): 8000 samples a second, u-law,
// without silence at the ends, all equally loud.
//
//   clip_maker FOLDER LANGUAGE...    reads FOLDER/LANGUAGE-DIGIT.wav
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <numbers>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr double kRate = 8000;
constexpr double kLoud = 24000;     ///< the peak of each clip
constexpr double kQuiet = 300;      ///< below this it is silence
constexpr std::size_t kEdge = 240;  ///< samples that are kept before and after: 30 ms

struct Sound {
  double rate = 0;
  std::vector<double> samples;
};

std::uint32_t little(const std::string& bytes, std::size_t at, int count) {
  std::uint32_t value = 0;
  for (int i = count - 1; i >= 0; --i)
    value = value << 8 | static_cast<unsigned char>(bytes.at(at + static_cast<std::size_t>(i)));
  return value;
}

/// Throws if it is no WAV file of 16 bits, mono.
Sound read_wav(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (bytes.compare(0, 4, "RIFF") != 0 || little(bytes, 22, 2) != 1 || little(bytes, 34, 2) != 16)
    throw std::runtime_error(path + ": no WAV file of 16 bits, mono");
  Sound out;
  out.rate = little(bytes, 24, 4);
  for (std::size_t at = bytes.find("data") + 8; at + 1 < bytes.size(); at += 2)
    out.samples.push_back(static_cast<std::int16_t>(little(bytes, at, 2)));
  return out;
}

/// Another rate, with what lies above its half filtered out (a windowed sinc).
std::vector<double> resampled(const Sound& sound) {
  const double ratio = sound.rate / kRate;
  const double reach = 12 * std::max(1.0, ratio);
  std::vector<double> out(
      static_cast<std::size_t>(static_cast<double>(sound.samples.size()) / ratio));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double middle = static_cast<double>(i) * ratio;
    double sum = 0;
    double weights = 0;
    for (double j = std::ceil(middle - reach); j <= middle + reach; ++j) {
      if (j < 0 || j >= static_cast<double>(sound.samples.size())) continue;
      const double x = (j - middle) / std::max(1.0, ratio) * 0.9 * std::numbers::pi;
      const double window = 0.5 + 0.5 * std::cos(std::numbers::pi * (j - middle) / reach);
      const double weight = (x == 0 ? 1 : std::sin(x) / x) * window;
      sum += weight * sound.samples[static_cast<std::size_t>(j)];
      weights += weight;
    }
    out[i] = weights == 0 ? 0 : sum / weights;
  }
  return out;
}

std::vector<double> trimmed(const std::vector<double>& samples) {
  const auto loud = [](double s) { return std::abs(s) > kQuiet; };
  const auto first = std::find_if(samples.begin(), samples.end(), loud) - samples.begin();
  const auto last = samples.rend() - std::find_if(samples.rbegin(), samples.rend(), loud);
  if (first >= last) throw std::runtime_error("a clip is silent");
  const auto begin = std::max<long>(0, first - static_cast<long>(kEdge));
  const auto end =
      std::min<long>(static_cast<long>(samples.size()), last + static_cast<long>(kEdge));
  return {samples.begin() + begin, samples.begin() + end};
}

/// ITU-T G.711 u-law of a sample of 16 bits.
unsigned compressed(double sample) {
  const bool negative = sample < 0;
  const int value = static_cast<int>(std::min(std::abs(sample), 32635.0)) + 0x84;
  int exponent = 7;
  while (exponent > 0 && (value & (0x80 << exponent)) == 0) --exponent;
  const int mantissa = value >> (exponent + 3) & 0x0F;
  return static_cast<unsigned>(~((negative ? 0x80 : 0) | exponent << 4 | mantissa)) & 0xFF;
}

void print_clip(const std::vector<double>& samples) {
  double peak = 1;
  for (const double s : samples) peak = std::max(peak, std::abs(s));
  std::printf("        {\"");
  for (std::size_t i = 0; i < samples.size(); ++i) {
    // Octal escapes end after three digits, hexadecimal ones do not.
    std::printf("\\%03o", compressed(samples[i] * kLoud / peak));
    if (i % 20 == 19) std::printf("\"\n         \"");
  }
  std::printf("\", %zu},\n", samples.size());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::printf(
        "// Made by challenge/speech_clips.sh: do not edit.\n"
        "#include \"challenge/speech.h\"\n"
        "namespace countersign::challenge {\n"
        "std::span<const SpokenDigits> spoken_digits() {\n"
        "  static constexpr SpokenDigits kAll[] = {\n");
    for (int i = 2; i < argc; ++i) {
      std::printf("    {\"%s\", {{\n", argv[i]);
      for (char digit = '0'; digit <= '9'; ++digit)
        print_clip(trimmed(
            resampled(read_wav(std::string(argv[1]) + "/" + argv[i] + "-" + digit + ".wav"))));
      std::printf("    }}},\n");
    }
    std::printf("  };\n  return kAll;\n}\n}  // namespace countersign::challenge\n");
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "clip_maker: %s\n", e.what());
    return 1;
  }
}
