# SPDX-License-Identifier: Apache-2.0
"""The page's other ways, through Redis, spool and MTA: digits, taking back, disowning."""
import concurrent.futures
import hashlib
import hmac
import re

import pytest

from testsite.page import post, proof_of_work, request
from testsite.place import Place
from testsite.sender import spf_pass
from testsite.waiting import until

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def place():
    with Place(keys={"challenge.channels": ["reply", "mail"]}) as made:
        yield made


def framed(*fields):
    return b"".join(b"%d:%s" % (len(f), f) for f in fields)


def read_digits(place, url, code_id):
    """What a person reads in the image: made anew from the web host's key."""
    secrets = (place.node.folder / "challenge.secrets").read_text()
    key = bytes.fromhex(re.search(r"^wait \S+ ([0-9a-f]{64})", secrets, re.M).group(1))
    token = url.rsplit("/", 1)[1].encode()
    binding = hashlib.sha256(framed(b"proof", token)).digest()[:16].hex().encode()
    window, at, _ = code_id.encode().split(b".")
    mac = hmac.new(key, framed(b"code-digits", binding, window, at), hashlib.sha256).digest()
    return f"{int.from_bytes(mac[:8], 'big') % 1000000:06d}"


def state(url):
    return request(url, headers=JSON).json()["state"]


def confirm(url, address):
    """Both steps; returns the status of the second."""
    stamp = post(url, {"address": address}, JSON).json()["confirm"]
    return post(url, {"address": address, "confirm": stamp}).status


def challenged_by_mail(place, author):
    entry = place.send("joe@example.org", author=author, verified=spf_pass(author))
    [taken, *_] = place.outside.wait_for(author)
    url = re.search(rb"http://127\.0\.0\.1:\d+/c/[0-9A-Z]{26}", taken.content).group(0)
    return entry, url.decode()


def test_six_digits_deliver_a_strangers_mail(place):
    entry = place.send("joe@example.org", author="bob@digits.example")
    url = entry.reply.url
    code = request(url, headers=JSON).json()["code"]
    fields = {"address": "bob@digits.example", "code": read_digits(place, url, code["id"]),
              "code_id": code["id"]}
    assert post(url, fields).status == 303
    [mail] = place.delivered(entry)
    assert mail.mark.endswith("proof=address+code")
    place.account()


def test_what_was_taken_back_is_kept_and_can_be_restored(place):
    author = "carl@stranger.example"
    entry = place.send("joe@example.org", author=author)
    [held_id] = place.held(entry)
    url = entry.reply.url
    assert confirm(url + "/withdraw", author) == 303
    assert state(url) == "withdrawn"
    until(lambda: [h["id"] for h in place.node.run("held", "list", "--state", "withdrawn",
                                                   json_lines=True)] == [held_id], "marked")
    assert len(place.held(entry)) == 1 and place.mailbox.find(entry.tag) == []
    # No answer lets it in any more.
    assert post(url, {"address": author, "altcha": "x"}).status == 303
    assert request(url + "/pow").status == 404
    assert place.node.run("held", "restore", held_id).stdout.startswith(held_id)
    until(lambda: [h["id"] for h in place.node.run("held", "list", "--state", "held",
                                                   json_lines=True)] == [held_id], "restored")
    # Its sender sees that, and may answer after all.
    until(lambda: state(url) == "waiting", "shown")
    assert post(url, {"address": author, "altcha": proof_of_work(url)}).status == 303
    place.delivered(entry)
    place.account()


def test_who_disowned_a_message_gets_no_challenge_by_mail(place):
    author = "dora@disowned.example"
    entry, url = challenged_by_mail(place, author)
    assert confirm(url + "/not-me", author) == 303
    until(lambda: place.node.metrics()['countersign_withdrawn_total{by="not-me"}'] == 1, "counted")
    again = place.send("ann@example.org", author=author, verified=spf_pass(author))
    assert again.reply.code == 554 and again.reply.url  # told in the reply, not by mail
    assert len(place.outside.wait_for(author)) == 1
    place.account()


def test_a_hundred_presses_at_once_deliver_once(place):
    author = "emma@pressed.example"
    entry = place.send("joe@example.org", author=author)
    fields = {"address": author, "altcha": proof_of_work(entry.reply.url)}
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(lambda _: post(entry.reply.url, fields).status, range(100)))
    assert 303 in statuses and set(statuses) <= {303, 422, 429, 503}
    place.delivered(entry, count=1)
    until(lambda: not place.held(entry), "the file is gone")
    assert len(place.mailbox.find(entry.tag)) == 1
    place.account()
