# SPDX-License-Identifier: Apache-2.0
"""first_contact.keep = false: in mode hold nothing is kept of what is challenged."""
from testsite.page import answer
from testsite.sender import dkim_pass
from testsite.waiting import until

PLACE = {"keys": {"first_contact.mode": "hold", "first_contact.keep": False}}


def test_a_first_mail_is_refused_and_passes_once_it_was_answered(place):
    how = {"author": "alice@friend.example", "verified": dkim_pass("friend.example")}
    first = place.send("joe@example.org", **how)
    assert first.reply.text.startswith("554-5.7.1 Not delivered. To be let in open "), first.reply
    assert first.reply.text.endswith("Then please send your message once more.")
    assert not first.reply.kept and place.node.held_files() == {}
    assert answer(first.reply.url, "alice@friend.example").status == 303
    second = until(lambda: (lambda e: e if e.reply.code == 250 else None)(
        place.send("joe@example.org", **how)), "let in")
    [mail] = place.delivered(second)
    assert mail.mark == "pass; reason=contact; author=friend.example"


def test_what_is_not_challenged_is_kept(place):
    entry = place.send("joe@example.org", fields=["Precedence: bulk"])
    assert entry.reply.code == 250 and len(place.held(entry)) == 1
