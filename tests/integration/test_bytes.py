# SPDX-License-Identifier: Apache-2.0
"""Bytes: what is held comes out as it came in, or is refused with a clear reply; never cut."""
import uuid

import pytest

from testsite.place import Place
from testsite.sender import dkim_pass
from testsite.waiting import until

MTAS = ["postfix", "sendmail"]

# Fields of the MTA at delivery and at the second reception, and ours, stand before the message.
OUR_FIELDS = (b"Return-Path:", b"X-Original-To:", b"Delivered-To:", b"Received:", b"Countersign:")

BASE = b"From: alice@bytes.example\r\nTo: joe@example.org\r\nSubject: bytes\r\n" \
       b"Date: Mon, 03 May 2027 14:02:00 +0000\r\nMessage-ID: <%s@bytes.example>\r\n"

CORPUS = {
    "plain": (b"", b"text\r\n"),
    "empty body": (b"", b""),
    "dot lines": (b"", b".\r\n..\r\n...\r\n.text\r\n. \r\ntext\r\n.\r\n"),
    "8-bit in body and header": (b"X-Eight: \xe4\xf6\xfc \xff\xfe\r\n", bytes(range(128, 256)) + b"\r\n"),
    "UTF-8 header": ("X-Text: grün ☃ 𝄞\r\n".encode(), "grün\r\n".encode()),
    "NUL in body": (b"", b"before\0after\r\n\0\r\n"),
    "long body line": (b"", b"x" * 30000 + b"\r\n" + b"y" * 998 + b"\r\n"),
    "long header line": (b"X-Long: " + b"z" * 3000 + b"\r\n", b"text\r\n"),
    "many blank lines": (b"", b"\r\n" * 200),
    "trailing blanks": (b"X-Blank: value   \r\nX-Tab:\tvalue\t\r\nX-None:value\r\nX-Empty:\r\n"
                        b"X-Space:  two\r\n", b"text  \t\r\n \r\n\t\r\n"),
    "folds": (b"X-Fold: one\r\n two\r\n\tthree\r\n   four\r\n", b"text\r\n"),
    "odd names and orders": (b"x-lower: 1\r\nX-LOWER: 2\r\nX-lower: 3\r\nReceived: from a by b\r\n"
                             b"DKIM-Signature: v=1; b=\r\n abc\r\n", b"text\r\n"),
    "names like ours": (b"Countersignature: none of ours\r\nX-Countersign: neither\r\n", b"text\r\n"),
    "MIME": (b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n",
             b"--b\r\nContent-Type: text/plain\r\n\r\none\r\n--b\r\n"
             b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
             + b"QUJD" * 19 + b"\r\n--b--\r\n"),
    "percent signs and formats": (b"X-Percent: %s %n %% %d\r\n", b"%s%n\r\n"),
    "From line in body": (b"", b"From here on\r\n>From there\r\n"),
    "big": (b"", (b"0123456789abcdef" * 4 + b"\r\n") * 60000),
    "2000 fields": (b"".join(b"X-%d: v\r\n" % i for i in range(2000)), b"text\r\n"),
    "header of 50 kB": (b"X-Big: " + b"\r\n ".join(b"w" * 990 for _ in range(50)) + b"\r\n", b"text\r\n"),
}


# What Sendmail refuses by itself (MaxHeadersLength is 32768), and what it folds (a line of the header
# section over 2048 bytes), whether it asks us or not.
SENDMAIL_REFUSES = {"header of 50 kB"}
SENDMAIL_FOLDS = {"long header line"}


def original(mail):
    """The delivered bytes behind what the MTA and we put before them."""
    rest = mail.raw
    while rest.startswith(OUR_FIELDS):
        end = rest.index(b"\n") + 1
        while rest[end:end + 1] in (b" ", b"\t"):
            end = rest.index(b"\n", end) + 1
        rest = rest[end:]
    return rest


def send(place, header, body, fields=b"", recipient="joe@example.org"):
    tag = uuid.uuid4().hex
    content = BASE % tag.encode() + header + fields + b"\r\n" + body
    return place.send(recipient, reverse_path="alice@bytes.example", content=content, tag=tag,
                      parameters=" BODY=8BITMIME")


