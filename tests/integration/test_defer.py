# SPDX-License-Identifier: Apache-2.0
"""Mode defer: the sender's own server keeps a first message, and tries again."""
import re
import signal

import pytest

from testsite.page import answer, post, request
from testsite.place import Place
from testsite.postfix import Postfix
from testsite.second import add_second
from testsite.sender import Smtp, dkim_pass, message
from testsite.waiting import until

JSON = {"Accept": "application/json"}
DEFERRED = re.compile(
    r"450 4\.7\.1 First message to this address; waiting for the recipient\. To speed up open "
    r"http://127\.0\.0\.1:\d+/c/[0-9A-HJKMNP-TV-Z]{26}")


@pytest.fixture(scope="module")
def place():
    with Place(keys={"first_contact.mode": "defer", "first_contact.ask_after": "1d"}) as made:
        add_second(made)
        yield made


class Sender:
    """A correspondent's own mail server: an unmodified Postfix that queues and tries again."""

    def __init__(self, place, mx, name="sender"):
        folder = place.folder / name
        folder.mkdir()
        self.postfix = place._ends(Postfix(folder, "", mx, extra=(
            "virtual_mailbox_domains = sender.example\nmyhostname = mail.sender.example\n"
            "smtpd_relay_restrictions = permit_mynetworks, reject\n")).start())

    def submit(self, author, recipient, tag, verified=None):
        smtp = Smtp(self.postfix.mx)
        content = message(author, [recipient], tag, verified)
        assert smtp.send(author, [recipient], content).code == 250
        smtp.close()

    def told(self, tag):
        """What the other side said of the message that still waits here, or None."""
        found = re.search(r'"delay_reason": "([^"]*)"', self.postfix.queue())
        return found.group(1) if found else None


def deferred(reply):
    assert DEFERRED.fullmatch(reply.text), reply
    return reply.url


def rcpt(port, author, recipient="joe@example.org", xclient=None):
    """The reply to RCPT; no DATA is sent."""
    smtp = Smtp(port)
    if xclient:
        smtp("XCLIENT " + xclient)
        smtp("EHLO client.example")
    assert smtp(f"MAIL FROM:<{author}>").code == 250
    reply = smtp(f"RCPT TO:<{recipient}>")
    smtp.close()
    return reply


def test_a_first_message_is_deferred_at_rcpt_by_the_same_url_each_time(place):
    url = deferred(rcpt(place.postfix.mx, "alice@first.example"))
    assert deferred(rcpt(place.postfix.mx, "alice@first.example")) == url
    assert deferred(rcpt(place.second_postfix.mx, "alice@first.example")) == url
    shown = request(url, headers={"Accept": "application/json"}).json()
    assert shown["copy"] == "deferred" and shown["to"] == ["joe@example.org"]
    assert "Your mail server has it" in request(url).text
    # Others have URLs of their own; a large sender's other address is the same one.
    assert deferred(rcpt(place.postfix.mx, "bob@first.example")) != url
    assert deferred(rcpt(place.postfix.mx, "alice@first.example", "ann@example.org")) != url
    near = deferred(rcpt(place.postfix.mx, "alice@first.example", xclient="ADDR=192.0.2.7"))
    assert deferred(rcpt(place.postfix.mx, "alice@first.example",
                         xclient="ADDR=192.0.2.200")) == near
    assert deferred(rcpt(place.postfix.mx, "alice@first.example", xclient="ADDR=192.0.3.7")) != near
    named = deferred(rcpt(place.postfix.mx, "alice@first.example",
                          xclient="NAME=out1.big.example ADDR=192.0.2.7"))
    assert deferred(rcpt(place.postfix.mx, "alice@first.example",
                         xclient="NAME=out9.big.example ADDR=198.51.100.9")) == named


def test_reverse_paths_that_change_with_every_mail_are_one(place):
    one = deferred(rcpt(place.postfix.mx, "prvs=1234abcdef=alice@batv.example"))
    assert deferred(rcpt(place.postfix.mx, "prvs=5678fedcba=alice@batv.example")) == one


@pytest.mark.parametrize("author, recipient", [
    ("", "joe@example.org"), ("no-reply@shop.example", "joe@example.org"),
    ("alice@first.example", "postmaster@example.org"),
    ("srs0=abcd=ef=origin.example=bob@forwarder.example", "joe@example.org")])
def test_who_is_never_deferred(place, author, recipient):
    assert rcpt(place.postfix.mx, author, recipient).code == 250


def test_machines_are_held_without_a_5yz(place):
    for how in ({"reverse_path": ""}, {"author": "no-reply@shop.example"}):
        entry = place.send("joe@example.org", **how)
        assert entry.reply.code == 250 and len(place.held(entry)) == 1


def test_known_reverse_paths_pass_at_once(place):
    place.node.run("contacts", "allow", "joe@example.org", "known@friend.example")
    entry = place.send("joe@example.org", author="known@friend.example",
                       verified=dkim_pass("friend.example"))
    assert entry.reply.code == 250
    assert place.delivered(entry)[0].mark.startswith("pass; reason=contact")
    # The name alone is no identity: the header section tells.
    forged = place.send("joe@example.org", author="known@friend.example")
    assert forged.reply.code == 250 and len(place.held(forged)) == 1


