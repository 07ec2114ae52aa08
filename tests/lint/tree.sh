#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What the compiler does not see: licence lines, formatting, names, words, RFCs cited without being
# listed in docs/standards.md, fuzz targets and corpora that nothing runs, tests that skip or sleep.
# One check a rule; the last line is "N passed, N failed".
#
#   tree.sh [TREE]      TREE: the source tree, by default that of this script
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 1
passed=0
failed=0
found=$(mktemp)
files=$(mktemp)
trap 'rm -f "$found" "$files"' EXIT

# All files that are ours: what git knows, or in a tarball all of it.
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
  git ls-files --cached --others --exclude-standard
else
  find . -type f | sed 's|^\./||' | grep -vE '^(build|autom4te|m4/|aclocal|configure$|Makefile.in)'
fi | while read -r file; do [ -e "$file" ] && echo "$file"; done >"$files"
ours() { grep -E "$1" "$files"; }

# rule NAME: fails if anything was found.
rule() {
  if [ -s "$found" ]; then
    echo "FAILED: $1"
    sed 's/^/  /' "$found" | head -n 20
    failed=$((failed + 1))
  else
    echo "ok: $1"
    passed=$((passed + 1))
  fi
}

ours '(\.(cc|h|py|sh|inc|am|ac|js|css|lua|conf)|^contrib/(check|demo|install-packages)|^\.ci/run)$' |
  while read -r file; do
    head -n 4 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"
  done >"$found"
rule 'every source file has its licence line'

formatter=$(command -v clang-format || command -v clang-format-14)
if [ -n "$formatter" ]; then
  ours '\.(cc|h)$' | xargs "$formatter" --dry-run --Werror 2>&1 |
    sed -n 's/:[0-9:]* error:.*//p' | sort | uniq -c >"$found"
else
  echo 'clang-format is not installed' >"$found"
fi
rule 'every C++ file is as clang-format writes it'

# Two classes of one name in one namespace are one to the linker, whichever comes first.
ours '\.h$' | grep -v '^tests/' | while read -r header; do
  space=$(sed -n 's/^namespace \([a-z:_]*\) {.*/\1/p' "$header" | head -n 1)
  sed -nE "s/^(class|struct|enum class) ([A-Za-z0-9_]+).*\{\$/$space \2/p" "$header"
done | sort | uniq -d >"$found"
rule 'no two types share a name'

ours '(^|/)(utils?|common|manager|helpers?|misc)(\.|/|_)' >"$found"
rule 'no file is named after nothing'

# Spelled so that this file does not hold them.
words='/wor[k]/|/tm[p]/cs|/far[m]/|\b(clau[d]e|anthrop[i]c|LL[M]|subagen[t])\b|(this|developer) sessio[n]\b'
xargs grep -nIiE "$words" <"$files" /dev/null >"$found"
rule 'the tree speaks only of the project'

ours '(\.(cc|h|py|sh|am|ac|inc|js)|^contrib/[a-z-]*)$' |
  xargs grep -nIE '\b(TOD[O]|FIXM[E]|XX[X]|unimplemente[d])\b' /dev/null >"$found"
rule 'nothing is promised in a comment'

ours '\.(cc|h|py)$' | xargs grep -hoE 'RFC [0-9]{3,5}' /dev/null | sort -u | while read -r rfc; do
  grep -qE "^\\| *$rfc\\b" docs/standards.md || echo "$rfc"
done >"$found"
rule 'every RFC that is cited is listed in docs/standards.md'

for target in $(ours '^tests/fuzz/[a-z_]*_fuzz\.cc$'); do
  name=${target##*/}
  name=${name%_fuzz.cc}
  grep -q "tests_fuzz_${name}_fuzz_SOURCES" tests/Makefile.inc ./*/Makefile.inc ||
    echo "$target is built by no Makefile.inc"
  grep -qE "tests/fuzz/${name}_fuzz( |$)" tests/Makefile.inc ./*/Makefile.inc ||
    echo "$target is not in FUZZ_TARGETS"
  ours "^tests/fuzz/corpus/$name/" | grep -q . || echo "$target has no corpus"
done >"$found"
rule 'every fuzz target is built and has a corpus'

ours '^tests/unit/.*\.cc$' | while read -r file; do
  cat Makefile.am ./*/Makefile.inc | grep -q "$file" || echo "$file"
done >"$found"
rule 'every unit test is built'

ours '^tests/.*\.(cc|py|sh|lua)$' | grep -v '^tests/lint/' |
  xargs grep -nE 'pytest\.(skip|mark\.(skip|xfail))|exit 77|time\.sleep\(|sleep_for\(' /dev/null |
  grep -vE 'sleep_for\((std::chrono::)?milliseconds\([0-9]{1,2}\)\)' >"$found"
rule 'no test skips, and none sleeps but for the step of a poll'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
