# SPDX-License-Identifier: Apache-2.0
"""Answers by reply: who was challenged by mail writes back, and need not see the page."""
import email
import email.policy
import re

import pytest

from testsite.place import Place
from testsite.second import add_second
from testsite.sender import dkim_pass, spf_pass
from testsite.waiting import until

MTAS = ["postfix", "sendmail"]
BY_REPLY = {"challenge.channels": ["reply", "mail"], "challenge.answers": ["page", "reply"]}


@pytest.fixture(scope="module")
def place(mta):
    with Place(keys=BY_REPLY, mta=mta) as made:
        yield made


def challenged(place, author, recipient="joe@example.org"):
    """A first mail by `author`; returns its entry and the address of the challenge's Reply-To."""
    entry = place.send(recipient, author=author, verified=spf_pass(author))
    assert entry.reply.code == 250 and len(place.held(entry)) == 1
    [taken] = place.outside.wait_for(author)
    mail = email.message_from_bytes(taken.content, policy=email.policy.default)
    [address] = mail["Reply-To"].addresses
    return entry, address.addr_spec


def reply(ledger, address, author, fields=(), **how):
    """A reply as a mail program writes it."""
    how.setdefault("verified", dkim_pass(author.split("@")[1]))
    return ledger.send(address, author=author, fields=fields, **how)


def kept_waiting(place, entry):
    return len(place.held(entry)) == 1 and not place.mailbox.find(entry.tag)


def test_a_reply_delivers_the_message_and_itself(place):
    author = "anna@replies.example"
    entry, address = challenged(place, author)
    assert address.startswith("joe+") and address.endswith("@example.org") and len(address) == 42
    answer = reply(place.ledger, address, author)
    assert answer.reply.code == 250
    [own] = place.delivered(answer, "joe@example.org")
    assert own.mark == "pass; reason=answered; author=replies.example"
    [first] = place.delivered(entry, "joe@example.org")
    assert first.mark.endswith("proof=reply") and "author=unverified" not in first.mark
    # And he is known from now on.
    until(lambda: place.send("joe@example.org", author=author,
                             verified=spf_pass(author)).reply.code == 250
          and not place.node.held_files(), "known")
    # A second reply is mail like any other, and delivers nothing twice.
    again = reply(place.ledger, address, author)
    place.delivered(again, "joe@example.org")
    assert len(place.mailbox.find(entry.tag)) == 1
    place.node.run("contacts", "remove", "joe@example.org", author)


def test_the_mail_says_so(place):
    author = "bert@told.example"
    challenged(place, author)
    [taken] = place.outside.wait_for(author)
    mail = email.message_from_bytes(taken.content, policy=email.policy.default)
    for kind in ("plain", "html"):
        text = " ".join(mail.get_body((kind,)).get_content().split())
        assert "or simply reply to this mail" in text


@pytest.mark.parametrize("name, how", [
    ("nothing shows who wrote it", {"verified": None}),
    ("somebody else's", {"author": "eve@elsewhere.example"}),
    ("another author's of the same domain", {"author": "other@same.example"}),
    ("forged, as another domain vouches", {"verified": dkim_pass("elsewhere.example")}),
    ("a vacation notice", {"fields": ["Auto-Submitted: auto-replied"]}),
    ("a vacation notice of old", {"fields": ["Precedence: bulk"]}),
    ("a list's", {"fields": ["List-Id: <l.same.example>"]}),
    ("a bounce", {"reverse_path": ""}),
    ("forwarded", {"fields": ["Resent-From: x@y.example"]}),
])
def test_what_is_not_the_authors_own_answers_nothing(place, name, how):
    author = f"{re.sub('[^a-z]', '', name)}@same.example"
    entry, address = challenged(place, author)
    answer = reply(place.ledger, address, **{"author": author, **how})
    # It waits for the recipient, or for an answer of its own: for his plain mailbox.
    assert answer.reply.kept and len(place.held(answer)) == 1
    assert kept_waiting(place, entry)
    for held_id in place.held(answer) + place.held(entry):
        place.node.run("held", "release", held_id)
    place.delivered(answer, "joe@example.org")
    place.delivered(entry)


