// SPDX-License-Identifier: Apache-2.0
//
// The operator's words to the daemon: files in orders/, and the file `paused`.
#include <algorithm>
#include <charconv>

#include "spool/layout.h"
#include "spool/spool.h"

namespace countersign {
namespace {

constexpr std::size_t kMostWho = 200;
constexpr std::size_t kMostVerb = 20;

bool is_verb(std::string_view text) {
  return !text.empty() && text.size() <= kMostVerb &&
         std::ranges::all_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
}

/// Returns the order that a file's name says, "ID.VERB" or "ID.VERB.RECIPIENT", without who gave
/// it; or nothing.
std::optional<Order> order_of(std::string_view leaf) {
  const std::size_t dot = leaf.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  auto id = HeldId::parse(leaf.substr(0, dot));
  const std::string_view rest = leaf.substr(dot + 1);
  const std::size_t second = rest.find('.');
  const std::string_view verb = rest.substr(0, second);
  if (!id || !is_verb(verb)) return std::nullopt;
  Order order{*std::move(id), std::string(verb), "", {}};
  if (second == std::string_view::npos) return order;
  const std::string_view number = rest.substr(second + 1);
  std::uint32_t recipient = 0;
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), recipient);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  order.recipient = recipient;
  return order;
}

std::string name_of(const Order& order) {
  return order.id.text() + "." + order.verb +
         (order.recipient ? "." + std::to_string(*order.recipient) : "");
}

}  // namespace

Status give_order(SpoolFs& fs, const Order& order) {
  if (!is_verb(order.verb))
    return Error{Errc::invalid, "'" + order.verb + "': an order is a word of a to z"};
  CS_TRY(fs.make_dir(layout::kTmp));
  CS_TRY(fs.make_dir(layout::kOrders));
  CS_TRY(fs.fsync_dir(""));
  return layout::put_file(fs, layout::kOrders, name_of(order), order.who.substr(0, kMostWho));
}

Result<std::vector<Order>> read_orders(SpoolFs& fs) {
  std::vector<Order> orders;
  auto leaves = fs.list_dir(layout::kOrders);
  if (!leaves) {
    if (leaves.error().code == Errc::not_found) return orders;
    return leaves.error();
  }
  std::ranges::sort(*leaves);
  for (const std::string& leaf : *leaves) {
    auto order = order_of(leaf);
    if (!order) continue;
    // One order that cannot be read must not keep the others waiting.
    auto file = fs.open(std::string(layout::kOrders) + "/" + leaf);
    if (!file) continue;
    auto who = (*file)->read_at(0, kMostWho);
    if (!who) continue;
    order->who = *std::move(who);
    orders.push_back(*std::move(order));
  }
  return orders;
}

Status remove_order(SpoolFs& fs, const Order& order) {
  auto removed = fs.unlink(std::string(layout::kOrders) + "/" + name_of(order));
  if (!removed && removed.error().code != Errc::not_found) return removed;
  return fs.fsync_dir(layout::kOrders);
}

Status set_paused(SpoolFs& fs, bool paused) {
  if (paused) {
    CS_ASSIGN(auto file, fs.append_to(layout::kPaused));
    CS_TRY(file->fsync());
    CS_TRY(file->close());
  } else {
    auto removed = fs.unlink(layout::kPaused);
    if (!removed && removed.error().code != Errc::not_found) return removed;
  }
  return fs.fsync_dir("");
}

Result<bool> is_paused(SpoolFs& fs) { return fs.exists(layout::kPaused); }

Status put_modes(SpoolFs& fs, std::string_view text) {
  return layout::put_file(fs, "", layout::kModes, text);
}

Result<std::string> read_modes(SpoolFs& fs) {
  auto file = fs.open(layout::kModes);
  if (!file) return file.error();
  CS_ASSIGN(const std::uint64_t size, (*file)->size());
  std::string text;
  while (text.size() < size) {
    CS_ASSIGN(const std::string piece, (*file)->read_at(text.size(), size - text.size()));
    if (piece.empty()) break;
    text += piece;
  }
  return text;
}

}  // namespace countersign
