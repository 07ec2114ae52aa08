// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>
#include <gd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "challenge/code_image.h"
#include "challenge/speech.h"

namespace countersign::challenge {
namespace {

std::uint32_t little(const std::string& bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
  return value;
}

/// The brightness of each pixel of a PNG, 0 to 255.
std::vector<int> pixels_of(const std::string& png) {
  std::string copy = png;
  const std::unique_ptr<gdImage, decltype(&gdImageDestroy)> image(
      gdImageCreateFromPngPtr(static_cast<int>(copy.size()), copy.data()), gdImageDestroy);
  CPPUNIT_ASSERT(image);
  CPPUNIT_ASSERT_EQUAL(kCodeImageWidth, gdImageSX(image.get()));
  CPPUNIT_ASSERT_EQUAL(kCodeImageHeight, gdImageSY(image.get()));
  std::vector<int> out;
  for (int y = 0; y < kCodeImageHeight; ++y)
    for (int x = 0; x < kCodeImageWidth; ++x)
      out.push_back(gdImageGreen(image.get(), gdImageGetPixel(image.get(), x, y)));
  return out;
}

class CodeFormsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CodeFormsTest);
  CPPUNIT_TEST(an_image_is_a_png_that_looks_the_same_each_time);
  CPPUNIT_TEST(an_image_is_dark_on_light_or_light_on_dark);
  CPPUNIT_TEST(each_digit_looks_different);
  CPPUNIT_TEST(no_digit_leaves_the_image);
  CPPUNIT_TEST(each_language_says_ten_different_digits);
  CPPUNIT_TEST(a_sound_is_a_wav_that_says_each_digit);
  CPPUNIT_TEST(an_unknown_language_is_said_in_english);
  CPPUNIT_TEST_SUITE_END();

 public:
  void an_image_is_a_png_that_looks_the_same_each_time() {
    const std::string png = *code_png("012345", "seed", false);
    CPPUNIT_ASSERT(png.starts_with("\x89PNG\r\n\x1a\n"));
    CPPUNIT_ASSERT(png == *code_png("012345", "seed", false));
    CPPUNIT_ASSERT(png != *code_png("012345", "other", false));
    CPPUNIT_ASSERT(png.find("012345") == std::string::npos);
    CPPUNIT_ASSERT(png.size() < 20'000);
  }

  void an_image_is_dark_on_light_or_light_on_dark() {
    const auto light = pixels_of(*code_png("888888", "seed", false));
    const auto dark = pixels_of(*code_png("888888", "seed", true));
    CPPUNIT_ASSERT(light.front() > 200 && dark.front() < 60);
    CPPUNIT_ASSERT(*std::min_element(light.begin(), light.end()) < 60);
    CPPUNIT_ASSERT(*std::max_element(dark.begin(), dark.end()) > 200);
  }

  void each_digit_looks_different() {
    std::set<std::string> all;
    for (char c = '0'; c <= '9'; ++c) all.insert(*code_png(std::string(6, c), "seed", false));
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, all.size());
  }

  void no_digit_leaves_the_image() {
    for (int i = 0; i < 40; ++i) {
      const auto image = pixels_of(
          *code_png(std::string(6, static_cast<char>('0' + i % 10)), std::to_string(i), false));
      const int ground = image.front();
      for (int x = 0; x < kCodeImageWidth; ++x) {
        const auto column = static_cast<std::size_t>(x);
        CPPUNIT_ASSERT_EQUAL(ground, image[column]);
        CPPUNIT_ASSERT_EQUAL(ground, image[image.size() - 1 - column]);
      }
      for (std::size_t y = 0; y < static_cast<std::size_t>(kCodeImageHeight); ++y)
        CPPUNIT_ASSERT_EQUAL(ground, image[y * kCodeImageWidth]);
    }
  }

  void each_language_says_ten_different_digits() {
    const auto all = spoken_digits();
    CPPUNIT_ASSERT_EQUAL(std::size_t{12}, all.size());
    CPPUNIT_ASSERT_EQUAL(std::string("en"), std::string(all.front().language));
    for (const SpokenDigits& spoken : all) {
      std::set<std::string_view> clips;
      for (const std::string_view clip : spoken.clips) {
        // From a fifth of a second to a second and a half.
        CPPUNIT_ASSERT_MESSAGE(std::string(spoken.language),
                               clip.size() > kSpeechRate / 5 && clip.size() < 3 * kSpeechRate / 2);
        clips.insert(clip);
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{10}, clips.size());
    }
  }

  void a_sound_is_a_wav_that_says_each_digit() {
    const std::string wav = code_wav("012345", "de", "seed");
    CPPUNIT_ASSERT(wav.starts_with("RIFF"));
    CPPUNIT_ASSERT_EQUAL(wav.size() - 8, std::size_t{little(wav, 4, 4)});
    CPPUNIT_ASSERT_EQUAL(std::uint32_t{kSpeechRate}, little(wav, 24, 4));
    CPPUNIT_ASSERT_EQUAL(wav.size() - 44, std::size_t{little(wav, 40, 4)});
    // The clips, and 350 to 700 ms after each, after 300.
    std::size_t clips = 0;
    for (std::size_t i = 0; i < 6; ++i)
      for (const SpokenDigits& spoken : spoken_digits())
        if (spoken.language == "de") clips += spoken.clips[i].size();
    const std::size_t silence = (wav.size() - 44) / 2 - clips;
    CPPUNIT_ASSERT(silence >= (300 + 6 * 350) * kSpeechRate / 1000);
    CPPUNIT_ASSERT(silence <= (300 + 6 * 700) * kSpeechRate / 1000);
    CPPUNIT_ASSERT(wav == code_wav("012345", "de", "seed"));
    CPPUNIT_ASSERT(wav != code_wav("543210", "de", "seed"));
  }

  void an_unknown_language_is_said_in_english() {
    CPPUNIT_ASSERT(code_wav("12", "tlh", "s") == code_wav("12", "en", "s"));
    CPPUNIT_ASSERT(code_wav("12", "de-AT", "s") == code_wav("12", "de", "s"));
    CPPUNIT_ASSERT(code_wav("12", "de", "s") != code_wav("12", "en", "s"));
    CPPUNIT_ASSERT(is_spoken("pt-BR") && !is_spoken("tlh") && !is_spoken(""));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(CodeFormsTest);

}  // namespace
}  // namespace countersign::challenge
