// SPDX-License-Identifier: Apache-2.0
//
// Expected failures as values: a subset of std::expected, which GCC 12 lacks in C++20.
// Bugs are assertions; out of memory and throwing libraries are stopped at the C edges.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace countersign {

/// What the caller should do about a failure; the wording is in `detail`.
enum class Errc {
  not_found,       ///< no such token, message, key: ask for another
  already_exists,  ///< the name is taken: choose another
  invalid,         ///< the input can never succeed: do not retry
  unavailable,     ///< a peer or disk is out of service: retry later
  corrupt,         ///< stored bytes do not decode: tell the operator
};

struct Error {
  Errc code;
  std::string detail;  ///< for the log; never shown to an SMTP or HTTP peer
};

/// A value, or the reason why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit
  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}  // NOLINT: implicit
  explicit operator bool() const { return ok_; }
  const Error& error() const { return error_; }

 private:
  Error error_{};
  bool ok_ = true;
};

using Status = Result<void>;

}  // namespace countersign

#define CS_JOIN_(a, b) a##b
#define CS_JOIN(a, b) CS_JOIN_(a, b)

/// Returns the error of `expr` from the enclosing function, if it has one.
#define CS_TRY(expr) \
  if (auto cs_try = (expr); !cs_try) return cs_try.error()

/// `CS_ASSIGN(auto x, expr)`: declares x from the value of `expr`, or returns its error.
#define CS_ASSIGN(declaration, expr)                                                \
  auto CS_JOIN(cs_result_, __LINE__) = (expr);                                      \
  if (!CS_JOIN(cs_result_, __LINE__)) return CS_JOIN(cs_result_, __LINE__).error(); \
  declaration = *std::move(CS_JOIN(cs_result_, __LINE__))
