# SPDX-License-Identifier: Apache-2.0
"""Ten thousand mails under forged names: nobody is mailed, and what they leave behind is bounded."""
import pytest

from testsite.milter_peer import MilterPeer
from testsite.page import answer
from testsite.place import Place
from testsite.sender import dkim_pass
from testsite.waiting import until

MAILS, RECIPIENTS, MOST_ASKED = 10_000, 5, 200


def keys(place, pattern="*"):
    client = place.redis.client()
    try:
        cursor, found = b"0", set()
        while True:
            cursor, page = client("SCAN", cursor, "MATCH", pattern, "COUNT", "5000")
            found.update(page)
            if cursor == b"0":
                return found
    finally:
        client.close()


def flood(place, say):
    """Each mail of its own author, domain and network, to a few mailboxes."""
    peer = MilterPeer(place.node.socket)
    replies = {}
    for n in range(MAILS):
        if n % 100 == 0:
            peer.connect(f"10.{n // 25600}.{n // 100 % 256}.7")
        author = f"victim{n}@innocent{n}.example"
        reply = peer.play(author, f"user{n % RECIPIENTS}@example.org",
                          [("From", author), ("Subject", f"Offer {n}"),
                           ("Message-ID", f"<{n}@flood.example>")])
        word = say(reply)
        replies[word] = replies.get(word, 0) + 1
    peer.close()
    return replies


def first_words(reply):
    return reply[:9] if reply else "passed"


FRIEND = {"author": "alice@friend.example", "verified": dkim_pass("friend.example")}


def bounded(place, held=0):
    """A record, a view and a token for each that is remembered."""
    assert len(keys(place, "cs:held:*")) <= RECIPIENTS * MOST_ASKED + held
    assert len(keys(place, "cs:answer:*")) <= RECIPIENTS * MOST_ASKED + held
    client = place.redis.client()
    for n in range(RECIPIENTS):
        assert client("HLEN", f"cs:{{user{n}@example.org}}:asked") <= MOST_ASKED
    client.close()
    assert place.outside.messages == [] and '"queue_name"' not in place.postfix.queue()


def test_where_nothing_is_kept():
    with Place(keys={"first_contact.mode": "refuse"}) as place:
        # Somebody real, whom the flood must not wash away.
        url = place.send("user0@example.org", **FRIEND).reply.url
        assert url
        assert flood(place, first_words) == {"554-5.7.1": MAILS}
        assert place.node.held_files() == {}
        bounded(place)
        assert len(keys(place)) <= RECIPIENTS * (2 * MOST_ASKED + 1) + 50
        assert answer(url, "alice@friend.example").status == 303
        until(lambda: place.send("user0@example.org", **FRIEND).reply.code == 250, "let in")


def test_where_mail_waits_at_its_senders():
    """Who waits already keeps his place; of the flood, what finds none is held, as far as the spool's
    shares go, or refused."""
    with Place(keys={"first_contact.mode": "defer", "first_contact.ask_after": "1d",
                     "spool.limit": "2 MB", "milter.max_message": "100 KB"}) as place:
        url = place.send("user0@example.org", **FRIEND).reply.url
        assert url
        replies = flood(place, first_words)
        assert set(replies) == {"450 4.7.1", "554-5.7.1"}
        assert replies["450 4.7.1"] <= RECIPIENTS * MOST_ASKED / 2
        held = place.node.held_files()
        assert sum(len(raw) for raw in held.values()) < 2_000_000
        bounded(place, len(held))
        # He tried once, each network of the flood often: it is what they asked that is forgotten.
        again = place.send("user0@example.org", **FRIEND).reply
        assert (again.code, again.url) == (450, url)


def test_where_the_spool_is_full():
    """In mode hold the spool's shares are the bound, and behind it the one of mode refuse."""
    with Place(keys={"spool.limit": "2 MB", "milter.max_message": "100 KB"}) as place:
        replies = flood(place, first_words)
        # 451: a disk that takes its time is a doubt.
        assert set(replies) - {"451 4.3.0"} == {"554-5.7.1"}
        held = place.node.held_files()
        assert sum(len(raw) for raw in held.values()) < 2_000_000
        assert len(keys(place, "cs:held:*")) <= len(held) + RECIPIENTS * MOST_ASKED
        assert place.outside.messages == []
        friend = place.send("user0@example.org", author="alice@friend.example",
                            verified=dkim_pass("friend.example"))
        assert "kept for you" in friend.reply.text
