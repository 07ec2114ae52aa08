# SPDX-License-Identifier: Apache-2.0
"""A full disk, no more inodes, a failing disk: 451, nothing half written; what passes, passes."""
import re
import subprocess

import pytest

from testsite.place import Place
from testsite.sender import dkim_pass
from testsite.tracing import Tracer
from testsite.waiting import until

TRY_LATER = "451 4.3.0 Temporary problem, please try again later"


def mounted(place, options):
    """Puts the spool on a file system of its own."""
    spool = place.node.spool
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(spool)], check=True)

    class Mount:
        @staticmethod
        def stop():
            subprocess.run(["umount", "-l", str(spool)], check=True)
    # Ended after the daemons, which come later in the list.
    place.ending.insert(0, Mount)


@pytest.mark.parametrize("options", ["size=256k", "nr_inodes=40"])
def test_a_full_spool_defers_and_frees_itself(options):
    with Place(start=False) as place:
        mounted(place, options)
        place.node.start_milter()
        place.node.start_page()
        place.node.run("contacts", "allow", "joe@example.org", "friend@known.example")
        body = ("0123456789abcdef" * 4 + "\r\n") * 200
        held = []
        for n in range(60):
            entry = place.send("joe@example.org", author=f"a{n}@full.example", body=body,
                               verified=dkim_pass("full.example"))
            if entry.reply.kept:
                held.append(entry)
                continue
            assert entry.reply.code // 100 == 4, entry.reply
            break
        else:
            raise AssertionError("never full")
        assert len(held) >= 3
        for _ in range(3):
            assert place.send("joe@example.org", author="more@full.example", body=body,
                              verified=dkim_pass("full.example")).reply.code // 100 == 4
        assert list((place.node.spool / "tmp").glob("*.msg")) == []
        place.account()
        # Mail that needs no room passes; what is held can be let in, and makes room. To log that
        # takes a file, so where there is none to be had the operator makes some first.
        assert place.send("joe@example.org", author="friend@known.example",
                          verified=dkim_pass("known.example")).reply.code == 250
        if options.startswith("nr_inodes"):
            subprocess.run(["mount", "-o", "remount,nr_inodes=80", str(place.node.spool)],
                           check=True)
        for entry in held:
            [held_id] = place.held(entry)
            place.node.run("held", "release", held_id)
            place.delivered(entry)
        until(lambda: place.node.held_files() == {}, "emptied")
        assert place.send("joe@example.org", author="last@full.example", body=body,
                          verified=dkim_pass("full.example")).reply.kept
        place.account()


@pytest.fixture(scope="module")
def place():
    with Place() as made:
        yield made


@pytest.mark.parametrize("call,error", [
    ("fsync", "EIO"), ("fsync", "ENOSPC"), ("openat", "EROFS"), ("openat", "EMFILE"),
    ("renameat", "EIO"), ("renameat", "ENOSPC")])
def test_each_call_of_the_spool_that_fails_is_a_451_and_leaves_nothing(place, call, error):
    """Every one of these calls fails while a message comes, whatever it is for. Not write(2), by
    which libmilter wakes its own threads: for that the disk above is really full."""
    tracer = Tracer(place.node.milter.pid, place.folder / "fail.trace", call,
                    f"{call}:error={error}:when=1+")
    entry = place.send("joe@example.org", author="io@failing.example")
    tracer.detach()
    assert any("INJECTED" in line and "/spool" in line for line in tracer.calls())
    assert entry.reply.text == TRY_LATER
    assert place.held(entry) == []
    assert list((place.node.spool / "tmp").glob("*.msg")) == []
    again = place.send("joe@example.org", retry_of=entry, reverse_path="io@failing.example")
    assert again.reply.code == 554 and len(place.held(entry)) == 1
    place.account()


def test_the_order_of_a_hold_is_durable(place):
    """fsync(file), rename, fsync(folder), and only then the reply to the MTA (RFC 5321 section 6.1)."""
    tracer = Tracer(place.node.milter.pid, place.folder / "order.trace",
                    "fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg,write,writev")
    entry = place.send("joe@example.org", author="order@durable.example")
    tracer.detach()
    assert entry.reply.code == 554
    lines = tracer.calls()

    def first(pattern, start=0):
        for i, line in enumerate(lines[start:], start):
            if re.search(pattern, line):
                return i
        raise AssertionError(f"no {pattern} after line {start}:\n" + "\n".join(lines))

    def done(pattern, start=0):
        """The line where such a call ended well: strace parts one where another thread's comes
        between."""
        line = first(pattern, start)
        if lines[line].endswith("<unfinished ...>"):
            thread, call = re.match(r"(\d+) +(\w+)\(", lines[line]).groups()
            line = first(rf"^{thread} +<\.\.\. {call} resumed>", line)
        assert re.search(r"\) += 0$", lines[line]), lines[line]
        return line

    synced = done(r"f(data)?sync\(.*/spool/tmp/.*\.msg")
    renamed = done(r"rename.*/spool/tmp.*\.msg", synced)
    folder = done(r"fsync\(.*/spool/held/", renamed)
    first(r"(write|writev|sendto|sendmsg)\(.*554", folder)
    said = [i for i, line in enumerate(lines) if "5.7.1 Not delivered" in line]
    assert all(i > folder for i in said)
