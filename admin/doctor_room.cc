// SPDX-License-Identifier: Apache-2.0
#include "admin/doctor_room.h"

#include <array>
#include <map>
#include <set>

#include "spool/shares.h"

namespace countersign::admin {
namespace {

/// What a held file has beside the content: envelope, our Received field, trailer.
constexpr std::uint64_t kEnvelopeBytes = 1000;
constexpr std::uint64_t kUsualMessage = 64'000;
/// Of a share: with less than this left, it is nearly used up.
constexpr double kLittle = 0.1;
constexpr std::size_t kMostNamed = 5;

struct ShareOf {
  const char* name;  ///< as Claimants::share
  const char* mail;
  double part;  ///< of the limit, at most
};

/// Counts as the daemon does.
class Room {
 public:
  explicit Room(const SpoolLimits& limits)
      : limits_(limits),
        shares_(limits),
        kinds_{{{"authenticated", "mail of authenticated authors", 1.0},
                {"unauthenticated", "mail of authors who are not authenticated",
                 1.0 - limits.authenticated_least},
                {"machine", "mail of machines", limits.machines_most}}} {}

  void count(const HeldMessage& message) {
    const Claimants claimants = claimants_of(message.envelope, "");
    (void)shares_.restore(claimants, message.content_bytes + kEnvelopeBytes);
    const bool authenticated = claimants.share == kinds_.front().name;
    for (const std::string& owner : claimants.owners)
      if (++owners_[{authenticated, owner}] >= limits_.per_recipient) capped_.insert(owner);
    if (++domains_[{authenticated, claimants.author_domain}] >= limits_.per_author_domain)
      capped_.insert(claimants.author_domain);
  }

  void judge(Finder& finder) {
    for (const ShareOf& kind : kinds_) {
      const auto left =
          static_cast<std::uint64_t>(static_cast<double>(limits_.bytes) * kind.part * kLittle);
      if (const std::string why = full(kind, kUsualMessage); !why.empty())
        finder.fail(std::string(kind.mail) + " is turned away for want of room: " + why, kTodo);
      else if (const std::string soon = full(kind, left); !soon.empty())
        finder.warn("the room for " + std::string(kind.mail) + " is nearly used up", kTodo);
    }
    std::size_t named = 0;
    for (const std::string& name : capped_)
      if (++named <= kMostNamed)
        finder.warn("the most messages that are allowed are held for or from " + name +
                        ": more are turned away",
                    "countersign held list; release or drop what is known");
  }

 private:
  static constexpr const char* kTodo =
      "countersign stats; drop what is not wanted (countersign held drop), or raise spool.limit";

  /// Why this much more would not be taken; "" if it would.
  std::string full(const ShareOf& kind, std::uint64_t bytes) {
    auto claim = shares_.admit({kind.name, {}, "", ""}, bytes);
    if (!claim) return claim.error().detail;
    shares_.give_back(*claim);
    return "";
  }

  const SpoolLimits limits_;
  Shares shares_;
  const std::array<ShareOf, 3> kinds_;
  std::map<std::pair<bool, std::string>, std::uint64_t> owners_, domains_;
  std::set<std::string> capped_;
};

}  // namespace

void check_shares(const SpoolLimits& limits, SpoolFs& fs, Finder& finder) {
  const SpoolReader reader(fs);
  const auto ids = reader.list();
  if (!ids) {
    finder.fail("the spool cannot be listed: " + ids.error().detail, "mend the file system");
    return;
  }
  Room room(limits);
  for (const HeldId& id : *ids)
    if (const auto message = reader.read(id)) room.count(*message);
  room.judge(finder);
}

}  // namespace countersign::admin
