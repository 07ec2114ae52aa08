# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the stories, and their last line."""
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_configure(config):
    # Who ends us by SIGTERM gets the same clean end as by Ctrl-C: fixtures stop their daemons.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_generate_tests(metafunc):
    """A file that names MTAS plays its stories on each of them, one after the other."""
    if "mta" in metafunc.fixturenames:
        names = getattr(metafunc.module, "MTAS", ["postfix"])
        metafunc.parametrize("mta", names, indirect=True, scope="module")
    if "browser" in metafunc.fixturenames and hasattr(metafunc.module, "WAYS"):
        metafunc.parametrize("browser", metafunc.module.WAYS, indirect=True, scope="module")


@pytest.fixture(scope="module")
def mta(request):
    """The name of the MTA."""
    return request.param


@pytest.fixture(scope="module")
def place(request, mta):
    """One site for all stories of a file; a file names its own keys in PLACE."""
    from testsite.place import Place
    made = Place(**{"mta": mta, **getattr(request.module, "PLACE", {})})
    failed_before = request.session.testsfailed
    yield made
    if request.session.testsfailed > failed_before:
        made.keep = True
    made.close()


@pytest.fixture(scope="module")
def stage():
    """The page with messages of the file's own, without an MTA."""
    from testsite.browser import Stage
    made = Stage()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def browser(request):
    """Chromium with scripts, or as a file's WAYS says: "with scripts", "without scripts"."""
    from testsite.browser import Browser
    way = getattr(request, "param", "with scripts")
    made = Browser(scripts=way == "with scripts")
    made.name = way.split()[0]
    yield made
    made.stop()


@pytest.fixture(scope="module")
def plain():
    """A browser without scripts, for a file that needs both at once."""
    from testsite.browser import Browser
    made = Browser(scripts=False)
    yield made
    made.stop()


def pytest_unconfigure(config):
    if hasattr(config, "workerinput"):  # one of several processes: the first says it for all
        return
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    stats = reporter.stats if reporter else {}
    passed = len(stats.get("passed", []))
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    print(f"{passed} passed, {failed} failed")
