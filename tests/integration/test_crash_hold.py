# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every system call of a hold: what was promised is there, the retry joins what is kept."""
import pytest

from testsite.tracing import Tracer
from testsite.waiting import until

PLACE = {"keys": {"log.level": "error"}}
# What a hold changes or says: files, folders, store and MTA.
CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "close", "rename", "renameat",
         "renameat2", "mkdirat", "sendto", "sendmsg", "writev", "unlinkat", "unlink", "link",
         "linkat", "recvfrom", "read")
MOST_EACH = 12


def counted(place):
    """How often a hold makes each call, most in one thread."""
    tracer = Tracer(place.node.milter.pid, place.folder / "counted.trace", ",".join(CALLS))
    entry = place.send("joe@example.org", author="counted@crash.example")
    tracer.detach()
    assert entry.reply.code == 554
    assert any("fsync" in line for line in tracer.calls()), "a hold that syncs nothing"
    return tracer.count_by_call()


def crash(place, call, when, serial):
    """One hold with the milter killed at the when-th `call`; returns whether it was killed."""
    author = f"crash{serial}@crash.example"
    tracer = Tracer(place.node.milter.pid, place.folder / "crash.trace", call,
                    f"{call}:signal=KILL:when={when}")
    entry = place.send("joe@example.org", author=author)
    killed = tracer.killed(place.node.milter, call, when)
    if killed:
        # What was said is true, whatever was said.
        if entry.reply.kept:
            assert place.held(entry), f"{call} {when}: told {entry.reply.text}, and it is gone"
        else:
            assert entry.reply.code in (451, 421, 0), entry.reply
        place.node.milter.kill()
        place.node.start_milter()
        # The sender's MTA tries again.
        again = place.send("joe@example.org", retry_of=entry, reverse_path=author)
        assert again.reply.code == 554 and again.reply.url, f"{call} {when}: {again.reply}"
        assert len(place.held(entry)) == 1, f"{call} {when}: held {len(place.held(entry))} times"
        assert list((place.node.spool / "tmp").glob("*.msg")) == []
        place.crashed.append((call, when, again, author))
    else:
        assert entry.reply.code == 554
    return killed


@pytest.mark.parametrize("call", CALLS)
def test_killed_at_each_call_of_a_hold(place, call):
    if not hasattr(place, "crashed"):
        place.crashed = []
        place.counts = counted(place)
    killed = 0
    for when in range(1, min(place.counts.get(call, 0), MOST_EACH) + 1):
        killed += crash(place, call, when, f"{call}{when}")
    assert killed > 0 or place.counts.get(call, 0) == 0, f"{call} was never reached"


def test_afterwards_every_hold_can_be_answered_and_arrives_once(place):
    assert len(place.crashed) > 10
    for call, when, entry, author in place.crashed[::5]:
        assert place.answer(entry, author).status == 303
        place.delivered(entry)
    until(lambda: not any(place.held(e) for _, _, e, _ in place.crashed[::5]), "removed")
    for call, when, entry, _ in place.crashed[::5]:
        assert len(place.mailbox.find(entry.tag)) == 1, (call, when)
    place.account()