def refused(place, name):
    """Whether the MTA, without asking anybody, refuses this one of the corpus; asserts that it does."""
    if place.mta_name != "sendmail" or name not in SENDMAIL_REFUSES:
        return False
    entry = send(place, *CORPUS[name])
    assert entry.reply.code == 552 and place.held(entry) == []
    return True


def expected(place, name, entry):
    """The bytes that are to arrive."""
    content = entry.content.replace(b"\r\n", b"\n")
    if place.mta_name != "sendmail" or name not in SENDMAIL_FOLDS:
        return content
    other = send(place, *CORPUS[name], recipient="joe@example.net")
    [untouched] = place.delivered(other)
    return original(untouched).replace(other.tag.encode(), entry.tag.encode())


@pytest.mark.parametrize("name", CORPUS)
def test_a_held_message_arrives_as_it_was_sent(place, name):
    if refused(place, name):
        return
    entry = send(place, *CORPUS[name])
    assert entry.reply.code == 554 and entry.reply.kept, entry.reply
    [held_id] = place.held(entry)
    place.node.run("held", "release", held_id)
    [mail] = place.delivered(entry)
    assert mail.mark.startswith("released;")
    # Compared from the sender's first own field on: the MX put its Received above it.
    assert original(mail) == expected(place, name, entry)


@pytest.mark.parametrize("name", CORPUS)
def test_a_passing_message_arrives_as_it_was_sent(place, name):
    if refused(place, name):
        return
    entry = send(place, *CORPUS[name], recipient="postmaster@example.org")
    assert entry.reply.code == 250
    [mail] = place.delivered(entry)
    marked = mail.raw
    header, _, body = marked.partition(b"\n\n")
    lines = [l for l in header.split(b"\n") if not l.startswith(b"Countersign:")]
    mail.raw = b"\n".join(lines) + b"\n\n" + body
    assert original(mail) == expected(place, name, entry)


