# SPDX-License-Identifier: Apache-2.0
"""A site for the command: a folder, a configuration, a private redis-server."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))

from testsite.redis import Redis  # noqa: E402: its place is named above

COMMAND = os.environ.get("CS_COMMAND", "./countersign")


class Site:
    def __init__(self, folder):
        self.folder = folder
        self.config = folder / "countersign.toml"
        self.redis = Redis(folder / "redis").start()
        self.write()

    def write(self, more=""):
        self.config.write_text(f"""\
[protect]
domains = ["example.org"]
[authentication]
authserv_id = "mx.example.org"
[challenge]
base_url = "http://127.0.0.1:1"
[store]
url = "unix:{self.redis.socket}"
[spool]
directory = "{self.folder}/spool"
[secrets]
milter = "{self.folder}/milter.secrets"
challenge = "{self.folder}/challenge.secrets"
{more}""")

    def run(self, *words, stdout=subprocess.PIPE):
        return subprocess.run([COMMAND, "-c", self.config, *map(str, words)], text=True,
                              stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
                              timeout=120)

    def ok(self, *words):
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *words, status=0):
        done = self.run("--json", *words)
        assert done.returncode == status, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def empty_site():
    folder = Path(tempfile.mkdtemp(prefix="countersign-command-"))
    made = Site(folder)
    yield made
    made.redis.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def site(empty_site):
    """After config init."""
    empty_site.ok("config", "init")
    return empty_site


def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    stats = reporter.stats if reporter else {}
    passed = len(stats.get("passed", []))
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    print(f"{passed} passed, {failed} failed")
