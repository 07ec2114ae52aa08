# SPDX-License-Identifier: Apache-2.0
"""Real signatures: OpenDKIM verifies before us; a signed mail still verifies after its hold."""
import subprocess

import dkim
import pytest

from testsite.place import Place
from testsite.process import Daemon
from testsite.sender import message

SELECTOR, DOMAIN = b"s1", b"signed.example"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    key = folder / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", key, "-pubout"], check=True,
                            capture_output=True, text=True).stdout
    record = "v=DKIM1; k=rsa; p=" + "".join(public.splitlines()[1:-1])
    (folder / "keys").write_text(f"s1._domainkey.signed.example {record}\n")
    socket = folder / "opendkim.sock"
    conf = folder / "opendkim.conf"
    conf.write_text(f"Mode v\nSocket local:{socket}\nUMask 000\nAuthservID mx.example.org\n"
                    f"TestPublicKeys {folder}/keys\nSyslog no\nAlwaysAddARHeader yes\n"
                    "RemoveARAll no\nRequireSafeKeys no\nUserID root\nInternalHosts 192.0.2.99\n")
    for parent in [folder, *folder.parents][:4]:
        if str(parent) != "/tmp":
            parent.chmod(0o755)
    opendkim = Daemon("opendkim", ["opendkim", "-f", "-x", conf], folder / "opendkim.log")
    opendkim.start(ready=socket.exists)
    node_folder = folder / "site"
    made = Place(folder=node_folder if node_folder.mkdir() is None else None,
                 milters=f"unix:{socket}, {{unix:{node_folder}/node/milter.sock, "
                         "default_action=tempfail}")
    made._ends(opendkim)
    made.key = key.read_bytes()
    made.record = record.encode()
    yield made
    made.close()


def signed(place, tag, author="alice@signed.example", **options):
    content = message(author, ["joe@example.org"], tag, fields=[
        "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"],
        body="Grüße,\r\n.\r\n..dots\r\nFrom the start\r\n" + "long " * 300 + "\r\n\r\n")
    header = dkim.sign(content, SELECTOR, DOMAIN, place.key, linesep=b"\r\n", **options)
    return header + content


def verifies(place, raw):
    return dkim.verify(raw, dnsfunc=lambda name, timeout=5: place.record
                       if name.rstrip(b".") == b"s1._domainkey.signed.example" else None)


@pytest.mark.parametrize("canonical", [
    (b"simple", b"simple"), (b"relaxed", b"relaxed"), (b"simple", b"relaxed")])
def test_a_signed_mail_is_held_answered_and_still_verifies(place, canonical):
    author = f"{canonical[0].decode()}{canonical[1].decode()}@signed.example"
    tag = f"dkim{canonical[0].decode()}{canonical[1].decode()}"
    content = signed(place, tag, author, canonicalize=canonical)
    assert verifies(place, content)
    entry = place.send("joe@example.org", reverse_path=author, content=content, tag=tag)
    assert entry.reply.code == 554, entry.reply
    assert place.answer(entry, author).status == 303
    [mail] = place.delivered(entry)
    assert "unverified" not in mail.mark
    raw = mail.raw.replace(b"\n", b"\r\n")
    assert verifies(place, raw)
    # Authenticated, so known from now on.
    known = place.send("joe@example.org", reverse_path=author,
                       content=signed(place, tag + "b", author), tag=tag + "b")
    assert known.reply.code == 250
    [mail] = place.delivered(known)
    assert mail.mark == "pass; reason=contact; author=signed.example"
    assert verifies(place, mail.raw.replace(b"\n", b"\r\n"))


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
