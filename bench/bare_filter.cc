// SPDX-License-Identifier: Apache-2.0
//
// The least that a filter can do which marks mail: the same libmilter, the same steps as
// countersign-milter, no decision. It skips the body and adds one field at end of message. What
// Countersign costs is measured against it.
//
//   bare_filter unix:/path/of/socket [REDIS-SOCKET]
//
// With REDIS-SOCKET it asks Redis one trivial question a message, at the end of the header section,
// and waits for the answer: what no filter that asks a store can go below.
#include <libmilter/mfapi.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr unsigned long kActions = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT;
constexpr unsigned long kSteps = SMFIP_NOUNKNOWN | SMFIP_NODATA | SMFIP_NR_CONN | SMFIP_NR_HELO |
                                 SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_HDR | SMFIP_SKIP |
                                 SMFIP_HDR_LEADSPC;

void ask(SMFICTX* ctx, int stage, const char* names) {
  std::string copy(names);
  smfi_setsymlist(ctx, stage, copy.data());
}

sfsistat on_negotiate(SMFICTX* ctx, unsigned long offered, unsigned long steps, unsigned long,
                      unsigned long, unsigned long* our_actions, unsigned long* our_steps,
                      unsigned long* reserved1, unsigned long* reserved2) {
  *our_actions = kActions | (offered & SMFIF_SETSYMLIST);
  *our_steps = steps & kSteps;
  *reserved1 = *reserved2 = 0;
  ask(ctx, SMFIM_CONNECT, "j");
  ask(ctx, SMFIM_HELO, "");
  ask(ctx, SMFIM_ENVFROM, "{auth_type}");
  ask(ctx, SMFIM_ENVRCPT, "{rcpt_addr}");
  ask(ctx, SMFIM_DATA, "");
  ask(ctx, SMFIM_EOH, "i");
  ask(ctx, SMFIM_EOM, "");
  return SMFIS_CONTINUE;
}
sfsistat on_connect(SMFICTX*, char*, _SOCK_ADDR*) { return SMFIS_NOREPLY; }
sfsistat on_helo(SMFICTX*, char*) { return SMFIS_NOREPLY; }
sfsistat on_mail(SMFICTX*, char**) { return SMFIS_NOREPLY; }
sfsistat on_recipient(SMFICTX*, char**) { return SMFIS_NOREPLY; }
sfsistat on_field(SMFICTX*, char*, char*) { return SMFIS_NOREPLY; }

std::string store;      // REDIS-SOCKET, or ""
std::mutex mutex;       // of what follows
std::vector<int> idle;  // connections to it

int connect_store() {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  store.copy(name.sun_path, sizeof name.sun_path - 1);
  if (fd >= 0 && connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

/// Whether the store answered.
bool ask_store() {
  constexpr std::string_view kQuestion = "*2\r\n$3\r\nGET\r\n$7\r\nnothing\r\n";
  int fd = -1;
  {
    const std::lock_guard lock(mutex);
    if (!idle.empty()) {
      fd = idle.back();
      idle.pop_back();
    }
  }
  if (fd < 0) fd = connect_store();
  if (fd < 0) return false;
  std::array<char, 64> answer{};
  const bool done = send(fd, kQuestion.data(), kQuestion.size(), MSG_NOSIGNAL) ==
                        static_cast<ssize_t>(kQuestion.size()) &&
                    recv(fd, answer.data(), answer.size(), 0) > 0;
  const std::lock_guard lock(mutex);
  idle.push_back(fd);
  return done;
}

sfsistat on_end_of_header(SMFICTX*) {
  return store.empty() || ask_store() ? SMFIS_CONTINUE : SMFIS_TEMPFAIL;
}
sfsistat on_body(SMFICTX*, unsigned char*, size_t) { return SMFIS_SKIP; }
sfsistat on_end_of_message(SMFICTX* ctx) {
  char name[] = "Countersign";
  char value[] = " pass; reason=contact; author=example.com";
  return smfi_addheader(ctx, name, value) == MI_SUCCESS ? SMFIS_CONTINUE : SMFIS_TEMPFAIL;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: bare_filter unix:/path [REDIS-SOCKET]\n");
    return 64;
  }
  if (argc == 3) store = argv[2];
  char name[] = "bare_filter";
  smfiDesc filter{};
  filter.xxfi_name = name;
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_connect = on_connect;
  filter.xxfi_helo = on_helo;
  filter.xxfi_envfrom = on_mail;
  filter.xxfi_envrcpt = on_recipient;
  filter.xxfi_header = on_field;
  filter.xxfi_eoh = on_end_of_header;
  filter.xxfi_body = on_body;
  filter.xxfi_eom = on_end_of_message;
  filter.xxfi_negotiate = on_negotiate;
  filter.xxfi_flags = kActions | SMFIF_SETSYMLIST;
  umask(0);
  if (smfi_setconn(argv[1]) != MI_SUCCESS || smfi_register(filter) != MI_SUCCESS ||
      smfi_opensocket(1) != MI_SUCCESS) {
    std::fprintf(stderr, "bare_filter: cannot open %s\n", argv[1]);
    return 1;
  }
  return smfi_main() == MI_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}
