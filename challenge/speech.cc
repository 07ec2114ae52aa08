// SPDX-License-Identifier: Apache-2.0
#include "challenge/speech.h"

#include <algorithm>
#include <cstdint>

#include "base/crypto.h"

namespace countersign::challenge {
namespace {

constexpr int kLeadMs = 300;   ///< players swallow the begin
constexpr int kPauseMs = 350;  ///< between digits, and up to as much again

/// "pt" of "pt-BR".
std::string_view primary(std::string_view language) {
  return language.substr(0, language.find('-'));
}

const SpokenDigits* find(std::string_view language) {
  const auto all = spoken_digits();
  const auto at = std::find_if(all.begin(), all.end(), [&](const SpokenDigits& spoken) {
    return spoken.language == primary(language);
  });
  return at == all.end() ? nullptr : &*at;
}

/// A sample of ITU-T G.711 u-law as 16 bits.
int expanded(char code) {
  const int bits = ~static_cast<unsigned char>(code) & 0xFF;
  const int value = ((((bits & 0x0F) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return (bits & 0x80) != 0 ? -value : value;
}

void put_little(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

void put_silence(std::string& samples, int ms) {
  samples.append(static_cast<std::size_t>(2 * kSpeechRate / 1000 * ms), '\0');
}

std::string wav_of(const std::string& samples) {
  std::string out = "RIFF";
  put_little(out, static_cast<std::uint32_t>(36 + samples.size()), 4);
  out += "WAVEfmt ";
  put_little(out, 16, 4);
  put_little(out, 1, 2);  // PCM
  put_little(out, 1, 2);  // mono
  put_little(out, kSpeechRate, 4);
  put_little(out, 2 * kSpeechRate, 4);
  put_little(out, 2, 2);
  put_little(out, 16, 2);
  out += "data";
  put_little(out, static_cast<std::uint32_t>(samples.size()), 4);
  return out + samples;
}

}  // namespace

bool is_spoken(std::string_view language) { return find(language) != nullptr; }

std::string code_wav(std::string_view digits, std::string_view language, std::string_view seed) {
  const SpokenDigits* spoken = find(language);
  if (!spoken) spoken = &spoken_digits().front();
  const std::string chance = sha256(seed);
  std::size_t drawn = 0;
  std::string samples;
  put_silence(samples, kLeadMs);
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') continue;
    for (const char code : spoken->clips[static_cast<std::size_t>(digit - '0')])
      put_little(samples, static_cast<std::uint32_t>(expanded(code)), 2);
    const auto more = static_cast<unsigned char>(chance[drawn++ % chance.size()]);
    put_silence(samples, kPauseMs + kPauseMs * more / 255);
  }
  return wav_of(samples);
}

}  // namespace countersign::challenge
