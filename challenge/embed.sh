#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Prints the C++ source of embedded_files(): each FILE as a raw string.
#
#   embed.sh FILE...
set -eu
echo '// Made by challenge/embed.sh: do not edit.'
echo '#include "challenge/embedded.h"'
echo 'namespace countersign::challenge {'
echo 'std::span<const EmbeddedFile> embedded_files() {'
echo '  static constexpr EmbeddedFile kFiles[] = {'
for file in "$@"; do
  printf '{"%s", R"embed(' "${file##*/}"
  cat "$file"
  echo ')embed"},'
done
echo '  };'
echo '  return kFiles;'
echo '}'
echo '}  // namespace countersign::challenge'
