# SPDX-License-Identifier: Apache-2.0
"""What the documentation shows works as shown."""
import re
import subprocess
from pathlib import Path

import pytest

from testsite.countersign import build_folder

TREE = Path(__file__).parents[2]
COMMAND = build_folder() / "countersign"


def test_the_example_configuration_passes_its_check():
    done = subprocess.run([COMMAND, "-c", TREE / "contrib" / "countersign.toml", "config", "check"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def shown():
    """Every `countersign ...` line of README.md, without comments."""
    text = (TREE / "README.md").read_text()
    return sorted(set(re.findall(r"^ {4,}(?:.*&& )?countersign ([a-z][^#&\n]*?) *(?:#.*|&&.*)?$", text, re.M)))


def test_readme_shows_some_commands():
    assert len(shown()) > 8


@pytest.mark.parametrize("line", shown())
def test_each_command_of_the_readme_is_known(line):
    words = line.split()
    verbs = []
    for word in words:
        if not re.fullmatch(r"[a-z]+", word) or word in ("site",):
            break
        verbs.append(word)
    help_text = subprocess.run([COMMAND, *verbs, "--help"], capture_output=True, text=True)
    assert help_text.returncode == 0, help_text.stderr
    for option in re.findall(r"--[a-z-]+", line):
        assert option in help_text.stdout, f"{option} in:\n{help_text.stdout}"
