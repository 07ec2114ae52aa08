# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition, never for luck."""
import itertools
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


def _own_ports():
    """Below the ephemeral ports, a share of them for each worker: what one is about to listen on, no other
    may find free."""
    first, last = 10240, 32700
    name = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    share = (last - first) // workers
    first += share * (int(name[2:]) if name[2:].isdigit() else 0)
    ports = range(first, first + share)
    # Elsewhere for each run: another one may be under way.
    return itertools.cycle([*ports[os.getpid() % share:], *ports[:os.getpid() % share]])


_ports = _own_ports()


def free_port():
    """Returns a TCP port of 127.0.0.1 that nobody listens on, and that was not returned for long."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def accepts(port, host="127.0.0.1"):
    """Whether somebody listens."""
    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False
