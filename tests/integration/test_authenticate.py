# SPDX-License-Identifier: Apache-2.0
"""countersign-authenticate by itself: signatures of all kinds, zones of the hostile kind, peers that
say nonsense."""
import struct
import threading

import pytest
from testsite.authenticate import Authenticate, frame
from testsite.nameserver import NameServer
from testsite.signer import Signer
from testsite.waiting import until

CONTENT = (b"From: alice@example.com\r\nTo: joe@example.org\r\nSubject: Offer\r\n"
           b"Date: Mon, 03 May 2027 14:02:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\n"
           b"Forty chairs.\r\n..dots\r\n\r\n" + b"x" * 2000 + b"\r\n")


@pytest.fixture
def dns():
    with NameServer() as server:
        yield server


@pytest.fixture
def process(dns, tmp_path):
    with Authenticate(dns.address, tmp_path / "log") as made:
        yield made


def dkim_of(process, content, author="example.com"):
    return process.examine(content=content, author=author).get("dkim")


# Signatures.

@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
@pytest.mark.parametrize("canonical", [(b"simple", b"simple"), (b"relaxed", b"relaxed")])
def test_a_signature_passes(dns, process, kind, canonical):
    signer = Signer(dns, "example.com", kind=kind)
    [result] = dkim_of(process, signer.sign(CONTENT, canonicalize=canonical))
    assert result == f"dkim=pass header.d=example.com header.s=s1 header.a={kind}-sha256"


def test_a_changed_body_fails(dns, process):
    signed = Signer(dns, "example.com").sign(CONTENT)
    [result] = dkim_of(process, signed.replace(b"Forty", b"Fifty"))
    assert result.startswith("dkim=fail reason=\"body hash mismatch\" header.d=example.com")


def test_a_changed_field_fails(dns, process):
    signed = Signer(dns, "example.com").sign(CONTENT)
    [result] = dkim_of(process, signed.replace(b"Subject: Offer", b"Subject: Order"))
    assert result.startswith("dkim=fail reason=\"signature verification failed\"")


def test_a_signature_that_leaves_the_body_open_counts_for_nothing(dns, process):
    signed = Signer(dns, "example.com").sign(CONTENT, length=True)
    [result] = dkim_of(process, signed + b"And send money.\r\n")
    assert result.startswith("dkim=policy reason=\"body not signed to its end\"")


def test_a_length_that_is_the_whole_body_cuts_nothing(dns, process):
    [result] = dkim_of(process, Signer(dns, "example.com").sign(CONTENT, length=True))
    assert result.startswith("dkim=pass")


def test_an_empty_length_signs_nothing(dns, process):
    bare = CONTENT.split(b"\r\n\r\n")[0] + b"\r\n\r\n"
    signed = Signer(dns, "example.com").sign(bare, length=True)
    assert b"l=" in signed
    [result] = dkim_of(process, signed + CONTENT.split(b"\r\n\r\n", 1)[1])
    assert result.startswith(("dkim=policy", "dkim=fail")), result


def test_a_signature_without_from_counts_for_nothing(dns, process):
    signer = Signer(dns, "example.com")
    signed = signer.sign(CONTENT, include_headers=[b"from", b"to", b"subject"])
    without = signed.replace(b"h=from :", b"h=", 1)
    for content in (without, signed.replace(b"From: alice", b"From: mallory")):
        [result] = dkim_of(process, content)
        assert not result.startswith("dkim=pass"), result


def test_a_key_of_512_bits_counts_for_nothing(dns, process):
    signed = Signer(dns, "example.com", bits=512).sign(CONTENT)
    [result] = dkim_of(process, signed)
    assert result.startswith(("dkim=policy", "dkim=permerror")), result


def test_a_key_of_1024_bits_counts(dns, process):
    [result] = dkim_of(process, Signer(dns, "example.com", bits=1024).sign(CONTENT))
    assert result.startswith("dkim=pass")