ODD = {
    "bare LF in body": (b"", b"one\ntwo\r\n"),
    "bare CR in body": (b"", b"one\rtwo\r\n"),
    "bare CR at a line's end": (b"", b"one\r\r\ntwo\r\n"),
    "bare LF in header": (b"X-Odd: one\n two\r\n", b"text\r\n"),
    "bare CR in header": (b"X-Odd: one\rtwo\r\n", b"text\r\n"),
    "NUL in header": (b"X-Nul: before\0after\r\n", b"text\r\n"),
    "a line that is no field": (b"no field at all\r\n", b"text\r\n"),
    "20 000 fields": (b"".join(b"X-%d: v\r\n" % i for i in range(20000)), b"text\r\n"),
    "header of 60 kB and more": (b"X-Big: " + b"\r\n ".join(b"w" * 990 for _ in range(80)) + b"\r\n",
     b"text\r\n"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_bytes_are_mended_by_the_mta_or_refused_but_never_cut_by_us(place, name):
    """What the MTA itself changes (Postfix: bare CR to blank, bare LF to a line end) or refuses (Sendmail: bare CR, bare LF, more header than 32 768 bytes) comes out the
    same whether the mail would be held or not."""
    fields, body = ODD[name]
    through = send(place, fields, body, recipient="joe@example.net")
    if place.mta_name == "sendmail" and through.reply.code in (421, 552):
        again = send(place, fields, body)
        assert again.reply == through.reply and place.held(again) == []
        return
    assert through.reply.code == 250
    [plain] = place.delivered(through)
    held = send(place, fields, body)
    if held.reply.code == 552:  # see the next test
        assert "header field is too large" in held.reply.text and len(fields) > 53_000
        return
    assert held.reply.code in (554, 250), held.reply
    if not held.reply.kept:
        assert held.reply.url is None and place.held(held) == []
        return
    [held_id] = place.held(held)
    place.node.run("held", "release", held_id)
    [mail] = place.delivered(held)
    assert original(mail).replace(held.tag.encode(), b"") == \
        original(plain).replace(through.tag.encode(), b"")


@pytest.mark.parametrize("size", [52_000, 55_000, 60_000, 61_440, 80_000])
@pytest.mark.parametrize("line", [70, 990, 5000, 18_000])
def test_a_field_that_postfix_may_have_cut_is_refused(place, size, line):
    """Postfix cuts a header field to between 54 000 and 60 000 bytes, and nobody can see that it did."""
    value = b"\r\n ".join(b"w" * line for _ in range(size // (line + 3)))
    held = send(place, b"X-Big: " + value + b"\r\n", b"text\r\n")
    if place.mta_name == "sendmail":
        assert held.reply.code in (421, 552) and place.held(held) == []
    elif len(b"X-Big " + value.replace(b"\r\n", b"\n")) > 53_000:
        assert held.reply.code == 552 and "header field is too large" in held.reply.text, held.reply
        assert place.held(held) == []
    else:
        assert held.reply.kept
        [held_id] = place.held(held)
        place.node.run("held", "release", held_id)
        [mail] = place.delivered(held)
        assert value.replace(b"\r\n", b"\n") in mail.raw


def test_what_is_larger_than_we_hold_is_refused_with_a_reason(place):
    entry = send(place, b"", b"0123456789abcdef\r\n" * 1_500_000)
    assert entry.reply.code // 100 in (4, 5) and not entry.reply.kept
    assert "large" in entry.reply.text or "size" in entry.reply.text.lower(), entry.reply
    assert place.held(entry) == []


def test_the_envelope_is_kept(place):
    tag = uuid.uuid4().hex
    content = BASE % tag.encode() + b"\r\ntext\r\n"
    entry = place.send(["joe@example.org", "\"quoted local\"@example.org"], content=content, tag=tag,
                       reverse_path="alice@bytes.example",
                       parameters=" BODY=8BITMIME RET=HDRS ENVID=QQ314159",
                       recipient_parameters=" NOTIFY=FAILURE ORCPT=rfc822;joe@example.org")
    assert entry.reply.code == 554
    [held_id] = place.held(entry)
    place.node.run("held", "release", held_id)
    mails = place.delivered(entry, count=2)
    assert {m.recipient for m in mails} == {"joe@example.org", "quoted local@example.org"} or \
        {m.recipient for m in mails} == {"joe@example.org", "\"quoted local\"@example.org"}
    assert all(m.reverse_path == "alice@bytes.example" for m in mails)


def test_what_the_mta_would_not_take_back_is_not_kept():
    """Our fields make a message larger: one that is just within the MTA's limit would be kept, and
    then never be delivered by any answer."""
    limit = 200_000
    author = "alice@bytes.example"
    with Place(mta_extra=f"message_size_limit = {limit}\n") as place:
        until(lambda: place.node.metrics()["countersign_release_limit_bytes"] == limit, "asked for")
        place.node.run("contacts", "allow", "joe@example.org", "clara@known.example")
        kept, taken = [], []
        for size in range(limit - 2_500, limit, 100):
            body = (b"x" * 98 + b"\r\n") * ((size - len(BASE)) // 100)
            entry = send(place, b"", body)
            assert (entry.reply.code, entry.reply.kept) in ((552, False), (554, True)), entry.reply
            if entry.reply.kept:
                kept.append(entry)
            tag = uuid.uuid4().hex
            content = b"X-Verified: %s\r\n" % dkim_pass("known.example").encode() + \
                (BASE % tag.encode()).replace(author.encode(), b"clara@known.example") + b"\r\n"
            known = place.send("joe@example.org", author="clara@known.example", tag=tag,
                               content=content + body)
            if known.reply.code == 250:
                taken.append(known)
        # What it takes of people who are known, it takes of others too, but for the last few bytes.
        assert len(taken) < 25 and len(taken) - 4 <= len(kept) <= len(taken), (len(kept), len(taken))
        for entry in kept[-2:]:
            place.answer(entry, author)
            place.delivered(entry)
        place.account()
