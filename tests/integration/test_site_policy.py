# SPDX-License-Identifier: Apache-2.0
"""A site that was switched on by a policy, over a configuration that observes: no outage is taken
for observing."""
import pytest

from testsite.place import Place
from testsite.waiting import until

TRY_LATER = "451 4.3.0 Temporary problem, please try again later"


@pytest.fixture(scope="module")
def place():
    with Place(start=False, keys={"first_contact.mode": "observe"}) as made:
        made.node.start_milter()
        made.node.start_page()
        made.node.run("policy", "set", "site", "mode=hold")
        made.node.run("policy", "set", "watch@example.org", "mode=observe")
        modes = made.node.spool / "modes"
        until(lambda: modes.exists() and b"observe watch@example.org" in modes.read_bytes(),
              "the daemon knows of the policies")
        yield made


def outage_is_met_rightly(place):
    """Of none of the mailboxes there was mail before."""
    assert place.send("new@example.org", author="a@policy.example").reply.text == TRY_LATER
    assert place.send("watch@example.org", author="a@policy.example").reply.code == 250
    literal = place.send("new@[127.0.0.1]", author="a@policy.example")
    assert literal.reply.code in (451, 554) and not literal.reply.kept, literal.reply


def test_what_nobody_asked_for_yet_waits_while_the_store_is_out_of_service(place):
    place.redis.daemon.stop()
    outage_is_met_rightly(place)
    place.node.milter.stop()
    place.node.start_milter()
    outage_is_met_rightly(place)
    place.redis.start()
    until(lambda: place.send("new@example.org", author="b@policy.example").reply.url,
          "the store is back")


def test_policies_that_are_damaged_on_the_disk_are_told_and_written_anew(place):
    modes = place.node.spool / "modes"
    whole = modes.read_bytes()
    assert whole.endswith(b"\nend\n")
    assert "modes in the spool is damaged" not in place.node.milter.output()
    place.node.milter.stop()
    place.redis.daemon.stop()
    modes.write_bytes(whole[:-5])
    place.node.start_milter()
    until(lambda: "modes in the spool is damaged" in place.node.milter.output(), "the warning")
    outage_is_met_rightly(place)
    place.redis.start()
    until(lambda: modes.read_bytes() == whole, "they are written anew")


def test_a_policy_that_is_taken_back_is_no_longer_remembered(place):
    place.node.run("policy", "set", "site", "mode=")
    modes = place.node.spool / "modes"
    until(lambda: b"hold" not in modes.read_bytes(), "the daemon knows of it")
    place.redis.daemon.stop()
    assert place.send("late@example.org", author="c@policy.example").reply.code == 250
    place.redis.start()