def test_sha1_counts_for_nothing(dns, process):
    signed = Signer(dns, "example.com").sign(CONTENT, signature_algorithm=b"rsa-sha1")
    [result] = dkim_of(process, signed)
    assert not result.startswith("dkim=pass"), result


@pytest.mark.parametrize("record", ["v=DKIM1; k=rsa; p=", "v=DKIM1; k=rsa; s=other; p={public}",
                                    "v=DKIM1; k=rsa; h=sha1; p={public}", "hello"])
def test_a_key_that_is_none_counts_for_nothing(dns, process, record):
    [result] = dkim_of(process, Signer(dns, "example.com", record=record).sign(CONTENT))
    assert not result.startswith("dkim=pass"), result


def test_each_of_several_signatures_is_told(dns, process):
    content = Signer(dns, "example.com").sign(CONTENT)
    content = Signer(dns, "lists.example.net", "l1", "ed25519").sign(content)
    content = Signer(dns, "broken.example", "b1").sign(content).replace(b"b1;", b"b2;")
    results = dkim_of(process, content)
    assert [r.split()[0] for r in results] == ["dkim=permerror", "dkim=pass", "dkim=pass"]
    assert "header.d=lists.example.net" in results[1] and "header.d=example.com" in results[2]


def test_a_body_of_20_megabytes(dns, process):
    body = (b"y" * 76 + b"\r\n") * 260_000
    signed = Signer(dns, "example.com").sign(CONTENT + body)
    [result] = dkim_of(process, signed)
    assert result.startswith("dkim=pass")


# DNS.

def test_a_record_over_tcp(dns, process):
    filler = "".join(f" ip4:198.51.100.{i}" for i in range(200))
    dns.add("example.com", "TXT", f"v=spf1{filler} ip4:192.0.2.1 -all")
    got = process.examine("192.0.2.1", "h.example", "alice@example.com", "example.com", CONTENT)
    assert got["spf"] == ["spf=pass smtp.mailfrom=alice@example.com"]


def test_an_alias(dns, process):
    dns.add("example.com", "TXT", "v=spf1 include:a.example -all")
    dns.add("a.example", "CNAME", "b.example.")
    dns.add("b.example", "TXT", "v=spf1 ip4:192.0.2.1")
    got = process.examine("192.0.2.1", "h.example", "alice@example.com", "", CONTENT)
    assert got["spf"] == ["spf=pass smtp.mailfrom=alice@example.com"]


def test_dmarc_with_everything(dns, process):
    dns.add("_dmarc.example.com", "TXT", "v=DMARC1; p=reject")
    dns.add("example.com", "TXT", "v=spf1 -all")
    signed = Signer(dns, "example.com").sign(CONTENT)
    got = process.examine("192.0.2.1", "h.example", "alice@example.com", "example.com", signed)
    assert got["spf"] == ["spf=fail smtp.mailfrom=alice@example.com"]
    assert got["dmarc"] == ["dmarc=pass header.from=example.com policy.dmarc=reject"]


