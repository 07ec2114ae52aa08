// SPDX-License-Identifier: Apache-2.0
#include "challenge/brand.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <sstream>

#include "base/encoding.h"

namespace countersign::challenge {
namespace {

using Colour = std::array<double, 3>;  ///< red, green, blue, 0 to 1

constexpr double kReadable = 4.5;
constexpr Colour kDarkCard = {0x1d / 255.0, 0x24 / 255.0, 0x22 / 255.0};  // --card of page.css
constexpr std::size_t kMostLogo = 100'000;

Colour parse(const std::string& text) {
  Colour out{};
  const auto bytes = hex_decode(text.substr(std::min<std::size_t>(1, text.size())));
  for (std::size_t i = 0; bytes && i < std::min<std::size_t>(3, bytes->size()); ++i)
    out[i] = static_cast<unsigned char>((*bytes)[i]) / 255.0;
  return out;
}

std::string show(const Colour& colour) {
  std::string bytes;
  for (const double part : colour) bytes += static_cast<char>(std::lround(part * 255));
  return "#" + hex_encode(bytes);
}

/// Relative luminance (WCAG 2.2).
double luminance(const Colour& colour) {
  constexpr Colour kWeights = {0.2126, 0.7152, 0.0722};
  double out = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const double v = colour[i];
    out += kWeights[i] * (v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
  }
  return out;
}

double contrast(const Colour& light, const Colour& dark) {
  return (luminance(light) + 0.05) / (luminance(dark) + 0.05);
}

Colour lighter(Colour colour) {
  // The last step is white, which can be read.
  for (int step = 0; step < 20 && contrast(colour, kDarkCard) < kReadable; ++step)
    for (double& part : colour) part += (1 - part) / 10;
  return contrast(colour, kDarkCard) < kReadable ? Colour{1, 1, 1} : colour;
}

}  // namespace

std::string accent_css(const std::string& accent) {
  return ":root { --accent: " + accent +
         "; --on-accent: #fff; }\n@media (prefers-color-scheme: dark) { :root { --accent: " +
         show(lighter(parse(accent))) + "; --on-accent: #0b100e; } }\n";
}

Result<Logo> load_logo(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    return Error{Errc::unavailable, path + ": cannot be read, or is empty"};
  Logo out{"", text.str()};
  if (out.bytes.size() > kMostLogo) return Error{Errc::invalid, path + ": is over 100 kB"};
  if (out.bytes.starts_with("\x89PNG\r\n")) out.file = "logo.png";
  if (out.bytes.substr(0, 1000).find("<svg") != std::string::npos) out.file = "logo.svg";
  if (out.file.empty()) return Error{Errc::invalid, path + ": is neither SVG nor PNG"};
  return out;
}

}  // namespace countersign::challenge
