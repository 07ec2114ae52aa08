# SPDX-License-Identifier: Apache-2.0
"""Mode refuse: nothing is kept; who has answered sends his message once more."""
import re
import threading

import pytest

from testsite.page import answer, post, request
from testsite.place import Place
from testsite.second import add_second
from testsite.sender import dkim_pass
from testsite.waiting import until

REFUSED = re.compile(
    r"554-5\.7\.1 Not delivered\. To be let in open http://127\.0\.0\.1:\d+/c/[0-9A-HJKMNP-TV-Z]{26}\n"
    r"554 5\.7\.1 and type your address\. Then please send your message once more\.")


@pytest.fixture(scope="module")
def place():
    with Place(keys={"first_contact.mode": "refuse"}) as made:
        add_second(made)
        yield made


def refused(entry):
    assert REFUSED.fullmatch(entry.reply.text), entry.reply
    return entry.reply.url


def send_until(place, code, **how):
    """Sends until the reply has that code: the node takes an answer a moment after the page."""
    return until(lambda: (lambda e: e if e.reply.code == code else None)(
        place.send("joe@example.org", **how)), f"answered {code}")


def state(url):
    return request(url, headers={"Accept": "application/json"}).json()


def test_an_authenticated_author_answers_and_is_known(place):
    how = {"author": "alice@friend.example", "verified": dkim_pass("friend.example")}
    first = place.send("joe@example.org", **how)
    url = refused(first)
    assert place.held(first) == []
    assert state(url)["copy"] == "refused" and state(url)["state"] == "waiting"
    assert place.send("joe@example.org", **how).reply.url == url
    assert post(url, {"address": "mallory@friend.example"}).status == 422

    assert answer(url, "alice@friend.example").status == 303
    page = request(url)
    assert page.status == 200 and "once more" in page.text
    assert "You will not be asked again" in page.text
    assert state(url)["state"] == "answered"
    second = send_until(place, 250, **how)
    [mail] = place.delivered(second)
    assert mail.mark == "pass; reason=contact; author=friend.example"
    assert place.send("joe@example.org", **how).reply.code == 250
    assert not place.mailbox.find(first.tag) and place.node.held_files() == {}
    # The contact is as an answer makes it.
    [contact] = place.node.run("contacts", "list", "joe@example.org", json_lines=True)
    assert contact["source"] == "answered" and contact["fingerprints"] == ["friend.example"]


def test_whom_nobody_vouches_for_has_one_message_let_in(place):
    author = "bob@plain.example"
    url = refused(place.send("joe@example.org", author=author))
    assert answer(url, author).status == 303
    passed = send_until(place, 250, author=author)
    [mail] = place.delivered(passed)
    assert mail.mark == "pass; reason=answered; author=unverified"
    until(lambda: state(url)["state"] == "delivered", "the page says so")
    # The same message, whose reply was lost on the way, is let in again: it is no other.
    again = place.send("joe@example.org", retry_of=passed, reverse_path=author)
    assert again.reply.code == 250
    place.delivered(passed, count=2)
    # One, and no contact of it; the next is asked anew, by another URL.
    other = refused(place.send("joe@example.org", author=author))
    assert other != url
    assert request(url).status == 404
    assert all(c["subject"] != author for c in
               place.node.run("contacts", "list", "joe@example.org", json_lines=True))


def test_two_messages_at_once_share_no_answer(place):
    author = "race@plain.example"
    url = refused(place.send("joe@example.org", author=author))
    assert answer(url, author).status == 303
    until(lambda: state(url)["state"] == "answered", "answered")
    send_until(place, 250, author=author)
    url = refused(place.send("joe@example.org", author=author))
    assert answer(url, author).status == 303
    entries, threads = [], []
    until(lambda: records(place, "answered"), "the node took it")
    for _ in range(10):
        threads.append(threading.Thread(
            target=lambda: entries.append(place.send("joe@example.org", author=author))))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes = sorted(e.reply.code for e in entries)
    assert codes.count(250) == 1 and set(codes) <= {250, 451, 554}, codes


def records(place, word):
    client = place.redis.client()
    try:
        return [v for v in client.pairs("HGETALL", "cs:{joe@example.org}:asked").values()
                if f"state={word}" in v]
    finally:
        client.close()


