#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Fails if a file includes a folder that is not below its own, if a library that only one layer may
# know is included elsewhere, or if a layer's LIBS (what its test links) name a layer that is not
# below. docs/design: the table of layers. tests/ and bench/ may see all; main.cc of a program is
# its composition root and may see what any layer below the program sees, and config/.
#
#   layers.sh [TREE]      TREE: the source tree, by default that of this script
set -eu
cd "${1:-$(dirname "$0")/../..}"

layers='base mail screening tokenstore spool relay holding answering config milter challenge admin'
bad=0
checks=0
fail() {
  echo "$1"
  bad=$((bad + 1))
}

# What a layer knows: itself and the layers below it.
known() {
  case $1 in
    base) echo base ;;
    mail) echo base mail ;;
    screening) echo base mail screening ;;
    tokenstore) echo base mail screening tokenstore ;;
    spool) echo base mail spool ;;
    relay) echo base mail relay ;;
    holding) echo base mail screening tokenstore spool relay holding ;;
    answering) echo base mail screening tokenstore answering ;;
    config) echo base mail config ;;
    milter) echo base mail screening tokenstore spool relay holding milter ;;
    challenge) echo base mail screening tokenstore answering challenge ;;
    admin) echo base mail screening tokenstore spool relay holding answering config admin ;;
  esac
}

# The one folder that may include a library's headers; others get it behind an interface.
owner_of() {
  case $1 in
    hiredis/*) echo tokenstore ;;
    libmilter/*) echo milter ;;
    microhttpd.h) echo challenge ;;
    gmime/*) echo holding ;;
    spdlog/* | fmt/* | prometheus/* | openssl/*) echo base ;;
    toml++/* | toml.hpp) echo config ;;
    CLI/* | curl/*) echo admin ;;
    kainjow/* | mustache.hpp) echo challenge ;;
    libpsl.h | idn2.h | unistr.h | uninorm.h | unicase.h) echo mail ;;
    *) echo any ;;
  esac
}

check_includes() { # file layer
  allowed=$(known "$2")
  [ "${1##*/}" = main.cc ] && allowed="$allowed config"
  for used in $(sed -n 's|^ *# *include "\([a-z_]*\)/.*|\1|p' "$1" | sort -u); do
    checks=$((checks + 1))
    case " $allowed " in *" $used "*) ;; *) fail "$1 includes $used/" ;; esac
  done
}

check_libraries() { # file layer
  for used in $(sed -n 's|^ *# *include [<"]\([A-Za-z0-9_+./-]*\)[>"].*|\1|p' "$1" | sort -u); do
    owner=$(owner_of "$used")
    [ "$owner" = any ] && continue
    checks=$((checks + 1))
    [ "$owner" = "$2" ] && continue
    # TLS of the store's socket is the one use of OpenSSL that is not cryptography.
    case $used:$2 in openssl/ssl.h:tokenstore | openssl/err.h:tokenstore | openssl/x509*:tokenstore) continue ;; esac
    fail "$1 includes <$used>, which only $owner/ may know"
  done
}

check_heavy_headers() { # header
  heavy='(nlohmann|CLI|spdlog|toml\+\+|gmime|kainjow|mustache)'
  for used in $(grep -oE "^ *# *include <$heavy[/.][^>]*" "$1" | sed 's/.*<//'); do
    case $used in nlohmann/json_fwd.hpp) continue ;; esac
    fail "$1 includes <$used>: heavy headers belong in one .cc"
  done
}

for layer in $layers; do
  [ -d "$layer" ] || continue
  for file in "$layer"/*.h "$layer"/*.cc; do
    [ -e "$file" ] || continue
    check_includes "$file" "$layer"
    check_libraries "$file" "$layer"
    case $file in *.h) check_heavy_headers "$file" ;; esac
  done
done

# What a layer's LIBS link: its own library and the LIBS of layers that it knows; and its tests link
# nothing but these. An upward call is then a link error (tests/lint/guards_test.sh plants one).
upper() { echo "$1" | tr '[:lower:]' '[:upper:]'; }
for layer in $layers; do
  makefile=$layer/Makefile.inc
  [ -e "$makefile" ] || continue
  text=$(sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' "$makefile")
  links=$(printf '%s\n' "$text" | sed -n \
    -e "s/^$(upper "$layer")_LIBS *=//p" -e 's/^tests_[a-z_]*_LDADD *=//p' |
    grep -oE 'lib[a-z]+\.a|\$\([A-Z]+_LIBS\)' | sort -u || true)
  for link in $links; do
    case $link in
      lib*) used=${link#lib} used=${used%.a} ;;
      *) used=$(echo "${link#??}" | sed 's/_LIBS)//' | tr '[:upper:]' '[:lower:]') ;;
    esac
    case " $layers " in *" $used "*) ;; *) continue ;; esac # a library of others
    checks=$((checks + 1))
    case " $(known "$layer") " in *" $used "*) ;; *) fail "$makefile links $used/" ;; esac
  done
done

echo "$((checks - bad)) passed, $bad failed"
[ "$bad" = 0 ]