def test_an_address_that_names_nothing_any_more_is_the_mailboxs(place):
    author = "dora@late.example"
    entry, address = challenged(place, author)
    [held_id] = place.held(entry)
    place.node.run("held", "drop", held_id)
    until(lambda: not place.held(entry), "dropped")
    answer = reply(place.ledger, address, author)
    assert answer.reply.kept and len(place.held(answer)) == 1
    assert not place.mailbox.find(entry.tag)
    place.node.run("held", "release", *place.held(answer))
    place.delivered(answer, "joe@example.org")


def test_a_detail_of_that_form_that_is_not_ours_is_a_detail(place):
    author = "emil@detail.example"
    address = "joe+" + "7" * 26 + "@example.org"
    entry = place.send(address, author=author, verified=spf_pass("other@" + author))
    assert len(place.held(entry)) == 1
    place.node.run("held", "release", *place.held(entry))
    place.delivered(entry, address)


def test_an_infected_or_denied_author_answers_nothing(place):
    author = "fred@denied.example"
    entry, address = challenged(place, author)
    place.node.run("contacts", "deny", "joe@example.org", author)
    assert reply(place.ledger, address, author).reply.code == 554
    assert kept_waiting(place, entry)
    place.node.run("contacts", "remove", "joe@example.org", author)
    place.node.run("held", "release", *place.held(entry))
    place.delivered(entry)


def test_who_blocks_its_author_takes_the_answer_from_nobody_else(place):
    author = "frida@halfdenied.example"
    entry, address = challenged(place, author, ["joe@example.org", "ann@example.org"])
    place.node.run("contacts", "deny", "joe@example.org", author)
    assert reply(place.ledger, address, author).reply.code == 554
    [first] = place.delivered(entry, "ann@example.org")
    assert first.mark.endswith("proof=reply")
    assert not [mail for mail in place.mailbox.find(entry.tag) if mail.recipient == "joe@example.org"]
    place.node.run("contacts", "remove", "joe@example.org", author)
    place.node.run("held", "release", "--for", "joe@example.org", *place.held(entry))
    place.delivered(entry)


def test_the_reply_and_the_page_at_once_deliver_once(place):
    author = "gina@both.example"
    entry, address = challenged(place, author)
    [taken] = place.outside.wait_for(author)
    for _ in range(3):
        assert reply(place.ledger, address, author).reply.code == 250
    place.delivered(entry)
    until(lambda: not place.held(entry), "removed")
    assert len(place.mailbox.find(entry.tag)) == 1


def test_without_the_key_no_address_is_offered(mta):
    with Place(keys={"challenge.channels": ["reply", "mail"]}, mta=mta) as place:
        author = "hans@plain.example"
        place.send("joe@example.org", author=author, verified=spf_pass(author))
        [taken] = place.outside.wait_for(author)
        assert b"\r\nReply-To:" not in taken.content and b"reply to this" not in taken.content


def test_the_reply_comes_to_the_other_host():
    """Law: whichever node sees the reply, the one that holds the message hears of it."""
    with Place(keys=BY_REPLY) as place:
        add_second(place)
        author = "ida@nodes.example"
        entry, address = challenged(place, author)
        assert not place.second.held_with(entry.tag)
        answer = reply(place.second_ledger, address, author)
        assert answer.reply.code == 250
        place.delivered(answer, "joe@example.org")
        place.delivered(entry, "joe@example.org")
        # The host that holds is down while the reply comes: the answer waits for it.
        author = "jim@nodes.example"
        entry, address = challenged(place, author)
        place.node.milter.kill()
        answer = reply(place.second_ledger, address, author)
        place.delivered(answer, "joe@example.org")
        assert not place.mailbox.find(entry.tag)
        place.node.start_milter()
        place.delivered(entry, "joe@example.org")
        until(lambda: not place.held(entry), "removed")
        assert len(place.mailbox.find(entry.tag)) == 1
