# SPDX-License-Identifier: Apache-2.0
"""The scratch Postfix by itself: what the other stories rely on."""
import shutil
import tempfile
from pathlib import Path

import pytest

from testsite.mailbox import Mailbox
from testsite.outside import Outside
from testsite.postfix import Postfix
from testsite.sender import Ledger, dkim_pass
from testsite.verifier import Verifier
from testsite.waiting import until


@pytest.fixture(scope="module")
def mta():
    folder = Path(tempfile.mkdtemp(prefix="countersign-", dir="/tmp"))
    outside = Outside()
    verifier = Verifier(folder / "verifier.sock")
    postfix = Postfix(folder, f"unix:{folder}/verifier.sock", outside.port).start()
    postfix.mailbox = Mailbox(postfix.maildir)
    postfix.outside = outside
    postfix.ledger = Ledger(postfix.mx)
    yield postfix
    postfix.stop()
    verifier.stop()
    outside.stop()
    shutil.rmtree(folder)


def test_mail_reaches_the_maildir_and_the_earlier_milter_marks_it(mta):
    forged = "Authentication-Results: mx.example.org; dkim=pass header.d=forged.example"
    entry = mta.ledger.send("joe@example.org", verified=dkim_pass("example.com"), fields=[forged])
    assert entry.reply.code == 250
    until(lambda: mta.mailbox.find(entry.tag), "delivered")
    [mail] = mta.mailbox.find(entry.tag)
    assert mail.recipient == "joe@example.org"
    assert mail.reverse_path == "alice@example.com"
    assert mail.fields("Authentication-Results") == [
        "mx.example.org; dkim=pass header.d=example.com header.s=s1"]
    assert mail.fields("X-Verified") == []


def test_every_byte_after_our_fields_arrives_at_the_re_entry_port(mta):
    ledger = Ledger(mta.reentry)
    content = b"From: alice\r\nX: \xe4\r\n\r\n.dots\r\n..\r\n" + b"x" * 3000 + b"\r\nlast"
    entry = ledger.send("joe@example.org", content=content + b" needle1\r\n", tag="needle1")
    assert entry.reply.code == 250
    until(lambda: mta.mailbox.find("needle1"), "delivered")
    [mail] = mta.mailbox.find("needle1")
    assert mail.raw.endswith(entry.content.replace(b"\r\n", b"\n"))


def test_a_notice_reaches_the_outside_world(mta):
    entry = Ledger(mta.notice).send("alice@example.com", reverse_path="")
    assert entry.reply.code == 250
    [taken] = mta.outside.wait_for("alice@example.com")
    assert taken.reverse_path.startswith("<>")
    assert entry.tag.encode() in taken.content


def test_strangers_cannot_relay(mta):
    assert mta.ledger.send("bob@elsewhere.example").reply.code == 554