def test_one_deferred_recipient_keeps_no_other_waiting(place):
    place.node.run("contacts", "allow", "ann@example.org", "both@friend.example")
    entry = place.send(["joe@example.org", "ann@example.org"], author="both@friend.example",
                       verified=dkim_pass("friend.example"))
    assert entry.reply.code == 250
    entry.recipients = ["ann@example.org"]  # the other was answered 450 at RCPT
    assert [m.recipient for m in place.delivered(entry)] == ["ann@example.org"]
    assert place.held(entry) == []


def test_what_is_expected_comes_by_any_reverse_path(place):
    def send(tag):
        return place.send("joe@example.org", author="no-reply@bank.example", tag=tag,
                          reverse_path="bounce-7@esp.example", verified=dkim_pass("bank.example"))
    assert send("unexpected").reply.code == 450
    place.node.run("policy", "expect", "joe@example.org", "--domain", "bank.example", "--minutes", "10")
    expected = send("expected")
    assert expected.reply.code == 250
    [mail] = place.delivered(expected)
    assert mail.mark == "pass; reason=expected; author=bank.example"
    place.node.run("policy", "expect", "joe@example.org", "--domain", "bank.example", "--minutes", "0")


def test_an_answer_lets_the_next_try_of_a_real_server_in(place):
    sender = Sender(place, place.postfix.mx)
    sender.submit("carol@sender.example", "joe@example.org", "answered-defer",
                  dkim_pass("sender.example"))
    told = until(lambda: sender.told("answered-defer"), "deferred")
    url = re.search(r"http://\S+/c/\w+", told).group()
    # It tries again and again, and hears the same.
    tries = place.node.metrics()
    until(lambda: place.node.metrics() != tries, "tried")
    assert url in sender.told("answered-defer")
    assert answer(url, "carol@sender.example").status == 303
    assert "tries again by itself" in request(url).text
    until(lambda: place.mailbox.find("answered-defer"), "delivered at the next try")
    [mail] = place.mailbox.find("answered-defer")
    assert mail.mark == "pass; reason=answered; author=sender.example"
    until(lambda: not sender.told("answered-defer"), "its queue is empty")
    # She was authenticated, and the address that she typed is hers: she is known now.
    assert place.send("joe@example.org", author="carol@sender.example",
                      verified=dkim_pass("sender.example")).reply.code == 250


def test_the_recipients_word_lets_the_next_try_in(place):
    sender = Sender(place, place.second_postfix.mx, "sender2")
    sender.submit("dave@sender.example", "joe@example.org", "approved-defer",
                  dkim_pass("sender.example"))
    until(lambda: sender.told("approved-defer"), "deferred")
    url = re.search(r"http://\S+/c/\w+", sender.told("approved-defer")).group()
    assert request(url, headers=JSON).json()["state"] == "waiting"
    place.node.run("contacts", "allow", "joe@example.org", "dave@sender.example")
    until(lambda: place.mailbox.find("approved-defer"), "delivered at the next try")
    assert request(url, headers=JSON).json()["state"] == "delivered"


def test_an_unauthenticated_answer_lets_one_message_in(place):
    url = deferred(rcpt(place.postfix.mx, "erin@plain.example"))
    assert answer(url, "erin@plain.example").status == 303
    until(lambda: rcpt(place.postfix.mx, "erin@plain.example").code == 250, "let in")
    entry = place.send("joe@example.org", author="erin@plain.example")
    assert entry.reply.code == 250
    assert place.delivered(entry)[0].mark == "pass; reason=answered; author=unverified"
    assert deferred(rcpt(place.postfix.mx, "erin@plain.example")) != url


def test_an_answered_forger_is_still_a_forger(place):
    """Who answers for a name that a recipient knows is held by what he is not."""
    place.node.run("contacts", "allow", "zoe@example.org", "--fingerprint", "friend.example",
                   "kim@friend.example", check=False)
    how = {"author": "kim@friend.example"}
    if rcpt(place.postfix.mx, "kim@friend.example", "zoe@example.org").code == 450:
        pytest.fail("a known reverse-path is not deferred")
    entry = place.send("zoe@example.org", **how)
    assert entry.reply.code == 250 and len(place.held(entry)) == 1


def test_the_page_or_the_store_away(place):
    client = place.redis.client()
    place.node.page.kill()
    life = (4 * 3600 + 60) * 1000
    assert client("PEXPIRE", "cs:web:heartbeat", life - 61_000) == 1
    assert rcpt(place.postfix.mx, "page@down.example").text == (
        "451 4.3.0 Temporary problem, please try again later")
    client.close()
    place.node.start_page()
    until(lambda: rcpt(place.postfix.mx, "page@down.example").url, "named again")
    url = deferred(rcpt(place.postfix.mx, "redis@down.example"))
    place.redis.daemon.kill()
    try:
        for _ in range(3):
            assert place.send("joe@example.org", author="redis@down.example").reply.code == 451
    finally:
        place.redis.start()
    until(lambda: rcpt(place.postfix.mx, "redis@down.example").url == url, "as before")
    place.node.milter.kill()
    assert place.send("joe@example.org", author="redis@down.example").reply.code == 451
    place.node.start_milter()
    assert deferred(rcpt(place.postfix.mx, "redis@down.example")) == url
    assert place.outside.messages == []


