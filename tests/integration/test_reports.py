# SPDX-License-Identifier: Apache-2.0
"""What is let in and then bounces reports to nobody who may not have written it (law 2)."""
import pytest

from testsite.page import answer
from testsite.place import Place
from testsite.sender import dkim_pass


@pytest.fixture(scope="module")
def place():
    """Joe has his mail forwarded to a provider that refuses it."""
    forward = "virtual_alias_maps = inline:{ joe@example.org=joe@else.example }\n"
    with Place(mta_extra=forward) as made:
        made.outside.script.replies["RCPT"] = \
            lambda path: "550 5.7.1 spam" if "else.example" in path else "250 2.1.5 Ok"
        yield made


def reported_to(place, entry, author):
    """Sends an authenticated one behind it: what it leads to comes later than all else."""
    last = place.send("joe@example.org", author=f"last.{author}",
                      verified=dkim_pass(author.partition("@")[2]))
    assert answer(last.reply.url, f"last.{author}").status == 303
    place.outside.wait_for(f"last.{author}")
    return [m for m in place.outside.messages if entry.tag.encode() in m.content]


def test_a_forger_who_answers_makes_no_bounce_to_his_victim(place):
    entry = place.send("joe@example.org", author="victim@innocent.example")
    assert answer(entry.reply.url, "victim@innocent.example").status == 303
    assert reported_to(place, entry, "alice@one.example") == []


def test_a_forger_can_ask_for_no_report_of_success(place):
    entry = place.send("jane@example.org", author="victim@innocent.example",
                       parameters=" RET=FULL", recipient_parameters=" NOTIFY=SUCCESS,FAILURE")
    assert answer(entry.reply.url, "victim@innocent.example").status == 303
    [mail] = place.delivered(entry)
    assert mail.reverse_path == "victim@innocent.example"
    assert reported_to(place, entry, "alice@two.example") == []


def test_nor_does_an_operator_who_lets_a_forged_mail_in(place):
    entry = place.send("joe@example.org", author="victim@innocent.example",
                       fields=["Precedence: bulk"])
    [held_id] = place.held(entry)
    place.node.run("held", "release", held_id)
    assert reported_to(place, entry, "alice@three.example") == []


def test_nor_does_who_signs_as_himself_under_a_foreign_reverse_path(place):
    entry = place.send("joe@example.org", author="x@evil.example",
                       reverse_path="victim@innocent.example",
                       verified=dkim_pass("evil.example"))
    assert answer(entry.reply.url, "x@evil.example").status == 303
    assert reported_to(place, entry, "alice@four.example") == []
