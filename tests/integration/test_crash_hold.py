# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every system call of a hold: what was promised is there, the retry joins what is kept."""
import itertools

import pytest

from testsite.tracing import OF_THE_PROCESS, Tracer, kill_at_each, kill_at_missed
from testsite.waiting import until

PLACE = {"keys": {"log.level": "error"}}
# Those of libmilter: it takes the connection in one, and calls us in any of the others.
THREADS = ("countersign-mil",)
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
# All that a hold calls, but what is of the process alone: in a spool that has its folders ...
CALLS = ("accept", "fcntl", "setsockopt", "read", "writev", "write", "openat", "close", "newfstatat",
         "fstatfs", "fsync", "renameat", "sendto", "recvfrom")
# ... and more of these where it makes 32 of them first.
FOLDER_CALLS = ("openat", "close", "fstatfs", "unlinkat", "mkdirat", "fsync")
MOST_EACH, MOST_FOLDERS = 24, 10
COUNTS = 3


def restart(place, fresh):
    """Starts the milter anew; its spool has all of its folders, or is as good as `fresh`."""
    place.node.milter.kill()
    held = place.node.spool / "held"
    if fresh:
        for folder in held.iterdir():
            if not any(folder.iterdir()):
                folder.rmdir()
    else:
        for first, second in itertools.product(DIGITS, repeat=2):
            (held / (first + second)).mkdir(mode=0o700, exist_ok=True)
    place.node.start_milter()


def counted(place, fresh, serial):
    """The Calls of one hold, up to the reply."""
    restart(place, fresh)
    # The first connection of a process is not like the others.
    place.send("joe@example.org", author="first@crash.example")
    tracer = Tracer(place.node.milter.pid, place.folder / "counted.trace", "all", threads=THREADS)
    entry = place.send("joe@example.org", author=f"counted{serial}@crash.example")
    tracer.detach()
    assert entry.reply.code == 554
    made = [call for call in tracer.made() if call.name not in OF_THE_PROCESS]
    # By that libmilter's threads wake each other, as by a futex.
    made = [call for call in made if call.on != "pipe"]
    while (made[-1].name, made[-1].on) != ("writev", "MTA"):
        made.pop()
    return made


def count(place):
    place.made, place.shortest, place.crashed, place.killed = {}, {}, [], {False: set(), True: set()}
    for fresh in (False, True):
        runs = [counted(place, fresh, f"{fresh}{n}".lower()) for n in range(COUNTS)]
        # By chance a hold goes where a folder is left.
        runs = [made for made in runs if fresh == any(call.name == "mkdirat" for call in made)]
        # What not each of them calls is none of its own, but of what goes on beside.
        place.made[fresh] = set.intersection(*(set(made) for made in runs))
        place.shortest[fresh] = min(runs, key=len)


def kinds(place, fresh, name):
    return [call.on for call in place.shortest[fresh] if call.name == name]


def places_of(place, fresh, call):
    return [n for n, on in enumerate(kinds(place, fresh, call.name), 1) if on == call.on]


def crash(place, fresh, call, when):
    """One hold with the milter killed at the when-th `call`; returns whether it was killed."""
    author = f"crash-{'fresh' if fresh else 'full'}-{call}{when}-{len(place.crashed)}@crash.example"
    tracer = Tracer(place.node.milter.pid, place.folder / "crash.trace", call,
                    f"{call}:signal=KILL:when={when}", THREADS)
    entry = place.send("joe@example.org", author=author)
    killed = tracer.killed(place.node.milter, call, when)
    if killed:
        place.killed[fresh].add(killed)
        # What was said is true, whatever was said.
        if entry.reply.kept:
            assert place.held(entry), f"{call} {when}: told {entry.reply.text}, and it is gone"
        else:
            assert entry.reply.code in (451, 421, 0), entry.reply
        restart(place, fresh)
        # The sender's MTA tries again.
        again = place.send("joe@example.org", retry_of=entry, reverse_path=author)
        assert again.reply.code == 554 and again.reply.url, f"{call} {when}: {again.reply}"
        assert len(place.held(entry)) == 1, f"{call} {when}: held {len(place.held(entry))} times"
        assert list((place.node.spool / "tmp").glob("*.msg")) == []
        place.crashed.append((call, when, again, author))
    else:
        assert entry.reply.code == 554
    return killed


@pytest.mark.parametrize("fresh, call", [
    *((False, call) for call in CALLS), *((True, call) for call in FOLDER_CALLS)],
    ids=lambda v: v if isinstance(v, str) else "fresh" if v else "full")
def test_killed_at_each_call_of_a_hold(place, fresh, call):
    if not hasattr(place, "shortest"):
        count(place)
    assert kinds(place, fresh, call), f"a hold never calls {call}"
    restart(place, fresh)
    killed = kill_at_each(kinds(place, fresh, call), MOST_FOLDERS if fresh else MOST_EACH,
                          lambda when: crash(place, fresh, call, when))
    assert killed, f"{call} was never reached"


def test_it_calls_nothing_else_and_nothing_on_other_files(place):
    """What was counted is what was killed at, down to the kind of file."""
    assert {c.name for c in place.made[False]} <= set(CALLS)
    assert {c.name for c in place.made[True]} <= set(CALLS) | set(FOLDER_CALLS)
    for fresh in (False, True):
        missed = place.made[fresh] - place.killed[False] - place.killed[True]
        restart(place, fresh)
        assert not kill_at_missed(missed, lambda: place.killed[fresh],
                                  lambda call: places_of(place, fresh, call),
                                  lambda call, when: crash(place, fresh, call.name, when))
    # Those of which a hold is made, to be sure that they are told apart.
    killed = {(call.name, call.on) for call in place.killed[False] | place.killed[True]}
    assert killed >= {("write", "spool/tmp/ID.msg"), ("fsync", "spool/tmp/ID.msg"),
                      ("renameat", "spool/tmp/ID.msg"), ("fsync", "spool/held/NN"),
                      ("sendto", "store"), ("recvfrom", "store"), ("writev", "MTA"), ("read", "MTA"),
                      ("mkdirat", "spool/held/NN"), ("fsync", "spool/held")}


def test_afterwards_every_hold_can_be_answered_and_arrives_once(place):
    assert len(place.crashed) > 10
    for call, when, entry, author in place.crashed[::15]:
        assert place.answer(entry, author).status == 303
        place.delivered(entry)
    until(lambda: not any(place.held(e) for _, _, e, _ in place.crashed[::15]), "removed")
    for call, when, entry, _ in place.crashed[::15]:
        assert len(place.mailbox.find(entry.tag)) == 1, (call, when)
    place.account()
