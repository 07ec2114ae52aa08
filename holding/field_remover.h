// SPDX-License-Identifier: Apache-2.0
//
// Takes the fields of one name out of a header section (RFC 5322 §2.2) that streams by: all other
// octets stay as they are. Not thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace countersign {

class FieldRemover {
 public:
  /// `name` in lower case.
  explicit FieldRemover(std::string_view name) : name_(name) {}

  /// Appends to `out` what is to be kept of `piece`, the next octets of header section, empty line
  /// and body, cut anywhere. A field is known by its name in any case, also with the white space
  /// before the colon that obsolete syntax allows (§4.5); it goes with its folds. Nothing goes
  /// after the first empty line. A last line without end may still be undecided: see finish().
  void add(std::string_view piece, std::string& out);
  /// Appends what add() could not decide yet. After the last piece.
  void finish(std::string& out);

 private:
  enum class Place {
    line_start,  ///< pending_ is empty, or a CR
    name,        ///< pending_ is the line so far, a prefix of "name WSP* :"
    kept,        ///< within a line that stays
    removed,     ///< within a line that goes
    body
  };
  void start_line(char c, std::string& out);
  void in_name(char c, std::string& out);

  const std::string name_;
  std::string pending_;
  Place place_ = Place::line_start;
  bool removing_ = false;  ///< the field before this line goes, and so do its folds
};

}  // namespace countersign
