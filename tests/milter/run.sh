#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs each story of this folder with miltertest against a harness of its own. A story's lines
# "-- expect: ..." are all that the harness must have kept at the end; nothing may be half done.
set -u
here=${srcdir:-.}/tests/milter
harness=${builddir:-.}/tests/milter/milter_harness
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0
for story in "$here"/*.lua; do
  name=$(basename "$story" .lua)
  [ "$name" = lib ] && continue
  { sed -n 's/^-- expect: //p' "$story"; echo "drafts 0"; } >"$folder/want"
  cat >"$folder/harness" <<EOF
#!/bin/sh
exec $(realpath "$harness") "\$@" >"$folder/got" 2>"$folder/log"
EOF
  chmod +x "$folder/harness"
  if miltertest -D HARNESS="$folder/harness" -D SOCK="unix:$folder/$name.sock" \
    -D LIB="$here/lib.lua" -s "$story" >"$folder/out" 2>&1 &&
    diff "$folder/want" "$folder/got" >>"$folder/out"; then
    passed=$((passed + 1))
    echo "$name: OK"
  else
    failed=$((failed + 1))
    echo "$name: FAILED"
    cat "$folder/out" "$folder/log"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
