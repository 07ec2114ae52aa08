// SPDX-License-Identifier: Apache-2.0
//
// Digits as sound, put together from clips of one digit each. The clips are made by espeak-ng when
// the program is built (challenge/speech_clips.sh) and compiled in; no speech is made for a
// request. Pure, thread-safe.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace countersign::challenge {

constexpr int kSpeechRate = 8000;  ///< samples a second, mono

/// The ten digits of one language: ITU-T G.711 u-law, kSpeechRate.
struct SpokenDigits {
  std::string_view language;  ///< "en", "de"
  std::array<std::string_view, 10> clips;
};

/// All languages; made when building. The first is English.
std::span<const SpokenDigits> spoken_digits();

/// Whether there are clips of `language` ("pt" of "pt-BR").
bool is_spoken(std::string_view language);

/// Returns a WAV file (16 bits, kSpeechRate, mono) that says `digits` one by one in
/// `language`, or in English if there are no clips of it. `seed` says how long the pauses are.
std::string code_wav(std::string_view digits, std::string_view language, std::string_view seed);

}  // namespace countersign::challenge
