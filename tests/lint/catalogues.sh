#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Fails if po/ is not what the sources say: a text that is not in the template, a catalogue with other
# texts, one that is fuzzy, not translated or of other holes. Plants such faults, to show that the
# build complains.
#
#   catalogues.sh       in a build folder, with $srcdir
set -u
srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
maker=${builddir:-.}/language/catalogue_maker
passed=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

report() { # name, status, wanted
  if [ "$2" = "$3" ]; then
    passed=$((passed + 1))
  else
    echo "FAILED: $1"
    sed 's/^/  /' "$work/out"
    failed=$((failed + 1))
  fi
}

"$srcdir/po/extract" >"$work/now.pot"
diff "$srcdir/po/countersign.pot" "$work/now.pot" >"$work/out"
report 'po/countersign.pot is what the sources say: run po/update' $? 0

for catalogue in "$srcdir"/po/*.po; do
  msgcmp "$catalogue" "$srcdir/po/countersign.pot" >"$work/out" 2>&1
  report "${catalogue##*/} has every text" $? 0
  msgfmt --check-format --check-domain -o /dev/null "$catalogue" >"$work/out" 2>&1
  report "${catalogue##*/} is well-formed" $? 0
  msgattrib --only-fuzzy --no-obsolete "$catalogue" >"$work/out"
  report "nothing in ${catalogue##*/} is fuzzy" "$(grep -c ^msgid "$work/out")" 0
done

# plant NAME SED-SCRIPT: the build must refuse a catalogue with that change.
plant() {
  sed "$2" "$srcdir/po/de.po" >"$work/de.po"
  cmp -s "$work/de.po" "$srcdir/po/de.po" && echo 'nothing changed' >"$work/out" && report "$1" 0 1 && return
  "$maker" "$work/de.po" >"$work/out" 2>&1
  report "$1" $? 1
}
"$maker" "$srcdir"/po/*.po >"$work/out" 2>&1
report 'the catalogues can be built' $? 0
plant 'a text without translation is refused' 's/^msgstr "Vielen Dank"/msgstr ""/'
plant 'a fuzzy translation is refused' '/^msgid "Thank you"/i #, fuzzy'
plant 'a lost hole is refused' 's/^msgstr "Zugestellt am {changed}/msgstr "Zugestellt/'
plant 'a hole of another name is refused' 's/^msgstr "Zugestellt am {changed}/msgstr "Zugestellt {chaned}/'
plant 'a catalogue without its language is refused' '/^"Language:/d'
plant 'a catalogue without its direction is refused' '/^"X-Direction/d'
plant 'a plural expression that is code is refused' 's/plural=(n != 1)/plural=exit(n)/'
plant 'a quotation that is not closed is refused' 's/^msgstr "Vielen Dank"/msgstr "Vielen Dank/'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
