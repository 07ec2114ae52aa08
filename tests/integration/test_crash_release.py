# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every system call of a release: it arrives, twice at most with the same held id."""
import pytest

from testsite.tracing import OF_THE_PROCESS, Tracer, kill_at_each, kill_at_missed
from testsite.waiting import until

PLACE = {"keys": {"log.level": "error"}}
# All that the two threads of a release call, but what is of the process alone: one takes the order,
# one of a few delivers.
CALLS = {
    "chores": ("openat", "newfstatat", "fcntl", "getdents64", "close", "pread64", "write", "fsync",
               "unlinkat"),
    "release": ("openat", "newfstatat", "pread64", "close", "socket", "connect", "getsockopt",
                "setsockopt", "sendto", "recvfrom", "write", "fsync", "unlinkat")}
MOST_EACH = 8
COUNTS = 3


def hold(place, serial):
    entry = place.send("joe@example.org", author=f"release{serial}@crash.example")
    assert entry.reply.code == 554
    return entry


def release(place, entry, calls, inject=None, threads=tuple(CALLS)):
    """Orders a release under strace; returns the tracer once it is over or the milter is dead."""
    [held_id] = place.held(entry)
    tracer = Tracer(place.node.milter.pid, place.folder / "release.trace", calls, inject, threads)
    place.node.run("held", "release", held_id)
    until(lambda: not place.node.milter.running() or
          (not place.held(entry) and place.mailbox.find(entry.tag)), "released or killed", step=0.02)
    return held_id, tracer


def count(place):
    """What a release calls."""
    place.killed, runs = [], []
    for n in range(COUNTS):
        _, tracer = release(place, hold(place, f"counted{n}"), "all")
        tracer.detach()
        runs.append([call for call in tracer.made() if call.name not in OF_THE_PROCESS])
    # What not each of them calls is none of its own, but of what goes on beside.
    place.made = set.intersection(*(set(made) for made in runs))
    place.shortest = min(runs, key=len)


def kinds(place, thread, name):
    return [call.on for call in place.shortest if (call.thread, call.name) == (thread, name)]


def places_of(place, call):
    return [n for n, on in enumerate(kinds(place, call.thread, call.name), 1) if on == call.on]


def crash(place, thread, call, when):
    """One release with the milter killed at the when-th `call` of `thread`; returns whether it was
    killed."""
    entry = hold(place, f"-{thread}-{call}{when}-{len(place.killed)}")
    held_id, tracer = release(place, entry, call, f"{call}:signal=KILL:when={when}", (thread,))
    killed = tracer.killed(place.node.milter, call, when)
    if killed:
        place.killed.append(killed)
        place.node.milter.kill()
        assert place.held(entry) or place.mailbox.find(entry.tag), f"{call} {when}: lost"
        place.node.start_milter()
    place.delivered(entry)
    until(lambda: not place.held(entry), f"{call} {when}: removed after delivery", step=0.02)
    copies = place.mailbox.find(entry.tag)
    assert {c.held_id for c in copies} == {held_id}
    assert len(copies) <= 2, f"{call} {when}: {len(copies)} copies"
    return killed


@pytest.mark.parametrize("thread, call", [(t, call) for t, calls in CALLS.items() for call in calls])
def test_killed_at_each_call_of_a_release(place, thread, call):
    if not hasattr(place, "shortest"):
        count(place)
    assert kinds(place, thread, call), f"{thread} never calls {call}"
    killed = kill_at_each(kinds(place, thread, call), MOST_EACH,
                          lambda when: crash(place, thread, call, when), alike=True)
    assert killed, f"{call} was never reached"


def test_it_calls_nothing_else_and_nothing_on_other_files(place):
    """What was counted is what was killed at, down to the kind of file."""
    assert {(call.thread, call.name) for call in place.made} <= {
        (thread, call) for thread, calls in CALLS.items() for call in calls}
    assert not kill_at_missed(place.made - set(place.killed), lambda: set(place.killed),
                              lambda call: places_of(place, call),
                              lambda call, when: crash(place, call.thread, call.name, when))
    # Those of which a release is made, to be sure that they are told apart.
    killed = {(call.name, call.on) for call in place.killed}
    assert killed >= {("unlinkat", "spool/orders/ID.release"), ("fsync", "spool/held/NN/ID.log"),
                      ("write", "spool/held/NN/ID.log"), ("sendto", "re-entry port"),
                      ("recvfrom", "re-entry port"), ("sendto", "store"),
                      ("unlinkat", "spool/held/NN/ID.msg"), ("fsync", "spool/held/NN"),
                      ("unlinkat", "spool/held/NN/ID.log")}


def test_nothing_was_lost_and_nobody_got_it_thrice(place):
    place.account()
