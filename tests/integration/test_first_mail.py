# SPDX-License-Identifier: Apache-2.0
"""The main story: a first mail is held, its sender answers, it arrives; contacts pass at once."""
import re

import pytest

from testsite.page import answer, post, proof_of_work, request
from testsite.sender import dkim_pass, spf_pass
from testsite.waiting import until

MTAS = ["postfix", "sendmail"]


def test_a_stranger_is_told_where_to_answer_and_the_mail_is_kept(place):
    entry = place.send("joe@example.org")
    assert entry.reply.code == 554
    first, second = entry.reply.text.splitlines()
    assert re.fullmatch(
        r"554-5\.7\.1 Not delivered yet, but kept for you\. To deliver it open "
        rf"http://127\.0\.0\.1:{place.node.page_port}/c/[0-9A-HJKMNP-TV-Z]{{26}}", first)
    assert re.fullmatch(
        r"554 5\.7\.1 and type your address\. Kept until \d{1,2} [A-Z][a-z]{2} \d{4}\. "
        r"No need to send it again\.", second)
    assert len(place.held(entry)) == 1
    assert place.mailbox.find(entry.tag) == []
    place.account()


def test_an_unauthenticated_author_answers_and_the_mail_arrives_once_marked_unverified(place):
    entry = place.send("joe@example.org", author="bob@stranger.example")
    [held_id] = place.held(entry)
    done = place.answer(entry, "bob@stranger.example")
    assert done.status == 303, done.text
    [mail] = place.delivered(entry)
    assert mail.recipient == "joe@example.org"
    assert mail.reverse_path == "bob@stranger.example"
    assert re.fullmatch(
        rf"released; reason=answered; author=unverified; held={held_id}; since=[^;]+; "
        r"proof=address\+pow", mail.mark), mail.mark
    until(lambda: not place.held(entry), "file removed after the 250")

    # A name is not an identity: the answer made no contact.
    again = place.send("joe@example.org", author="bob@stranger.example")
    assert again.reply.code == 554 and again.reply.url
    assert len(place.mailbox.find(entry.tag)) == 1
    place.account()


@pytest.mark.parametrize("domain,verified", [
    ("signed.example", dkim_pass("signed.example")),
    ("listed.example", spf_pass("carol@listed.example")),
    ("sub.bigcorp.example", dkim_pass("mail.bigcorp.example")),
])
def test_an_authenticated_author_answers_once_and_is_known_from_then_on(place, domain, verified):
    author = f"carol@{domain}"
    entry = place.send("joe@example.org", author=author, verified=verified)
    assert entry.reply.code == 554
    assert place.answer(entry, author).status == 303
    [mail] = place.delivered(entry)
    assert f"; author={domain.removeprefix('sub.').removeprefix('mail.')}; " in mail.mark

    def passes():
        known = place.send("joe@example.org", author=author, verified=verified)
        return known if known.reply.code == 250 else None
    known = until(passes, "the contact passes")
    [mail] = place.delivered(known)
    assert re.fullmatch(r"pass; reason=contact; author=\S+", mail.mark), mail.mark
    assert place.held(known) == []
    # Known to joe, not to jane.
    assert place.send("jane@example.org", author=author, verified=verified).reply.code == 554
    place.account()


def test_one_answer_frees_all_that_the_same_authenticated_author_has_waiting(place):
    author, verified = "dora@many.example", dkim_pass("many.example")
    entries = [place.send("joe@example.org", author=author, verified=verified) for _ in range(3)]
    forged = place.send("joe@example.org", author=author)
    assert len({e.reply.url for e in entries}) == 3
    assert place.answer(entries[1], author).status == 303
    for entry in entries:
        place.delivered(entry)
    assert len(place.held(forged)) == 1 and place.mailbox.find(forged.tag) == []
    place.account()


def test_reading_the_page_changes_nothing(place):
    entry = place.send("joe@example.org", author="eve@scanner.example")
    for method in ("GET", "HEAD", "GET", "OPTIONS"):
        request(entry.reply.url, method)
    page = request(entry.reply.url)
    assert page.status == 200
    assert "joe@example.org" in page.text and entry.tag in page.text
    assert "eve@scanner.example" not in page.text, "the page tells the address that is to be typed"
    for path in re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text):
        request(f"http://127.0.0.1:{place.node.page_port}{path}")
    # A bare press of every button, as scanners do.
    for fields in ({}, {"address": ""}, {"address": "joe@example.org"}):
        assert post(entry.reply.url, fields).status == 422
    assert len(place.held(entry)) == 1
    assert place.mailbox.find(entry.tag) == []


def test_a_wrong_address_is_told_so_and_nothing_is_lost(place):
    entry = place.send("joe@example.org", author="fred@wrong.example")
    wrong = place.answer(entry, "frederic@wrong.example")
    assert wrong.status == 422
    assert "another address" in wrong.text
    assert len(place.held(entry)) == 1
    # Case and blanks around it do not matter.
    assert place.answer(entry, " Fred@WRONG.example ").status == 303
    place.delivered(entry)


def test_answering_again_is_harmless(place):
    entry = place.send("joe@example.org", author="gina@twice.example")
    fields = {"address": "gina@twice.example", "altcha": proof_of_work(entry.reply.url)}
    assert post(entry.reply.url, fields).status == 303
    place.delivered(entry)
    assert post(entry.reply.url, fields).status == 303
    status = until(lambda: (lambda r: r if "Delivered" in r.text else None)(
        request(entry.reply.url)), "page says delivered")
    assert status.status == 200
    assert len(place.mailbox.find(entry.tag)) == 1


def test_a_proof_of_another_message_does_not_count(place):
    one = place.send("joe@example.org", author="hugo@swap.example")
    two = place.send("joe@example.org", author="hugo@swap.example")
    stolen = proof_of_work(one.reply.url)
    reply = post(two.reply.url, {"address": "hugo@swap.example", "altcha": stolen})
    assert reply.status == 422
    assert len(place.held(two)) == 1


def test_the_page_speaks_json(place):
    entry = place.send("joe@example.org", author="ina@json.example")
    json = {"Accept": "application/json"}
    wrong = post(entry.reply.url, {"address": "x@json.example"}, json)
    assert wrong.status == 422 and isinstance(wrong.json(), dict)
    right = post(entry.reply.url, {"address": "ina@json.example",
                                   "altcha": proof_of_work(entry.reply.url)}, json)
    assert right.status in (200, 303) and isinstance(right.json(), dict)
    place.delivered(entry)


def test_unknown_and_malformed_tokens_look_alike(place):
    base = f"http://127.0.0.1:{place.node.page_port}/c/"
    pages = [request(base + token) for token in
             ("7Q2MXF4PK9TD3HWA7Q2MXF4PK9", "short", "7Q2MXF4PK9TD3HWA7Q2MXF4PK", "%00" * 26)]
    assert {p.status for p in pages} == {404}
    assert len({p.body for p in pages}) == 1
    assert "Nothing is waiting under this link" in pages[0].text
    posts = [answer_without_proof(base + t) for t in ("7Q2MXF4PK9TD3HWA7Q2MXF4PK9", "short")]
    assert {p.status for p in posts} == {404}


def answer_without_proof(url):
    return post(url, {"address": "a@b.example"})


def test_the_page_is_closed_to_others(place):
    entry = place.send("joe@example.org", author="kim@headers.example")
    headers = request(entry.reply.url).headers
    assert "no-store" in headers["cache-control"]
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "http:" not in policy and "*" not in policy
    assert entry.reply.url.rsplit("/", 1)[1] not in request(entry.reply.url + "x").text