def test_an_answer_is_for_who_was_refused(place):
    """The tuple: author, reverse-path, evidence and recipient. Who answers a challenge under a forged
    name lets in what he himself sends, unverified, and nothing of the one he names."""
    forged = place.send("joe@example.org", author="carol@victim.example",
                        xclient="NAME=mail.evil.example ADDR=203.0.113.7")
    genuine = place.send("joe@example.org", author="carol@victim.example",
                         xclient="NAME=mail.victim.example ADDR=198.51.100.7")
    assert refused(forged) != refused(genuine)
    assert answer(forged.reply.url, "carol@victim.example").status == 303
    thief = send_until(place, 250, author="carol@victim.example",
                       xclient="NAME=other.evil.example ADDR=203.0.114.9")
    [mail] = place.delivered(thief)
    assert mail.mark == "pass; reason=answered; author=unverified"
    # Authenticated she is somebody else, and so is she for others, and by another reverse-path.
    for how in ({"verified": dkim_pass("victim.example")}, {"reverse_path": "else@victim.example"}):
        assert refused(place.send("joe@example.org", author="carol@victim.example",
                                  xclient="NAME=mail.victim.example ADDR=198.51.100.7", **how))
    assert refused(place.send("ann@example.org", author="carol@victim.example",
                              xclient="NAME=mail.evil.example ADDR=203.0.113.7"))
    assert place.outside.messages == []


def test_machines_and_bounces_hear_no_5yz(place):
    for how in ({"fields": ["List-Id: <news.shop.example>"]},
                {"fields": ["Auto-Submitted: auto-generated"]},
                {"author": "no-reply@shop.example"}, {"reverse_path": ""},
                {"fields": ["Precedence: bulk"], "body": "x" * 100}):
        entry = place.send("joe@example.org", **how)
        assert entry.reply.code == 250 and len(place.held(entry)) == 1, (how, entry.reply)


def test_one_url_for_all_recipients(place):
    author = "many@plain.example"
    entry = place.send(["joe@example.org", "ann@example.org"], author=author)
    url = refused(entry)
    assert state(url)["to"] == ["joe@example.org", "ann@example.org"]
    assert answer(url, author).status == 303
    until(lambda: state(url)["state"] == "answered", "answered")
    for recipient in ("joe@example.org", "ann@example.org"):
        until(lambda: place.send(recipient, author=author).reply.code == 250, recipient)


def test_who_blocks_the_author_takes_no_answer_from_the_others(place):
    author = "parted@friend.example"
    how = {"author": author, "verified": dkim_pass("friend.example")}
    url = refused(place.send(["joe@example.org", "ann@example.org"], **how))
    place.node.run("contacts", "deny", "ann@example.org", author)
    assert answer(url, author).status == 303
    said = until(lambda: (now := state(url)).get("declined_by") and now, "answered")
    assert (said["state"], said["declined_by"]) == ("answered", ["ann@example.org"])
    page = request(url, headers={"Accept-Language": "en"}).text
    assert "send your message to <bdi>joe@example.org</bdi> once more" in page
    assert "It was not let in by <bdi>ann@example.org</bdi>." in page
    [mail] = place.delivered(send_until(place, 250, **how))
    assert mail.mark == "pass; reason=contact; author=friend.example"
    # Where nobody is left, the page promises nothing.
    alone = {"author": "lonely@friend.example", "verified": dkim_pass("friend.example")}
    url = refused(place.send("joe@example.org", **alone))
    place.node.run("contacts", "deny", "joe@example.org", alone["author"])
    assert answer(url, alone["author"]).status == 303
    said = until(lambda: (now := state(url))["state"] == "failed" and now, "declined")
    assert said["declined_by"] == ["joe@example.org"]
    assert "let in" not in request(url, headers={"Accept-Language": "en"}).text.replace(
        "It was not let in by", "")


def test_a_recipient_of_whom_no_reply_can_speak_has_it_held(place):
    author = {"author": "mixed@friend.example", "verified": dkim_pass("friend.example")}
    place.node.run("contacts", "allow", "ann@example.org", author["author"])
    entry = place.send(["joe@example.org", "ann@example.org"], **author)
    assert entry.reply.code == 250
    assert len(place.delivered(entry, "ann@example.org")) == 1
    assert len(place.held(entry)) == 1
    assert not place.mailbox.find(entry.tag, "joe@example.org")


def test_who_is_denied_is_let_in_by_no_answer(place):
    author = "denied@plain.example"
    url = refused(place.send("joe@example.org", author=author))
    place.node.run("contacts", "deny", "joe@example.org", author)
    assert answer(url, author).status == 303
    before = place.node.metrics()['countersign_requests_total{outcome="not-wanted"}']
    until(lambda: sum(n.metrics()['countersign_requests_total{outcome="not-wanted"}']
                      for n in (place.node, place.second)) > 0, "judged")
    assert before >= 0
    entry = place.send("joe@example.org", author=author)
    assert entry.reply.text == "554 5.7.1 This recipient does not accept mail from you"


