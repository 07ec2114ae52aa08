# SPDX-License-Identifier: Apache-2.0
"""Two MX hosts, two spools, one Redis, one page."""
import os
import shutil

import pytest

from testsite.place import Place
from testsite.second import add_second
from testsite.sender import dkim_pass
from testsite.waiting import until


@pytest.fixture(scope="module")
def place():
    with Place() as made:
        add_second(made)
        yield made


def test_each_answer_finds_the_node_that_holds(place):
    one = place.send("joe@example.org", author="a@nodes.example")
    two = place.second_ledger.send("joe@example.org", author="b@nodes.example")
    assert place.node.held_with(one.tag) and not place.second.held_with(one.tag)
    assert place.second.held_with(two.tag) and not place.node.held_with(two.tag)
    assert place.answer(two, "b@nodes.example").status == 303
    place.delivered(two)
    assert place.answer(one, "a@nodes.example").status == 303
    place.delivered(one)


def test_a_retry_at_the_other_host_joins_the_hold(place):
    one = place.send("joe@example.org", author="c@nodes.example")
    two = place.second_ledger.send("joe@example.org", retry_of=one, reverse_path="c@nodes.example")
    assert two.reply.text == one.reply.text
    assert not place.second.held_with(one.tag)
    assert place.answer(two, "c@nodes.example").status == 303
    place.delivered(one)
    assert len(place.mailbox.find(one.tag)) == 1


def test_a_contact_made_at_one_host_is_known_at_the_other(place):
    how = {"author": "d@shared.example", "verified": dkim_pass("shared.example")}
    one = place.send("joe@example.org", **how)
    two = place.second_ledger.send("joe@example.org", **how)
    assert place.answer(one, "d@shared.example").status == 303
    # One answer frees what waits at both.
    place.delivered(one)
    place.delivered(two)
    until(lambda: place.second_ledger.send("joe@example.org", **how).reply.code == 250, "known")


def test_one_host_dies_and_the_other_goes_on(place):
    waiting = place.send("joe@example.org", author="e@dead.example")
    place.node.milter.kill()
    # The page takes the answer; the message is where it is, and goes when its host is back.
    assert place.answer(waiting, "e@dead.example").status == 303
    fresh = place.second_ledger.send("joe@example.org", author="f@alive.example")
    assert fresh.reply.code == 554
    assert place.answer(fresh, "f@alive.example").status == 303
    place.delivered(fresh)
    assert not place.mailbox.find(waiting.tag)
    # A retry of what the dead host holds is told of the same hold, not held twice.
    retry = place.second_ledger.send("joe@example.org", retry_of=waiting,
                                     reverse_path="e@dead.example")
    assert retry.reply.code in (554, 451, 250)
    place.node.start_milter()
    place.delivered(waiting)
    place.account(nodes=[place.node, place.second])


def test_files_that_were_moved_into_another_spool_are_that_nodes(place):
    """A host is gone, and what it held is put into the other's spool."""
    entry = place.second_ledger.send("joe@example.org", author="h@gone.example")
    [held_id] = place.second.held_with(entry.tag)
    place.second.milter.stop()
    place.node.milter.stop()
    for path in place.second.spool.glob(f"held/*/{held_id}.*"):
        to = place.node.spool / "held" / path.parent.name
        to.mkdir(exist_ok=True)
        shutil.copystat(place.node.spool / "held", to)
        owner = (place.node.spool / "held").stat()
        os.chown(to, owner.st_uid, owner.st_gid)
        shutil.move(path, to / path.name)
    place.node.start_milter()
    until(lambda: place.redis.client()("HGET", f"cs:held:{held_id}", "node").decode() ==
          (place.node.spool / "node").read_text().strip(), "known as the other's")
    assert place.answer(entry, "h@gone.example").status == 303
    place.delivered(entry)
    place.second.start_milter()


def test_a_node_whose_spool_moved_is_the_same_node(place):
    entry = place.second_ledger.send("joe@example.org", author="g@moved.example")
    place.second.milter.stop()
    moved = place.second.spool.with_name("moved")
    shutil.move(place.second.spool, moved)
    place.second.spool = moved
    place.second.write(spool__directory=str(moved))
    place.second.start_milter()
    assert place.answer(entry, "g@moved.example").status == 303
    place.delivered(entry)
