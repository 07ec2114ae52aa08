// SPDX-License-Identifier: Apache-2.0
#include "challenge/exchange.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <strings.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>

#include "challenge/standing_fields.h"

namespace countersign::challenge {
namespace {

MHD_Result add_field(void* cls, MHD_ValueKind, const char* name, std::size_t name_size,
                     const char* value, std::size_t value_size) {
  auto& fields = *static_cast<std::vector<HeaderField>*>(cls);
  fields.push_back({std::string(name, name_size), std::string(value ? value : "", value_size)});
  return MHD_YES;
}

/// The query as it came: the library has cut it into pieces, and leaves escapes alone.
std::string query_of(MHD_Connection* connection) {
  std::vector<HeaderField> pieces;
  MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, add_field, &pieces);
  std::string out;
  for (const HeaderField& piece : pieces)
    out += (out.empty() ? "" : "&") + piece.name + "=" + piece.value;
  return out;
}

}  // namespace

std::string address_text(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address && address->sa_family == AF_INET)
    bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  if (address && address->sa_family == AF_INET6)
    bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  return bytes && inet_ntop(address->sa_family, bytes, text.data(), text.size()) ? text.data() : "";
}

int descriptor_of(MHD_Connection* connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

std::string peer_of(MHD_Connection* connection) {
  return address_text(
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
}

RequestHead head_of(MHD_Connection* connection, const char* path, const char* method,
                    const char* version) {
  RequestHead head{method, path, version, {}, peer_of(connection), {}};
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, add_field, &head.fields);
  head.query = query_of(connection);
  return head;
}

std::size_t declared_size(const RequestHead& head) {
  std::size_t size = 0;
  for (const HeaderField& field : head.fields)
    if (strcasecmp(field.name.c_str(), "Content-Length") == 0)
      size = std::strtoull(field.value.c_str(), nullptr, 10);
  return size;
}

bool send(MHD_Connection* connection, const HttpResponse& response, bool persists) {
  MHD_Response* out = MHD_create_response_from_buffer(
      response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY);
  if (!out) return false;
  const auto add = [&](const HeaderField& field) {
    MHD_add_response_header(out, field.name.c_str(), field.value.c_str());
  };
  if (!response.type.empty()) add({"Content-Type", response.type});
  for (const HeaderField& field : response.fields) add(field);
  for (const HeaderField& field : standing_fields())
    if (!MHD_get_response_header(out, field.name.c_str())) add(field);
  if (!persists) add({"Connection", "close"});
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(response.status), out);
  MHD_destroy_response(out);
  return queued == MHD_YES;
}

}  // namespace countersign::challenge
