# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition, never for luck."""
import os
import socket
import threading
import time


def until(condition, what, timeout=30.0, step=0.05):
    """Returns the first true value of condition(); fails with `what` after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {timeout:g} s: not {what}")
        threading.Event().wait(step)


def _worker():
    name = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return int(name[2:]) if name[2:].isdigit() else 0


_next_port = 12000 + _worker() * 1000 + (os.getpid() % 50) * 10


def free_port():
    """Returns a TCP port of 127.0.0.1 that nobody listens on: below the ephemeral ports, and each
    only once, so that two servers of one test never meet."""
    global _next_port
    while True:
        _next_port += 1
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", _next_port))
                return _next_port
            except OSError:
                continue


def accepts(port, host="127.0.0.1"):
    """Whether somebody listens."""
    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False
