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

layers='base mail language screening authentication tokenstore spool relay holding answering config milter challenge admin'
bad=0
checks=0
fail() {
  echo "$1"
  bad=$((bad + 1))
}

# Sets `allowed` to what a layer knows: itself and the layers below it. (No subshells here: the guards
# run this a dozen times over all files.)
known() {
  case $1 in
    base) allowed='base' ;;
    mail) allowed='base mail' ;;
    language) allowed='base language' ;;
    screening) allowed='base mail screening' ;;
    authentication) allowed='base mail authentication' ;;
    tokenstore) allowed='base mail screening tokenstore' ;;
    spool) allowed='base mail spool' ;;
    relay) allowed='base mail relay' ;;
    holding) allowed='base mail language screening tokenstore spool relay holding' ;;
    answering) allowed='base mail screening tokenstore answering' ;;
    config) allowed='base mail language config' ;;
    milter) allowed='base mail language screening authentication tokenstore spool relay holding milter' ;;
    challenge) allowed='base mail language screening tokenstore answering challenge' ;;
    admin) allowed='base mail language screening tokenstore spool relay holding answering config admin' ;;
  esac
}

# Sets `owner` to the one folder that may include a library's headers; others get it behind an
# interface.
owner_of() {
  case $1 in
    hiredis/*) owner=tokenstore ;;
    libmilter/*) owner=milter ;;
    spf2/* | dkim.h | opendkim/* | dmarc.h | opendmarc/* | unbound.h) owner=authentication ;;
    microhttpd.h) owner=challenge ;;
    gettext-po.h) owner=language ;;
    gmime/*) owner=holding ;;
    spdlog/* | fmt/* | prometheus/* | openssl/* | curl/*) owner=base ;;
    toml++/* | toml.hpp) owner=config ;;
    CLI/*) owner=admin ;;
    libpsl.h | idn2.h | unistr.h | uninorm.h | unicase.h) owner=mail ;;
    *) owner=any ;;
  esac
}

check_layer() { # file, layer, included folder
  checks=$((checks + 1))
  case " $allowed " in *" $3 "*) return 0 ;; esac
  [ "${1##*/}:$3" = main.cc:config ] || fail "$1 includes $3/"
}

check_library() { # file, layer, included header
  owner_of "$3"
  [ "$owner" = any ] && return 0
  checks=$((checks + 1))
  [ "$owner" = "$2" ] && return 0
  # TLS of the store's socket is the one use of OpenSSL that is not cryptography.
  case $3:$2 in openssl/ssl.h:tokenstore | openssl/err.h:tokenstore | openssl/x509*:tokenstore) return 0 ;; esac
  fail "$1 includes <$3>, which only $owner/ may know"
}

check_weight() { # header, included header
  case $2 in
    nlohmann/json_fwd.hpp) ;;
    nlohmann/* | CLI/* | spdlog/* | toml++/* | gmime/*)
      fail "$1 includes <$2>: heavy headers belong in one .cc" ;;
  esac
}

includes=$(mktemp)
trap 'rm -f "$includes"' EXIT
for layer in $layers; do
  [ -d "$layer" ] || continue
  known "$layer"
  grep -HoE '^ *# *include *[<"][^>"]*' "$layer"/*.h "$layer"/*.cc 2>/dev/null |
    sed -e 's/: *# *include */ /' >"$includes" || true
  while read -r file used; do
    case $used in
      '"'*/*) used=${used#?} && check_layer "$file" "$layer" "${used%%/*}" ;;
      '<'*)
        used=${used#?}
        check_library "$file" "$layer" "$used"
        case $file in *.h) check_weight "$file" "$used" ;; esac
        ;;
    esac
  done <"$includes"
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
    known "$layer"
    case " $allowed " in *" $used "*) ;; *) fail "$makefile links $used/" ;; esac
  done
done

echo "$((checks - bad)) passed, $bad failed"
[ "$bad" = 0 ]