def test_both_hosts_name_one_url_and_either_takes_the_answer(place):
    author = "host@plain.example"
    here = place.send("joe@example.org", author=author)
    there = place.second_ledger.send("joe@example.org", author=author)
    assert refused(here) == refused(there)
    # The host that asked dies before the answer comes.
    place.node.milter.kill()
    try:
        assert answer(here.reply.url, author).status == 303
        passed = until(lambda: (lambda e: e if e.reply.code == 250 else None)(
            place.second_ledger.send("joe@example.org", author=author)), "let in there")
        until(lambda: place.mailbox.find(passed.tag), "delivered")
    finally:
        place.node.start_milter()
    # It was one answer, whoever took it.
    assert refused(place.send("joe@example.org", author=author)) != here.reply.url
    client = place.redis.client()
    until(lambda: client("XLEN", "cs:requests:any") == 0, "the stream is empty")
    client.close()


def test_an_answer_that_no_host_could_take_waits_for_them(place):
    author = "sleep@plain.example"
    url = refused(place.send("joe@example.org", author=author))
    place.node.milter.kill()
    place.second.milter.kill()
    assert answer(url, author).status == 303
    place.node.start_milter()
    place.second.start_milter()
    send_until(place, 250, author=author)


def test_without_page_or_store_there_is_no_url(place):
    client = place.redis.client()
    place.node.page.kill()
    life = (4 * 3600 + 60) * 1000
    assert client("PEXPIRE", "cs:web:heartbeat", life - 61_000) == 1
    down = place.send("joe@example.org", author="down@plain.example")
    assert down.reply.text == "451 4.3.0 Temporary problem, please try again later"
    # After four hours the recipient's list is a better hope.
    client("SET", "cs:web:heartbeat", "1", "PX", 30_000)
    silent = place.send("joe@example.org", author="down@plain.example")
    assert silent.reply.code == 250 and len(place.held(silent)) == 1
    place.node.start_page()
    until(lambda: place.send("joe@example.org", author="up@plain.example").reply.url, "page is back")

    url = refused(place.send("joe@example.org", author="redis@plain.example"))
    client.close()
    place.redis.daemon.kill()
    try:
        for author in ("redis@plain.example", "new@plain.example"):
            assert place.send("joe@example.org", author=author).reply.code == 451
        assert request(url).status == 503
    finally:
        place.redis.start()
    until(lambda: place.send("joe@example.org", author="redis@plain.example").reply.url == url,
          "the store is back, and what it knew")
    until(lambda: request(url + "/pow").status == 200, "the page has it too")
    assert answer(url, "redis@plain.example").status == 303
    send_until(place, 250, author="redis@plain.example")


def test_a_store_that_forgot_asks_anew_by_the_same_url(place):
    author = "forgot@plain.example"
    url = refused(place.send("joe@example.org", author=author))
    client = place.redis.client()
    for pattern in ("cs:held:*", "cs:answer:*", "cs:{joe@example.org}:asked"):
        for key in client("KEYS", pattern):
            client("DEL", key)
    client.close()
    assert request(url).status == 404
    assert refused(place.send("joe@example.org", author=author)) == url
    assert answer(url, author).status == 303
    send_until(place, 250, author=author)


def test_over_its_share_of_the_spool_a_stranger_is_asked_and_a_machine_comes_again():
    # Half of 64 KB is kept for authenticated authors, a fifth is what machines get.
    with Place(keys={"spool.limit": "1 MB", "milter.max_message": "200 KB"}) as place:
        body = "\r\n".join(["x" * 70] * 1500)
        entries = []
        while not entries or "kept for you" in entries[-1].reply.text:
            entries.append(place.send("joe@example.org", author=f"a{len(entries)}@flood.example",
                                      body=body))
            assert len(entries) < 20
        url = refused(entries[-1])
        assert place.held(entries[-1]) == []
        machine = place.send("joe@example.org", author="m@flood.example", body=body,
                             fields=["Precedence: bulk"])
        assert machine.reply.code == 450 and "No room" in machine.reply.text
        known = place.send("joe@example.org", author="alice@friend.example", body=body,
                           verified=dkim_pass("friend.example"))
        assert "kept for you" in known.reply.text
        # The answer lets the next one in, in mode hold as well.
        author = entries[-1].reverse_path
        assert answer(url, author).status == 303
        passed = send_until(place, 250, author=author, body=body)
        [mail] = place.delivered(passed)
        assert mail.mark == "pass; reason=answered; author=unverified"
        place.account()
