#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs the tests of the built `countersign` command; $builddir and $srcdir are those of `make check`.
set -eu
CS_COMMAND=$(cd "${builddir:-.}" && pwd)/countersign
export CS_COMMAND PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "$0")"
exec /usr/bin/python3 -m pytest -p no:cacheprovider -q "$@" test_command.py
