// SPDX-License-Identifier: Apache-2.0
//
// Contacts on their way into the store, in bulk: each once, in batches, or only looked at
// (--dry-run). Not thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "admin/output.h"
#include "admin/tools.h"
#include "admin/whom.h"
#include "tokenstore/contacts.h"

namespace countersign::admin {

class Learning {
 public:
  /// `source`: of the entries that are made.
  Learning(Contacts& contacts, const Tools& tools, Output& output, std::string source, bool dry_run)
      : contacts_(contacts),
        tools_(tools),
        output_(output),
        source_(std::move(source)),
        dry_run_(dry_run) {}

  /// Takes a contact, if it was not taken before; flushes a full batch. Errors: unavailable.
  Status add(const Whom& whom, const Subject& subject);
  /// Writes what is left. Errors: unavailable.
  Status flush();

  std::size_t taken() const { return taken_; }  ///< contacts so far, each once
  std::size_t made() const { return made_; }    ///< that were not there, or would be made

 private:
  struct Batch {
    Whom whom;
    std::vector<std::pair<Subject, ContactEntry>> entries;
    std::set<Subject> seen;
  };
  Status flush(Batch& batch);
  Result<std::vector<bool>> look_only(const Batch& batch) const;

  Contacts& contacts_;
  const Tools& tools_;
  Output& output_;
  const std::string source_;
  const bool dry_run_;
  std::map<std::string, Batch> batches_;  ///< by Whom::shown
  std::size_t taken_ = 0;
  std::size_t made_ = 0;
};

}  // namespace countersign::admin