HOSTILE = {
    "a zone that never answers": [("SILENT", "")],
    "a zone that says SERVFAIL": [("SERVFAIL", "")],
    "a zone that refuses": [("REFUSED", "")],
    "a record of 60 kB": [("TXT", "v=spf1 " + "ip4:192.0.2.1 " * 4200)],
    "a thousand records": [("TXT", f"v=spf1 ip4:192.0.2.{i % 250}") for i in range(1000)],
    "an alias of itself": [("CNAME", "evil.example.")],
    "a redirect to itself": [("TXT", "v=spf1 redirect=evil.example")],
    "an include of itself": [("TXT", "v=spf1 include:evil.example -all")],
    "a bomb of includes": [("TXT", "v=spf1 " + "include:evil2.example " * 10)],
    "a bomb of macros": [("TXT", "v=spf1 " + "exists:%{l}%{l}%{l}%{d}%{h}%{p}.evil.example " * 12)],
    "macros without an end": [("TXT", "v=spf1 a:%{ir}.%{v}._spf.%{d2}%{")],
    "macros of a great number": [("TXT", "v=spf1 exists:%{d99999999999r}.example -all")],
    "octets of nobody's text": [("TXT", bytes(range(1, 256)) * 20)],
    "a record of nothing but prefixes": [("TXT", "v=spf1 " + "-" * 4000)],
    "mail exchangers by the hundred": [("TXT", "v=spf1 mx -all")] + [
        ("MX", f"10 mx{i}.evil.example.") for i in range(300)],
    "a prefix of nonsense": [("TXT", "v=spf1 ip4:192.0.2.1/99999999999999 ip6:::/999 -all")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_zone(dns, process, name):
    """Whatever it is, there is an answer in time, nobody passes, and the next mail is looked at."""
    for domain in ("evil.example", "s1._domainkey.evil.example", "_dmarc.evil.example"):
        for kind, value in HOSTILE[name]:
            dns.add(domain, kind, value)
    for i in range(11):
        dns.add(f"evil{i + 2}.example", "TXT", "v=spf1 " + f"include:evil{i + 3}.example " * 10)
    dns.add("example.com", "TXT", "v=spf1 ip4:192.0.2.1 -all")
    signed = (b"DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=evil.example; s=s1; h=from;\r\n"
              b" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA\r\n" + CONTENT)
    got = process.examine("203.0.113.9", "evil.example", "mallory@evil.example", "evil.example",
                          signed, patience=2.0)
    assert not any("=pass" in r for results in got.values() for r in results), got
    assert len(dns.asked) < 100
    got = process.examine("192.0.2.1", "h.example", "alice@example.com", "", CONTENT)
    assert got["spf"] == ["spf=pass smtp.mailfrom=alice@example.com"]
    assert process.process.poll() is None


def test_a_zone_that_never_answers_keeps_nobody_else_waiting(dns, process):
    """Fifty mails of it at once, and one of somebody else meanwhile."""
    dns.add("example.com", "TXT", "v=spf1 ip4:192.0.2.1 -all")
    for i in range(50):
        dns.add(f"evil{i}.example", "SILENT")
    threads = [threading.Thread(target=process.examine, args=(
        "203.0.113.9", "h", f"m@evil{i}.example", "", CONTENT), kwargs={"patience": 12.0})
        for i in range(50)]
    for thread in threads:
        thread.start()
    until(lambda: len({name for name, _ in dns.asked}) >= 50, "all of them are asked for")
    got = process.examine("192.0.2.1", "h.example", "alice@example.com", "", CONTENT, patience=10.0)
    assert got["spf"] == ["spf=pass smtp.mailfrom=alice@example.com"]
    assert all(thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join()


# The milter's end, were it hostile.

@pytest.mark.parametrize("name, said", {
    "nothing": b"",
    "half a frame": b"O\0\0\0",
    "an unknown kind": frame(b"Z", b""),
    "a frame of 4 GB": b"H\xff\xff\xff\xff",
    "an origin that does not decode": frame(b"O", b"\0\0\0\1\xff\xff\xff\xff"),
    "a body first": frame(b"B", b"x"),
    "an end first": frame(b"E", b""),
    "an answer": frame(b"R", b"dkim=pass"),
    "two origins": 2 * frame(b"O", struct.pack(">5I", 1000, 0, 0, 0, 0)),
    "two headers": frame(b"O", struct.pack(">5I", 1000, 0, 0, 0, 0)) + 2 * frame(b"H", b"From: a\r\n"),
    "a header that is none": frame(b"O", struct.pack(">5I", 1000, 0, 0, 0, 0)) +
                             frame(b"H", b"\0\xff\r\n\r\r\n\n: :\r\n" * 100),
}.items())
def test_nonsense_harms_only_itself(process, name, said):
    with process.connect() as peer:
        peer.sendall(said)
        peer.shutdown(1)
        assert peer.makefile("rb").read() == b""
    assert process.examine(content=CONTENT)["dkim"] == ["dkim=none"]
    assert process.process.poll() is None


def test_it_ends_with_the_milter(process):
    process.control.close()
    assert process.process.wait(timeout=20) == 0
