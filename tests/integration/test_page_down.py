# SPDX-License-Identifier: Apache-2.0
"""No URL is named while nobody would answer at it."""
from testsite.place import Place
from testsite.sender import dkim_pass
from testsite.waiting import until

MTAS = ["postfix", "sendmail"]

HEARTBEAT = "cs:web:heartbeat"
HEARTBEAT_LIFE_MS = (4 * 3600 + 60) * 1000  # the key lives as long as its age is of interest


def age(place, seconds):
    """Makes the last heartbeat that old, as if the page had been down so long."""
    client = place.redis.client()
    assert client("PEXPIRE", HEARTBEAT, HEARTBEAT_LIFE_MS - seconds * 1000) == 1
    client.close()


def test_a_page_that_was_never_started_is_not_named():
    with Place(page=False) as alone:
        asked = alone.send("joe@example.org", author="z@pagedown.example")
        assert asked.reply.text == "451 4.3.0 Temporary problem, please try again later"
        assert alone.held(asked) == []


def test_a_dead_page_is_not_named(place):
    entry = place.send("joe@example.org", author="a@pagedown.example")
    assert entry.reply.url
    place.node.page.kill()

    age(place, 30)
    assert place.send("joe@example.org", author="b@pagedown.example").reply.url
    age(place, 61)
    down = place.send("joe@example.org", author="c@pagedown.example")
    assert down.reply.text == "451 4.3.0 Temporary problem, please try again later"
    assert place.held(down) == []

    # Mail that needs no page is not delayed.
    place.node.run("contacts", "allow", "joe@example.org", "d@pagedown.example")
    assert place.send("joe@example.org", author="d@pagedown.example",
                      verified=dkim_pass("pagedown.example")).reply.code == 250
    assert place.send("joe@example.org", fields=["Auto-Submitted: auto-replied"]).reply.code == 250

    # That nobody knows of a page, perhaps because the store forgot, is a doubt.
    client = place.redis.client()
    client("DEL", HEARTBEAT)
    client.close()
    assert place.send("joe@example.org", author="e@pagedown.example").reply.code == 451

    # After four hours the recipient's digest is a better hope than the sender's patience.
    client = place.redis.client()
    client("SET", HEARTBEAT, "1", "PX", 30_000)
    client.close()
    silent = place.send("joe@example.org", author="e@pagedown.example")
    assert silent.reply.code == 250 and len(place.held(silent)) == 1

    place.node.start_page()
    back = until(lambda: (lambda e: e if e.reply.url else None)(
        place.send("joe@example.org", author="f@pagedown.example")), "the page is named again")
    assert place.answer(back, "f@pagedown.example").status == 303
    place.delivered(back)
    # What was asked before the page died can still be answered.
    assert place.answer(entry, "a@pagedown.example").status == 303
    place.delivered(entry)
    place.account()
