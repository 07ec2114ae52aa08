# SPDX-License-Identifier: Apache-2.0
"""A re-entry port that refuses, defers, closes and babbles: what it took is given once, what it did
not take is tried again, and only what is left."""
import re
from collections import Counter

import pytest

from testsite.outside import Outside, Script
from testsite.place import Place
from testsite.waiting import until

CLOSE = "take and close"
# What RCPT is answered, by local part; all but "gone" only at the first try.
RCPT = {"busy": "450 4.2.1 busy", "gone": "550 5.1.1 no such user", "shut": "421 4.3.2 closing",
        "noise": "hello", "cut": CLOSE}
# The same for the final dot, by the recipient that To names.
DOT = {"full": "452 4.3.1 disk full", "lost": CLOSE}
PATIENCE = 120  # the second try comes after 30 s


class Port(Outside):
    """The re-entry port."""

    def __init__(self):
        self.tried = Counter()
        super().__init__(Script({"RCPT": self.rcpt, ".": self.dot}))

    def rcpt(self, argument):
        name = re.search("<(.*)@", argument).group(1)
        self.tried[name] += 1
        return RCPT.get(name) if name == "gone" or self.tried[name] == 1 else None

    def dot(self, content):
        for name, reply in DOT.items():
            if f"To: {name}@example.org".encode() in content and self.tried[name] == 1:
                return reply
        return None

    def copies(self, entry):
        return [m for m in self.messages if entry.tag.encode() in m.content]


@pytest.fixture(scope="module")
def place():
    port = Port()
    with Place(keys={"release.smtp": f"127.0.0.1:{port.port}"}) as made:
        made._ends(port)
        made.port = port
        names = {"mixed": ["joe", "busy", "gone"], "shut": ["shut"], "noise": ["noise"],
                 "cut": ["cut"], "full": ["full"], "lost": ["lost"]}
        made.sent = {}
        for name, recipients in names.items():
            entry = made.send([f"{r}@example.org" for r in recipients], author=f"{name}@port.example")
            assert entry.reply.kept, entry.reply
            [held_id] = made.held(entry)
            made.node.run("held", "release", held_id)
            made.sent[name] = entry
        yield made


def taken(place, name, count=1):
    entry = place.sent[name]
    until(lambda: len(place.port.copies(entry)) >= count, f"{name} given {count} times", PATIENCE)
    return place.port.copies(entry)


def test_each_recipient_has_its_own_fate(place):
    first, second = taken(place, "mixed", 2)
    assert [r.split()[0] for r in first.recipients] == ["<joe@example.org>"]
    assert [r.split()[0] for r in second.recipients] == ["<busy@example.org>"]
    assert first.content == second.content
    assert (place.port.tried["joe"], place.port.tried["busy"], place.port.tried["gone"]) == (1, 2, 1)
    assert place.held(place.sent["mixed"]), "what was refused for good stays for its owner"


@pytest.mark.parametrize("name", ["shut", "noise", "cut", "full"])
def test_what_was_not_taken_comes_again_once(place, name):
    [copy] = taken(place, name)
    assert re.match(rb"Countersign: released; reason=released; [^\r]*\r\nReceived: ", copy.content)
    until(lambda: not place.held(place.sent[name]), f"{name} removed")
    assert place.port.tried[name] == 2
    assert len(place.port.copies(place.sent[name])) == 1


def test_a_250_that_was_lost_costs_a_copy_with_the_same_held_id(place):
    first, second = taken(place, "lost", 2)
    assert first.content == second.content
    assert re.search(rb"\ACountersign: [^\r]*; held=[0-9a-z]{26};", first.content)
    until(lambda: not place.held(place.sent["lost"]), "removed")
    assert len(place.port.copies(place.sent["lost"])) == 2
