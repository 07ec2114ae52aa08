#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Fails if docs/flow.md names a function or a file that does not exist. The last line is
# "N passed, N failed".
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 1
passed=0
failed=0
for name in $(grep -oE '`[A-Za-z_/]+(::[A-Za-z_]+)*(\.(cc|h|sh))?`' docs/flow.md | tr -d '`' | sort -u); do
  case $name in
    */) continue ;;
    */*) [ -e "$name" ] ;;
    *::*) grep -qrE "\b${name##*::}\(" --include='*.h' --include='*.cc' . &&
      grep -qrE "\b(class|struct) ($(echo "${name%::*}" | sed 's/.*:://'))\b" --include='*.h' . ;;
    *) grep -qrE "\b$name\(" --include='*.h' --include='*.cc' . ;;
  esac && passed=$((passed + 1)) && continue
  echo "docs/flow.md names $name, which does not exist"
  failed=$((failed + 1))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
