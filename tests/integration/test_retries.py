# SPDX-License-Identifier: Apache-2.0
"""Senders that try again, many recipients, many senders at once."""
import threading

from testsite.sender import dkim_pass
from testsite.waiting import until

MTAS = ["postfix", "sendmail"]


def test_a_retry_joins_the_first_hold(place):
    first = place.send("joe@example.org", author="retry@first.example")
    again = [place.send("joe@example.org", retry_of=first, reverse_path="retry@first.example")
             for _ in range(3)]
    assert {e.reply.text for e in again} == {first.reply.text}
    assert len(place.held(first)) == 1
    assert place.answer(first, "retry@first.example").status == 303
    place.delivered(first)
    until(lambda: not place.held(first), "removed")
    assert len(place.mailbox.find(first.tag)) == 1


def test_another_body_under_the_same_message_id_is_another_message(place):
    first = place.send("joe@example.org", author="retry@second.example")
    other = place.send("joe@example.org", reverse_path="retry@second.example",
                       content=first.content + b"and one more thing\r\n", tag=first.tag)
    assert other.reply.url != first.reply.url
    assert len(place.held(first)) == 2


def test_another_recipient_of_the_same_message_is_another_hold(place):
    first = place.send("joe@example.org", author="retry@third.example")
    other = place.send("jane@example.org", retry_of=first, reverse_path="retry@third.example")
    assert other.reply.url != first.reply.url
    assert place.answer(other, "retry@third.example").status == 303
    [mail] = place.delivered(first)
    assert mail.recipient == "jane@example.org"


def test_the_same_message_from_two_connections_at_once_is_one_hold(place):
    first = place.ledger.send(["nobody@example.net"], author="race@third.example")
    content, tag = first.content, first.tag
    entries = []
    barrier = threading.Barrier(8)

    def send():
        barrier.wait()
        entries.append(place.send("joe@example.org", content=content, tag=tag,
                                  reverse_path="race@third.example"))
    threads = [threading.Thread(target=send) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    kept = [e for e in entries if e.reply.kept]
    assert kept and all(e.reply.code in (554, 451) for e in entries)
    # Each URL that was given leads somewhere, whoever won.
    assert place.answer(kept[0], "race@third.example").status == 303
    place.delivered(kept[0], "joe@example.org")


def test_a_thousand_recipients(place):
    recipients = [f"person{i}@example.org" for i in range(1000)]
    entry = place.send(recipients, author="many@thousand.example",
                       verified=dkim_pass("thousand.example"))
    assert entry.reply.code == 554 and entry.reply.url
    assert len(place.held(entry)) == 1
    assert place.answer(entry, "many@thousand.example").status == 303
    mails = place.delivered(entry, count=1000, timeout=120)
    assert sorted(m.recipient for m in mails) == sorted(recipients)
    # And each of them knows the author now.
    assert place.send("person999@example.org", author="many@thousand.example",
                      verified=dkim_pass("thousand.example")).reply.code == 250
    place.account()


def test_a_thousand_recipients_half_of_whom_know_the_author(place):
    recipients = [f"member{i}@example.org" for i in range(1000)]
    for i in range(0, 20, 2):
        place.node.run("contacts", "allow", f"member{i}@example.org", "half@known.example")
    entry = place.send(recipients[:20], author="half@known.example",
                       verified=dkim_pass("known.example"))
    assert entry.reply.code == 250
    mails = place.delivered(entry, count=10)
    assert sorted(m.recipient for m in mails) == sorted(recipients[0:20:2])
    assert len(place.held(entry)) == 1


def test_many_senders_at_once(place):
    entries = []

    def send(n):
        for i in range(5):
            entries.append(place.send("joe@example.org", author=f"s{n}-{i}@crowd.example"))
    threads = [threading.Thread(target=send, args=(n,)) for n in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert {e.reply.code for e in entries} == {554}
    assert len({e.reply.url for e in entries}) == 100
    place.account()
