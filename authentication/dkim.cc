// SPDX-License-Identifier: Apache-2.0
#include "authentication/dkim.h"

#include <sys/types.h>

#define _Bool bool  // NOLINT: libopendkim's header is C
#include <dkim.h>
#undef _Bool

#include <algorithm>
#include <cstring>
#include <set>

#include "authentication/body_length.h"
#include "mail/header_section.h"

namespace countersign {
namespace {

constexpr unsigned kLeastRsaBits = 1024;  // RFC 8301 §3.2

unsigned char* bytes_of(const char* text) {
  // libopendkim takes no const, and changes nothing.
  return reinterpret_cast<unsigned char*>(const_cast<char*>(text));
}

std::string text_of(const unsigned char* text) {
  return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

struct FreeDkim {
  void operator()(DKIM* dkim) const { dkim_free(dkim); }
};

class Library final : public DkimLibrary {
 public:
  explicit Library(DKIM_LIB* lib) : lib_(lib) {}
  ~Library() override { dkim_close(lib_); }
  DKIM_LIB* get() { return lib_; }

 private:
  DKIM_LIB* lib_;
};

class Verifier final : public DkimVerifier {
 public:
  Verifier(DKIM_LIB* library, DnsBudget& dns) : dns_(dns) {
    DKIM_STAT status = DKIM_STAT_OK;
    dkim_.reset(dkim_verify(library, bytes_of("countersign"), nullptr, &status));
    if (dkim_) dkim_set_user_context(dkim_.get(), this);
  }

  void header(std::string_view section) override {
    if (!dkim_) return;
    const HeaderSection fields = HeaderSection::parse(section);
    int signatures = 0;
    for (const HeaderField& field : fields.fields()) {
      if (same_name(field.name, DKIM_SIGNHEADER) && ++signatures > kMostSignatures) continue;
      const std::string text = field.name.empty() ? field.value : field.name + ":" + field.value;
      // What libopendkim does not take, it does not know: a signature over it fails.
      (void)dkim_header(dkim_.get(), bytes_of(text.c_str()), text.size());
    }
    usable_ = signatures > 0 && dkim_eoh(dkim_.get()) == DKIM_STAT_OK;
  }

  void body(std::string_view bytes) override {
    length_.take(bytes);
    if (usable_)
      usable_ = dkim_body(dkim_.get(), bytes_of(bytes.data()), bytes.size()) == DKIM_STAT_OK;
  }

  std::vector<AuthResult> finish() override {
    std::vector<AuthResult> out;
    DKIM_SIGINFO** signatures = nullptr;
    int count = 0;
    if (dkim_ && usable_) (void)dkim_eom(dkim_.get(), nullptr);
    if (dkim_ && dkim_getsiglist(dkim_.get(), &signatures, &count) == DKIM_STAT_OK)
      for (int i = 0; i < count; ++i) out.push_back(result_of(signatures[i]));
    if (out.empty()) out.push_back({"dkim", "none", "", {}, {}});
    return out;
  }

  /// The key of a signature, from DNS.
  DKIM_CBSTAT find_key(DKIM_SIGINFO* signature, unsigned char* buffer, std::size_t size) {
    const std::string name = text_of(dkim_sig_getselector(signature)) + "._domainkey." +
                             text_of(dkim_sig_getdomain(signature));
    const DnsAnswer answer = dns_.ask(name, DnsType::txt);
    // Any other word of ours would end the look at the signatures that follow.
    if (answer.kind == DnsAnswer::Kind::failed) failed_.insert(signature);
    if (answer.kind != DnsAnswer::Kind::found) return DKIM_CBSTAT_NOTFOUND;
    // RFC 6376 §3.6.2.2: with several, the result is not defined.
    const auto text = answer.records.size() == 1 ? txt_of(answer.records.front()) : std::nullopt;
    if (!text || text->size() >= size) return DKIM_CBSTAT_NOTFOUND;
    std::memcpy(buffer, text->c_str(), text->size() + 1);
    return DKIM_CBSTAT_CONTINUE;
  }

 private:
  AuthResult result_of(DKIM_SIGINFO* signature) {
    // After the first that passes libopendkim leaves the others as they are.
    if (usable_) (void)dkim_sig_process(dkim_.get(), signature);
    AuthResult out{"dkim", "", "", {}, {}};
    const auto property = [&](const char* name, const std::string& value) {
      if (!value.empty()) out.properties.push_back({"header", name, value});
    };
    property("d", text_of(dkim_sig_getdomain(signature)));
    property("s", text_of(dkim_sig_getselector(signature)));
    property("a", text_of(dkim_sig_getalgorithm(signature)));
    judge(signature, out);
    return out;
  }

  void judge(DKIM_SIGINFO* signature, AuthResult& out) {
    const auto say = [&](const char* result, const char* reason) {
      out.result = result;
      out.reason = reason;
    };
    const int error = dkim_sig_geterror(signature);
    if (failed_.contains(signature)) return say("temperror", "key not available");
    const bool signed_well = (dkim_sig_getflags(signature) & DKIM_SIGFLAG_PASSED) != 0;
    if (signed_well && dkim_sig_getbh(signature) == DKIM_SIGBH_MISMATCH)
      return say("fail", "body hash mismatch");
    if (error == DKIM_SIGERROR_BADSIG) return say("fail", "signature verification failed");
    if (error == DKIM_SIGERROR_EXPIRED) return say("fail", "signature expired");
    if (error != DKIM_SIGERROR_OK && error != DKIM_SIGERROR_UNKNOWN)
      return say(error == DKIM_SIGERROR_KEYTOOSMALL ? "policy" : "permerror",
                 dkim_sig_geterrorstr(error));
    if (!usable_) return say("permerror", "message not understood");
    if (!signed_well || dkim_sig_getbh(signature) != DKIM_SIGBH_MATCH)
      return say("fail", "signature verification failed");
    if (const char* lack = what_it_lacks(signature)) return say("policy", lack);
    say("pass", "");
  }

  /// Why a good signature counts for nothing, or null.
  const char* what_it_lacks(DKIM_SIGINFO* signature) {
    dkim_alg_t algorithm = DKIM_SIGN_UNKNOWN;
    (void)dkim_sig_getsignalg(signature, &algorithm);
    if (algorithm != DKIM_SIGN_RSASHA256 && algorithm != DKIM_SIGN_ED25519SHA256)
      return "algorithm not allowed";
    unsigned bits = 0;
    if (algorithm == DKIM_SIGN_RSASHA256 &&
        (dkim_sig_getkeysize(signature, &bits) != DKIM_STAT_OK || bits < kLeastRsaBits))
      return "key too small";
    if (!dkim_sig_hdrsigned(signature, bytes_of("from"))) return "From not signed";
    return signs_whole_body(signature) ? nullptr : "body not signed to its end";
  }

  /// Whether there is no l=, or one that leaves nothing out.
  bool signs_whole_body(DKIM_SIGINFO* signature) {
    if (dkim_sig_gettagvalue(signature, false, bytes_of("l")) == nullptr) return true;
    dkim_canon_t header = DKIM_CANON_UNKNOWN, body = DKIM_CANON_UNKNOWN;
    ssize_t whole = 0, hashed = 0, limit = 0;
    if (dkim_sig_getcanons(signature, &header, &body) != DKIM_STAT_OK ||
        dkim_sig_getcanonlen(dkim_.get(), signature, &whole, &hashed, &limit) != DKIM_STAT_OK)
      return false;
    const std::uint64_t length = body == DKIM_CANON_RELAXED ? length_.relaxed() : length_.simple();
    return limit >= 0 && static_cast<std::uint64_t>(limit) >= length;
  }

  DnsBudget& dns_;
  std::unique_ptr<DKIM, FreeDkim> dkim_;
  BodyLength length_;
  bool usable_ = false;
  std::set<DKIM_SIGINFO*> failed_;  ///< those whose key nobody could look up
};

extern "C" DKIM_CBSTAT find_key(DKIM* dkim, DKIM_SIGINFO* signature, unsigned char* buffer,
                                std::size_t size) {
  return static_cast<Verifier*>(dkim_get_user_context(dkim))->find_key(signature, buffer, size);
}

}  // namespace

Result<std::unique_ptr<DkimLibrary>> DkimLibrary::open() {
  DKIM_LIB* lib = dkim_init(nullptr, nullptr);
  if (lib == nullptr) return Error{Errc::unavailable, "libopendkim does not start"};
  auto out = std::make_unique<Library>(lib);
  // A signature that does not parse is one of the results too.
  unsigned flags = DKIM_LIBFLAGS_BADSIGHANDLES;
  if (dkim_options(lib, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof flags) != DKIM_STAT_OK ||
      dkim_set_key_lookup(lib, find_key) != DKIM_STAT_OK)
    return Error{Errc::unavailable, "libopendkim does not take its options"};
  return std::unique_ptr<DkimLibrary>(std::move(out));
}

std::unique_ptr<DkimVerifier> make_dkim_verifier(DkimLibrary& library, DnsBudget& dns) {
  return std::make_unique<Verifier>(static_cast<Library&>(library).get(), dns);
}

}  // namespace countersign
