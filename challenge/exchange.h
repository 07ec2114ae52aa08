// SPDX-License-Identifier: Apache-2.0
//
// Requests and responses as libmicrohttpd has them. The types of the library are not named here.
#pragma once

#include <optional>
#include <string>

#include "challenge/http.h"

struct MHD_Connection;
struct sockaddr;

namespace countersign::challenge {

/// One request, from its head to its response. The library's thread has it, but while its
/// connection is suspended whoever answers it does.
struct Exchange {
  HttpRequest request;
  std::optional<HttpResponse> response;
  bool handed_over = false;
  bool persists = false;  ///< the connection may bring another
  MHD_Connection* connection = nullptr;
};

/// Returns the IP address of a socket's peer; "" if it has none.
std::string address_text(const sockaddr* address);
std::string peer_of(MHD_Connection* connection);
int descriptor_of(MHD_Connection* connection);

RequestHead head_of(MHD_Connection* connection, const char* path, const char* method,
                    const char* version);
/// The declared size of a body; nothing if there is none, or no clear one.
std::size_t declared_size(const RequestHead& head);

/// Gives a response to the library, with the fields that every response has. Returns whether it was
/// taken. `persists`: whether the connection may bring another request.
bool send(MHD_Connection* connection, const HttpResponse& response, bool persists = false);

}  // namespace countersign::challenge
