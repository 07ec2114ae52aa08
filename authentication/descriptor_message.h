// SPDX-License-Identifier: Apache-2.0
//
// What goes from the milter to countersign-authenticate for each mail: one byte, and one descriptor
// beside it (SCM_RIGHTS, unix(7)). For sendmsg(2) and recvmsg(2); not thread-safe.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>

namespace countersign {

class DescriptorMessage {
 public:
  DescriptorMessage() {
    header_.msg_iov = &piece_;
    header_.msg_iovlen = 1;
    header_.msg_control = space_.data();
    header_.msg_controllen = space_.size();
  }
  DescriptorMessage(const DescriptorMessage&) = delete;
  DescriptorMessage& operator=(const DescriptorMessage&) = delete;

  /// With room for one descriptor, which is to be filled in, or was received.
  msghdr& header() { return header_; }

 private:
  char mark_ = 'M';
  iovec piece_{&mark_, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space_{};
  msghdr header_{};
};

}  // namespace countersign
