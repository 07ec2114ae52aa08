#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Shows that the guards of the layers fire: plants violations, one at a time, in a copy of the tree,
# and links a call upward. Run by `make check`, which sets srcdir, builddir, CXX, CXXFLAGS and the
# LIBS of two layers.
set -u
: "${srcdir:=.}" "${builddir:=.}" "${CXX:=c++}" "${CXXFLAGS:=}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

report() { # name, status of the guard, wanted ("fires" or "is quiet")
  if { [ "$3" = fires ] && [ "$2" != 0 ]; } || { [ "$3" != fires ] && [ "$2" = 0 ]; }; then
    passed=$((passed + 1))
    echo "ok: $1"
  else
    failed=$((failed + 1))
    echo "FAILED: $1: the guard should have been: $3"
    cat "$work/out"
  fi
}

# plant NAME FILE TEXT: the lint of a copy of the tree with TEXT added to FILE must fire.
plant() {
  rm -rf "$work/tree"
  mkdir "$work/tree"
  (cd "$srcdir" && tar cf - base mail language screening tokenstore spool relay holding answering config \
    milter challenge admin) | (cd "$work/tree" && tar xf -)
  chmod -R u+w "$work/tree"
  printf '%b\n' "$3" >>"$work/tree/$2"
  sh "$srcdir/tests/lint/layers.sh" "$work/tree" >"$work/out" 2>&1
  report "$1" $? "$4"
}

plant 'the tree as it is' mail/mailbox.h '' 'is quiet'
plant 'a layer includes one above it' mail/planted.cc '#include "tokenstore/contacts.h"' fires
plant 'a layer includes one beside it' answering/planted.cc '#include "spool/spool.h"' fires
plant 'a header includes upward' screening/planted.h '#include "holding/intake.h"' fires
plant 'the web server includes the spool' challenge/planted.cc '#include "spool/spool.h"' fires
plant 'only main.cc and admin/ see config/' milter/planted.cc '#include "config/config.h"' fires
plant 'main.cc may see config/' milter/main.cc '#include "config/config.h"' 'is quiet'
plant 'Redis outside tokenstore/' holding/planted.cc '#include <hiredis/read.h>' fires
plant 'GMime outside holding/' answering/planted.cc '#include <gmime/gmime.h>' fires
plant 'libmilter outside milter/' holding/planted.cc '#include <libmilter/mfapi.h>' fires
plant 'a heavy header in a header' tokenstore/planted.h '#include <nlohmann/json.hpp>' fires
plant 'LIBS of a layer name one above it' mail/Makefile.inc \
  'MAIL_LIBS = libmail.a $(HOLDING_LIBS)' fires
plant 'a test of a layer links one above it' screening/Makefile.inc \
  'tests_planted_test_LDADD = $(SCREENING_LIBS) \\\\\n\t$(SPOOL_LIBS)' fires

# The link itself: what calls mail/ cannot be linked with the libraries of base/ alone.
cat >"$work/upward.cc" <<'END'
#include "mail/held_id.h"
int main() { return countersign::HeldId::parse("") ? 1 : 0; }
END
link() { # libraries
  include=$(cd "$srcdir" && pwd)
  (cd "$builddir" && $CXX $CXXFLAGS -std=c++20 -I"$include" -o "$work/upward" "$work/upward.cc" $1) \
    >"$work/out" 2>&1
}
link "${BASE_LIBS:?set by make check}"
report 'a call upward is a link error' $? fires
link "${MAIL_LIBS:?set by make check}"
report 'a call with its own libraries links' $? 'is quiet'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
