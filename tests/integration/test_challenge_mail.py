# SPDX-License-Identifier: Apache-2.0
"""The challenge by mail as a mail: what filters and scanners of its reader make of it."""
import email
import email.policy
import email.utils
import os
import re
import subprocess
from html import unescape
from html.parser import HTMLParser

import pytest

from testsite.place import Place
from testsite.sender import spf_pass

LIMIT = 1.0  # docs/page.md states it; SpamAssassin calls mail spam from 5 on


@pytest.fixture(scope="module", params=[["page"], ["page", "reply"]], ids=["page", "reply"])
def place(request):
    with Place(keys={"challenge.channels": ["reply", "mail"],
                     "challenge.answers": request.param}) as made:
        # As most sites have it, and SpamAssassin judges links by their hosts.
        made.node.write(challenge__base_url="https://gate.example.org")
        made.node.milter.stop()
        made.node.start_milter()
        yield made


def challenge(place, author, subject=None):
    content = None
    if subject is not None:
        content = (f"X-Verified: {spf_pass(author)}\r\nFrom: {author}\r\nTo: joe@example.org\r\n"
                   f"Subject: {subject}\r\nMessage-ID: <{author}>\r\n\r\nHello\r\n").encode()
    entry = place.send("joe@example.org", author=author, verified=spf_pass(author), content=content)
    assert entry.reply.code == 250
    [taken] = place.outside.wait_for(author)
    # In place of what the MTA of this test wrote, what the reader's would.
    received = ("Received: from mx.example.org (mx.example.org [93.184.215.14])\r\n\tby "
                "mail.example (Postfix) with ESMTPS id 4ABC\r\n\tfor <reader@mail.example>; "
                f"{email.utils.formatdate()}\r\n")
    return received.encode() + re.sub(rb"\AReceived:.*?\r\n(?=\S)", b"", taken.content, flags=re.S)


def spamassassin(content, folder):
    """The score, and the names of the tests that made it; only what needs no network."""
    done = subprocess.run(["spamassassin", "--local", "--test-mode", "--nocreate-prefs"],
                          input=content, capture_output=True, timeout=120,
                          env={**os.environ, "HOME": str(folder)}, check=True)
    report = email.message_from_bytes(done.stdout)["X-Spam-Status"]
    score = float(re.search(r"score=(-?[\d.]+)", report).group(1))
    return score, re.search(r"tests=(.*?)\s+autolearn", report, re.S).group(1).split(",")


@pytest.mark.parametrize("subject", ["Angebot =?utf-8?q?f=C3=BCr?= 40 St=FChle", ""])
def test_spamassassin_does_not_mind_it(place, tmp_path, subject):
    author = f"anna{len(subject)}@filtered{len(subject)}.example"
    score, tests = spamassassin(challenge(place, author, subject), tmp_path)
    print(f"score {score} of {tests}")
    assert score < LIMIT, tests
    # It does look: the same with a spammer's line in it is spam.
    score, tests = spamassassin(
        challenge(place, "b" + author).replace(
            b"Hello,", b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"),
        tmp_path)
    assert score > 5, tests


class Html(HTMLParser):
    """Every tag, and every attribute that can load or send something."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes
                           if name not in ("lang", "charset", "style", "dir")]


def test_it_has_two_parts_one_link_and_nothing_to_load(place):
    mail = email.message_from_bytes(challenge(place, "carl@linked.example"),
                                    policy=email.policy.default)
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    links = re.findall(r"https?://\S+", plain.get_content())
    assert len(links) == 1
    parsed = Html(html.get_content())
    assert parsed.addresses == links  # one link, and no image, script, style or form
    assert not {"img", "script", "link", "form", "input", "iframe", "style"} & set(parsed.tags)
    assert "url(" not in html.get_content() and "@import" not in html.get_content()
    words = [" ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())
             for text in (plain.get_content(), html.get_content())]
    assert words[0] == words[1], "both parts say the same"
