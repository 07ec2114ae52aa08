# SPDX-License-Identifier: Apache-2.0
"""Which system calls a daemon makes, and its end at a chosen one, by strace."""
import os
import re
import subprocess
from dataclasses import dataclass

from .waiting import until

# What waits, or asks for memory, time or a thread, leaves all as the call before it did: to be killed
# there is to be killed at the next of the others.
OF_THE_PROCESS = {
    "futex", "poll", "ppoll", "restart_syscall", "rt_sigtimedwait", "rt_sigreturn", "rt_sigprocmask",
    "clock_nanosleep", "sched_yield", "mmap", "munmap", "mprotect", "mremap", "madvise", "brk",
    "getpid", "gettid", "getrandom", "clone", "clone3", "set_robust_list", "rseq", "exit"}


@dataclass(frozen=True)
class Call:
    """A system call: Call("release", "fsync", "spool/held/NN/ID.log")."""
    thread: str  # its name
    name: str
    on: str  # the kind of file


class Tracer:
    """strace attached to the threads of `pid` with these names, or to all, until the tracee ends or
    detach().

    strace counts the calls of each thread by itself: `when` is the n-th call of one of these
    `calls`' kinds in any thread since attaching."""

    def __init__(self, pid, log, calls, inject=None, threads=None):
        self.log = log
        self.names = {task: name for task, name in _threads(pid).items()
                      if threads is None or name in threads}
        assert self.names, f"no thread is called {threads}"
        arguments = ["strace", "-qq", "-yy", "-o", str(log), "-e", f"trace={calls}"]
        if inject:
            arguments += ["-e", f"inject={inject}"]
        whom = ["-f", "-p", str(pid)] if threads is None else [
            word for task in self.names for word in ("-p", task)]
        self.process = subprocess.Popen([*arguments, *whom], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: self.process.poll() is not None or self._attached(pid), "strace attached",
              step=0.01)

    def _attached(self, pid):
        return all(_traced_or_dead(pid, task) for task in self.names)

    def detach(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            # It waits for a thread that is gone already; the others go on without it.
            self.process.kill()
            self.process.wait()

    def killed(self, daemon, call, when):
        """Detaches; returns the Call at which a signal injected at the `when`-th `call` ended
        `daemon`, or None. One that is ending runs a moment longer than its connections, so it is
        waited for."""
        self.detach()
        seen = {}
        for task, made in self._made():
            if made.name == call:
                seen[task] = seen.get(task, 0) + 1
                if seen[task] >= when:
                    daemon.wait()
                    return made
        return None

    def calls(self):
        """What was called: lines of strace."""
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read().splitlines()

    def made(self):
        """Each Call, in order."""
        return [call for _, call in self._made()]

    def _made(self):
        only = next(iter(self.names))
        for line in self.calls():
            found = re.match(r"(?:(\d+) +)?(\w+)\((.*)", line)
            if found:
                task = found.group(1) or only  # strace does not name the only one
                yield task, Call(self.names.get(task, ""), found.group(2),
                                 _kind(found.group(2), found.group(3)))


def places(kinds, most):
    """At which calls to kill, of those that were made on these `kinds` of file, in order: at each, or
    where they are more than `most`, at the first two, the last two, the last one on each kind, and at
    others between, evenly, until they are as many."""
    count = len(kinds)
    if count <= most:
        return list(range(1, count + 1))
    chosen = {1, 2, count - 1, count} | {n for n, kind in enumerate(kinds, 1) if kind not in kinds[n:]}
    between = [1 + i * (count - 1) // most for i in range(1, most)]
    return sorted(chosen | set([n for n in between if n not in chosen][:max(0, most - len(chosen))]))


def kill_at_each(kinds, most, kill, alike=False):
    """Calls kill(when), which tells whether that was reached, for places(kinds, most). Returns how
    often there was a kill. Where not each run makes all of its calls in one thread, as any other
    does (`alike`), each place has two tries, and those behind have them until there are no more."""
    def reached(when):
        return kill(when) or (not alike and kill(when))

    killed = sum(bool(reached(when)) for when in places(kinds, most))
    when = len(kinds) + 1
    while not alike and reached(when):
        killed, when = killed + 1, when + 1
    return killed


def kill_at_missed(missed, killed, places_of, kill, tries=40):
    """Calls kill(call, when) until none of the Calls in `missed` is left out of killed(): what goes
    on beside moves places, and two calls in one thread now, and in two then, hide each other.
    Returns what is left."""
    for call in sorted(missed, key=str):
        first = max(places_of(call), default=1)
        for n in range(tries):
            if call in killed():
                break
            kill(call, first + n % 3)
    return missed - killed()


def _threads(pid):
    """Thread id -> name."""
    names = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/comm", encoding="utf-8") as f:
                names[task] = f.read().strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return names


def _traced_or_dead(pid, task):
    try:
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as f:
            return re.search(r"TracerPid:\t[1-9]|State:\t[ZX]", f.read())
    except (FileNotFoundError, ProcessLookupError):
        return True


def _kind(call, arguments):
    """What a call is about, without what differs from one message to the next."""
    found = re.match(r'(?:AT_FDCWD|\d+)<(.*?)>(?=[,)]|$| )(?:, "([^"]*)")?', arguments)
    if not found:
        return arguments.split(",")[0]
    file, name = found.groups()
    if "milter.sock" in file:
        return "MTA"
    for family, kind in (("UNIX", "store"), ("TCP", "re-entry port"), ("pipe", "pipe")):
        if file.startswith(family):
            return kind
    if call.endswith("at") and name:
        file = name if name.startswith("/") else f"{file}/{name}"
    file = re.sub(r"^.*/spool(?=/|$)", "spool", file)
    file = re.sub(r"(?<=spool/held/)[0-9a-z]{2}(?=/|$)", "NN", file)
    return re.sub(r"[0-9a-z]{26}", "ID", file)
