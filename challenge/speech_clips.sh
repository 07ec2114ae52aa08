#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Prints the C++ source of spoken_digits(): the ten digits in each language, said by espeak-ng.
#
#   speech_clips.sh ESPEAK_NG CLIP_MAKER FOLDER LANGUAGE[=VOICE]...    FOLDER is made, and removed
set -eu
espeak=$1 maker=$2 folder=$3
shift 3
rm -rf "$folder"
mkdir -p "$folder"
trap 'rm -rf "$folder"' EXIT
languages=
for each in "$@"; do
  language=${each%%=*} voice=${each#*=}
  for digit in 0 1 2 3 4 5 6 7 8 9; do
    "$espeak" -v "$voice" -s 130 -w "$folder/$language-$digit.wav" "$digit"
  done
  languages="$languages $language"
done
"$maker" "$folder" $languages
