# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every system call of a release: it arrives, twice at most with the same held id."""
import pytest

from testsite.tracing import Tracer
from testsite.waiting import until

PLACE = {"keys": {"log.level": "error"}}
CALLS = ("openat", "pread64", "read", "write", "pwrite64", "fsync", "fdatasync", "close", "connect",
         "socket", "sendto", "sendmsg", "writev", "recvfrom", "rename", "renameat2", "unlink",
         "unlinkat")
MOST_EACH = 16


def hold(place, serial):
    entry = place.send("joe@example.org", author=f"release{serial}@crash.example")
    assert entry.reply.code == 554
    return entry


def release(place, entry, calls, inject=None):
    """Orders a release under strace; returns the tracer once it is over or the milter is dead."""
    [held_id] = place.held(entry)
    tracer = Tracer(place.node.milter.pid, place.folder / "release.trace", calls, inject)
    place.node.run("held", "release", held_id)
    until(lambda: not place.node.milter.running() or
          (not place.held(entry) and place.mailbox.find(entry.tag)), "released or killed")
    return held_id, tracer


def counted(place):
    entry = hold(place, "counted")
    _, tracer = release(place, entry, ",".join(CALLS))
    tracer.detach()
    return tracer.count_by_call()


@pytest.mark.parametrize("call", CALLS)
def test_killed_at_each_call_of_a_release(place, call):
    if not hasattr(place, "counts"):
        place.counts = counted(place)
        place.killed = 0
    for when in range(1, min(place.counts.get(call, 0), MOST_EACH) + 1):
        entry = hold(place, f"{call}{when}")
        held_id, tracer = release(place, entry, call, f"{call}:signal=KILL:when={when}")
        if tracer.killed(place.node.milter, call, when):
            place.killed += 1
            place.node.milter.kill()
            assert place.held(entry) or place.mailbox.find(entry.tag), f"{call} {when}: lost"
            place.node.start_milter()
        place.delivered(entry)
        until(lambda: not place.held(entry), f"{call} {when}: removed after delivery")
        copies = place.mailbox.find(entry.tag)
        assert {c.held_id for c in copies} == {held_id}
        assert len(copies) <= 2, f"{call} {when}: {len(copies)} copies"
    place.account()


def test_enough_of_them_were_killed(place):
    assert place.killed > 15
