# SPDX-License-Identifier: Apache-2.0
"""Ends a daemon at a chosen system call, by strace."""
import os
import re
import subprocess

from .waiting import until


class Tracer:
    """strace attached to all threads of `pid`, until the tracee ends or detach().

    strace counts the calls of each thread by itself: `when` is the n-th call of one of these
    `calls`' kinds in any thread since attaching."""

    def __init__(self, pid, log, calls, inject=None):
        self.log = log
        arguments = ["strace", "-f", "-qq", "-y", "-o", str(log), "-e", f"trace={calls}"]
        if inject:
            arguments += ["-e", f"inject={inject}"]
        self.process = subprocess.Popen([*arguments, "-p", str(pid)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: self.process.poll() is not None or self._attached(pid), "strace attached")

    @staticmethod
    def _attached(pid):
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
        except FileNotFoundError:
            return True  # it ended already
        return all(_traced_or_dead(pid, task) for task in tasks)

    def detach(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            # It waits for a thread that is gone already; the others go on without it.
            self.process.kill()
            self.process.wait()

    def killed(self, daemon, call, when):
        """Detaches; whether a signal injected at the `when`-th `call` ended `daemon`. One that is
        ending runs a moment longer than its connections, so it is waited for."""
        self.detach()
        if self.count_by_call().get(call, 0) >= when:
            daemon.wait()
        return not daemon.running()

    def calls(self):
        """What was called: lines of strace."""
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read().splitlines()

    def count_by_call(self):
        """The largest number of calls of each kind in one thread."""
        counts = {}
        for line in self.calls():
            found = re.match(r"(\d+) +(\w+)\(", line)
            if found:
                counts.setdefault(found.group(2), {}).setdefault(found.group(1), 0)
                counts[found.group(2)][found.group(1)] += 1
        return {call: max(threads.values()) for call, threads in counts.items()}


def _traced_or_dead(pid, task):
    try:
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as f:
            return re.search(r"TracerPid:\t[1-9]|State:\t[ZX]", f.read())
    except (FileNotFoundError, ProcessLookupError):
        return True
