// SPDX-License-Identifier: Apache-2.0
#include "challenge/code_image.h"

#include <gd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numbers>
#include <vector>

#include "base/crypto.h"

namespace countersign::challenge {
namespace {

constexpr int kShades = 16;
constexpr double kHalfStroke = 6.5;  ///< pixels

struct Point {
  double x = 0, y = 0;
};
using Stroke = std::vector<Point>;

/// Part of an ellipse, from angle `a` to `b` in degrees, clockwise from the right.
Stroke arc(Point center, double rx, double ry, double a, double b) {
  Stroke out;
  constexpr int kSteps = 40;
  for (int i = 0; i <= kSteps; ++i) {
    const double angle = (a + (b - a) * i / kSteps) * std::numbers::pi / 180;
    out.push_back({center.x + rx * std::cos(angle), center.y + ry * std::sin(angle)});
  }
  return out;
}

Stroke joined(Stroke first, const Stroke& then) {
  first.insert(first.end(), then.begin(), then.end());
  return first;
}

Stroke turned_round(Stroke stroke) {
  for (Point& p : stroke) p = {100 - p.x, 140 - p.y};
  return stroke;
}

/// The digits in a box of 100 by 140, y downwards.
std::vector<Stroke> strokes_of(char digit) {
  const std::vector<Stroke> six = {
      arc({50, 94}, 36, 38, 0, 360),
      joined({{76, 10}}, joined(arc({76, 92}, 62, 78, 262, 190), {{14, 96}}))};
  switch (digit) {
    case '0':
      return {arc({50, 70}, 37, 62, 0, 360)};
    case '1':
      return {{{22, 36}, {54, 8}, {54, 132}}, {{26, 132}, {82, 132}}};
    case '2':
      return {joined(arc({50, 44}, 36, 36, 190, 385), {{14, 132}, {88, 132}})};
    case '3':
      return {arc({46, 39}, 32, 31, 205, 450), arc({46, 101}, 38, 31, 270, 515)};
    case '4':
      return {{{68, 132}, {68, 8}, {10, 94}, {92, 94}}};
    case '5':
      return {joined({{84, 8}, {24, 8}, {20, 66}}, arc({46, 92}, 40, 40, 226, 512))};
    case '6':
      return six;
    case '7':
      return {{{12, 8}, {88, 8}, {38, 132}}};
    case '8':
      return {arc({50, 38}, 29, 30, 0, 360), arc({50, 100}, 37, 32, 0, 360)};
    case '9':
      return {turned_round(six[0]), turned_round(six[1])};
    default:
      return {};
  }
}

/// Numbers from -1 to 1, the same for the same seed.
class Chance {
 public:
  explicit Chance(std::string_view seed) : bytes_(sha256(seed)) {}
  double next() {
    const auto value = static_cast<unsigned char>(bytes_[at_++ % bytes_.size()]);
    return value / 127.5 - 1;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

/// How much of each pixel is covered, 0 to 1.
class Canvas {
 public:
  void line(Point a, Point b) {
    const double reach = kHalfStroke + 1;
    const auto low = [&](double v) { return static_cast<int>(std::floor(v - reach)); };
    const auto high = [&](double v) { return static_cast<int>(std::ceil(v + reach)); };
    for (int y = std::max(0, low(std::min(a.y, b.y)));
         y <= std::min(kCodeImageHeight - 1, high(std::max(a.y, b.y))); ++y)
      for (int x = std::max(0, low(std::min(a.x, b.x)));
           x <= std::min(kCodeImageWidth - 1, high(std::max(a.x, b.x))); ++x) {
        double& pixel = at(x, y);
        const double away = distance({x + 0.5, y + 0.5}, a, b);
        pixel = std::max(pixel, std::clamp(kHalfStroke + 0.5 - away, 0.0, 1.0));
      }
  }
  double& at(int x, int y) {
    return pixels_[static_cast<std::size_t>(y) * kCodeImageWidth + static_cast<std::size_t>(x)];
  }

 private:
  static double distance(Point p, Point a, Point b) {
    const double dx = b.x - a.x, dy = b.y - a.y;
    const double length = dx * dx + dy * dy;
    const double t =
        length == 0 ? 0 : std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0);
    return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
  }
  std::vector<double> pixels_ =
      std::vector<double>(static_cast<std::size_t>(kCodeImageWidth) * kCodeImageHeight);
};

void draw(Canvas& canvas, std::string_view digits, Chance& chance) {
  const double step = (kCodeImageWidth - 40.0) / static_cast<double>(digits.size());
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const Point middle{20 + step * (static_cast<double>(i) + 0.5) + 6 * chance.next(),
                       kCodeImageHeight / 2.0 + 14 * chance.next()};
    const double angle = 0.16 * chance.next();  // under ten degrees
    const double width = 0.72 * (1 + 0.1 * chance.next());
    const double height = 0.92 * (1 + 0.1 * chance.next());
    const double slant = 0.12 * chance.next();
    const auto placed = [&](Point p) {
      const double y = (p.y - 70) * height;
      const double x = (p.x - 50) * width + slant * y;
      return Point{middle.x + x * std::cos(angle) - y * std::sin(angle),
                   middle.y + x * std::sin(angle) + y * std::cos(angle)};
    };
    for (const Stroke& stroke : strokes_of(digits[i]))
      for (std::size_t p = 0; p + 1 < stroke.size(); ++p)
        canvas.line(placed(stroke[p]), placed(stroke[p + 1]));
  }
}

struct FreeImage {
  void operator()(gdImage* image) const { gdImageDestroy(image); }
};

}  // namespace

Result<std::string> code_png(std::string_view digits, std::string_view seed, bool dark) {
  const Error no_memory{Errc::unavailable, "no image: libgd has no memory"};
  Canvas canvas;
  Chance chance(seed);
  draw(canvas, digits, chance);

  const std::unique_ptr<gdImage, FreeImage> image(gdImageCreate(kCodeImageWidth, kCodeImageHeight));
  if (!image) return no_memory;
  // The colours of the page: contrast of text on its ground.
  constexpr std::array<int, 3> kLight = {0xf4, 0xf5, 0xf3};
  constexpr std::array<int, 3> kInk = {0x1f, 0x2a, 0x28};
  constexpr std::array<int, 3> kDark = {0x14, 0x19, 0x17};
  constexpr std::array<int, 3> kChalk = {0xe6, 0xec, 0xe9};
  const auto& ground = dark ? kDark : kLight;
  const auto& ink = dark ? kChalk : kInk;
  std::array<int, kShades> shades{};
  for (std::size_t i = 0; i < shades.size(); ++i) {
    const auto mixed = [&](std::size_t c) {
      return ground[c] + (ink[c] - ground[c]) * static_cast<int>(i) / (kShades - 1);
    };
    shades[i] = gdImageColorAllocate(image.get(), mixed(0), mixed(1), mixed(2));
  }
  for (int y = 0; y < kCodeImageHeight; ++y)
    for (int x = 0; x < kCodeImageWidth; ++x)
      gdImageSetPixel(image.get(), x, y,
                      shades[static_cast<std::size_t>(canvas.at(x, y) * (kShades - 1) + 0.5)]);
  int size = 0;
  const std::unique_ptr<void, decltype(&gdFree)> png(gdImagePngPtr(image.get(), &size), gdFree);
  if (!png) return no_memory;
  return std::string(static_cast<const char*>(png.get()), static_cast<std::size_t>(size));
}

}  // namespace countersign::challenge
