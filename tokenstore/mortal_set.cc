// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/mortal_set.h"

namespace countersign {

void add_mortals(RedisPipeline& ask, const MortalSet& set, const std::vector<std::string>& members,
                 WallTime now, milliseconds life) {
  const std::string until = std::to_string(to_epoch_ms(now + life));
  std::vector<std::string_view> add = {"ZADD", set.key};
  for (const std::string& member : members) {
    add.push_back(until);
    add.push_back(member);
  }
  ask.add(add);
  ask.add({"ZREMRANGEBYSCORE", set.key, "-inf", std::to_string(to_epoch_ms(now))});
  ask.add({"ZREMRANGEBYRANK", set.key, "0", std::to_string(-static_cast<long long>(set.most) - 1)});
  ask.add({"PEXPIRE", set.key, std::to_string(set.life.count())});
}

}  // namespace countersign