def test_after_its_time_a_message_is_held_and_challenged(place):
    author = "late@patient.example"
    url = deferred(rcpt(place.postfix.mx, author))
    place.node.write(first_contact__ask_after="1s")
    place.node.milter.send(signal.SIGUSR1)
    entry = until(lambda: (lambda e: e if e.reply.code == 554 else None)(
        place.send("joe@example.org", author=author)), "its time is over")
    assert "kept for you" in entry.reply.text and entry.reply.url != url
    # What waits has another URL now: under the first one nothing does, and nothing can be answered.
    assert request(url).status == 404
    assert post(url, {"address": author}).status == 404
    assert place.answer(entry, author).status == 303
    assert "author=unverified" in place.delivered(entry)[0].mark
    assert request(url).status == 404
    place.node.write(first_contact__ask_after="1d")
    place.node.milter.send(signal.SIGUSR1)
    until(lambda: rcpt(place.postfix.mx, "fresh@patient.example").url, "defers again")
    place.account(nodes=[place.node, place.second])


def test_a_mailbox_of_its_own_defers_where_the_site_holds():
    with Place() as place:
        assert place.send("ann@example.org", author="a@policy.example").reply.code == 554
        place.node.run("policy", "set", "joe@example.org", "mode=defer")
        # Whenever it is sent, it is deferred; at RCPT as soon as the node has heard of it.
        first = place.send("joe@example.org", author="a@policy.example")
        url = deferred(first.reply)
        until(lambda: rcpt(place.postfix.mx, "a@policy.example").code == 450, "asked at RCPT")
        assert deferred(rcpt(place.postfix.mx, "a@policy.example")) == url
        assert "kept for you" in place.send("ann@example.org", author="b@policy.example").reply.text
        place.node.run("policy", "set", "joe@example.org", "mode=hold")
        assert "kept for you" in place.send("joe@example.org", author="c@policy.example").reply.text


def test_who_is_known_by_a_reverse_path_that_changes_waits_once():
    """VERP, or a service that sends for many: its local parts are new with every mail."""
    with Place(keys={"first_contact.mode": "defer", "first_contact.ask_after": "2s"},
               mta_extra="smtpd_relay_restrictions = permit_mynetworks, reject\n"
                         "smtpd_recipient_restrictions = permit_mynetworks, reject\n") as place:
        place.node.run("contacts", "allow", "joe@example.org", "k@k.example",
                       "--fingerprint", "k.example")

        def send(reverse_path, author="k@k.example", domain="k.example", fields=()):
            return place.send("joe@example.org", author=author, reverse_path=reverse_path,
                              verified=dkim_pass(domain), fields=fields)

        def passed(entry, reason="contact"):
            assert entry.reply.code == 250, entry.reply
            assert place.delivered(entry)[0].mark.startswith(f"pass; reason={reason}")

        for first, second, third in (
                ("bounces+joe=example.org@k.example", "bounces+joe=example.org@k.example",
                 "bounces-77-joe=example.org@k.example"),
                ("b-123@esp.example", "b-124@esp.example", "xk-9q@em2.esp.example")):
            deferred(send(first).reply)
            passed(until(lambda: (lambda e: e if e.reply.code == 250 else None)(send(first)),
                         "its time is over"))
            passed(send(second))
            passed(send(third))

        # A stranger of the same service is asked for as he was before, if only once his From is read.
        stranger = send("b-125@esp.example", "s@s.example", "s.example")
        url = deferred(stranger.reply)
        assert deferred(rcpt(place.postfix.mx, "b-125@esp.example", "ann@example.org")) != url
        assert request(url, headers=JSON).json()["copy"] == "deferred"
        assert place.mailbox.find(stranger.tag) == [] and place.held(stranger) == []
        held = until(lambda: (lambda e: e if e.reply.code == 554 else None)(
            send("b-125@esp.example", "s@s.example", "s.example")), "its time is over")
        assert "kept for you" in held.reply.text and len(place.held(held)) == 1
        # A forger of the one whom joe knows is held as ever.
        forged = place.send("joe@example.org", author="k@k.example",
                            reverse_path="b-126@esp.example")
        assert forged.reply.code == 250 and len(place.held(forged)) == 1

        # What joe wrote is answered by a colleague, who has never written: no reply waits.
        joe = Smtp(place.postfix.mx)
        joe.login("joe@example.org")
        asked = message("joe@example.org", ["bob@remote.example"], "asked-by-joe")
        assert joe.send("joe@example.org", ["bob@remote.example"], asked).code == 250
        joe.close()
        passed(send("col@remote.example", "col@remote.example", "remote.example",
                    ["In-Reply-To: <asked-by-joe@client.example>"]), "reply")
        place.account()
