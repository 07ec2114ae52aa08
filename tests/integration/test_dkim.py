# SPDX-License-Identifier: Apache-2.0
"""Real signatures: OpenDKIM verifies before us; a signed mail still verifies after its hold."""
import shutil
import tempfile
from pathlib import Path

import pytest

from testsite.opendkim import OpenDkim
from testsite.place import Place, mta_class
from testsite.sender import message

MTAS = ["postfix", "sendmail"]


@pytest.fixture(scope="module")
def place(mta):
    folder = Path(tempfile.mkdtemp(prefix="countersign-", dir=mta_class(mta).base))
    folder.chmod(0o755)
    opendkim = OpenDkim(folder / "opendkim", "signed.example").start()
    site = folder / "site"
    site.mkdir()
    made = Place(folder=site, mta=mta,
                 milters=mta_class(mta).asks(opendkim.socket, site / "node" / "milter.sock"))
    made.opendkim = opendkim
    yield made
    made.close()
    opendkim.stop()
    shutil.rmtree(folder, ignore_errors=True)


def signed(place, tag, author="alice@signed.example", **options):
    content = message(author, ["joe@example.org"], tag, fields=[
        "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"],
        body="Grüße,\r\n.\r\n..dots\r\nFrom the start\r\n" + "long " * 300 + "\r\n\r\n")
    return place.opendkim.signed(content, **options)


@pytest.mark.parametrize("canonical", [
    (b"simple", b"simple"), (b"relaxed", b"relaxed"), (b"simple", b"relaxed")])
def test_a_signed_mail_is_held_answered_and_still_verifies(place, canonical):
    author = f"{canonical[0].decode()}{canonical[1].decode()}@signed.example"
    tag = f"dkim{canonical[0].decode()}{canonical[1].decode()}"
    content = signed(place, tag, author, canonicalize=canonical)
    assert place.opendkim.verifies(content)
    entry = place.send("joe@example.org", reverse_path=author, content=content, tag=tag)
    assert entry.reply.code == 554, entry.reply
    assert place.answer(entry, author).status == 303
    [mail] = place.delivered(entry)
    assert "unverified" not in mail.mark
    raw = mail.raw.replace(b"\n", b"\r\n")
    assert place.opendkim.verifies(raw)
    # Authenticated, so known from now on.
    known = place.send("joe@example.org", reverse_path=author,
                       content=signed(place, tag + "b", author), tag=tag + "b")
    assert known.reply.code == 250
    [mail] = place.delivered(known)
    assert mail.mark == "pass; reason=contact; author=signed.example"
    assert place.opendkim.verifies(mail.raw.replace(b"\n", b"\r\n"))


def test_a_broken_signature_is_a_stranger_under_a_known_name(place):
    tag = "dkimbroken"
    author = "relaxedrelaxed@signed.example"
    content = signed(place, tag, author).replace(b"Offer", b"0ffer")
    entry = place.send("joe@example.org", reverse_path=author, content=content, tag=tag)
    assert entry.reply.code == 250 and len(place.held(entry)) == 1


def test_an_unsigned_field_of_our_verifier_from_outside_counts_for_nothing(place):
    tag = "dkimforged"
    content = b"Authentication-Results: mx.example.org; dkim=pass header.d=forged.example\r\n" + \
        message("eve@forged.example", ["joe@example.org"], tag)
    entry = place.send("joe@example.org", reverse_path="eve@forged.example", content=content, tag=tag)
    assert entry.reply.code == 554
    assert place.answer(entry, "eve@forged.example").status == 303
    [mail] = place.delivered(entry)
    assert "author=unverified" in mail.mark
