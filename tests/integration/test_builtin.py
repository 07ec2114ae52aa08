# SPDX-License-Identifier: Apache-2.0
"""Source `builtin`: our own process checks SPF, DKIM and DMARC; no other milter stands before ours."""
import os
import re
import signal
import tempfile
from pathlib import Path

import pytest
from testsite.nameserver import NameServer
from testsite.place import Place, mta_class
from testsite.sender import Smtp, message, stuffed
from testsite.signer import Signer
from testsite.waiting import until

OURS = "mx.example.org"


def only_ours(mta, socket):
    """How an MTA is told of our milter alone."""
    if mta == "sendmail":
        return f"INPUT_MAIL_FILTER(`countersign', `S=local:{socket}, F=T, T=C:30s;S:30s;R:30s;E:5m')dnl"
    return f"{{ unix:{socket}, default_action=tempfail }}"


class Site:
    """A place with a name server, and alice@example.com, who is known by her signature."""

    def __init__(self, mta="postfix", **keys):
        self.dns = NameServer().start()
        self.dns.add("example.com", "TXT", "v=spf1 ip4:192.0.2.0/24 -all")
        self.dns.add("_dmarc.example.com", "TXT", "v=DMARC1; p=none")
        self.signer = Signer(self.dns, "example.com")
        folder = Path(tempfile.mkdtemp(prefix="countersign-", dir=mta_class(mta).base))
        self.place = Place(
            folder=folder, mta=mta, milters=only_ours(mta, folder / "node" / "milter.sock"), keys={
                "authentication.source": "builtin", "authentication.authserv_id": OURS,
                "authentication.resolver": self.dns.address, **keys})
        self.place.node.run("contacts", "allow", "joe@example.org", "alice@example.com")
        # The first mail that is authenticated gives the contact its fingerprint.
        assert self.signed().reply.code == 250

    def signed(self, author="alice@example.com", signer=None, recipients="joe@example.org",
               fields=(), above=b"", **how):
        tag = os.urandom(16).hex()
        content = message(author, [recipients], tag, fields=fields)
        content = above + (signer or self.signer).sign(content)
        return self.place.send(recipients, reverse_path=how.pop("reverse_path", author),
                               content=content, tag=tag, **how)

    def pid(self):
        """The id of countersign-authenticate."""
        mine = str(self.place.node.milter.pid)
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                try:
                    stat = open(f"/proc/{entry.name}/stat").read()
                except OSError:
                    continue
                name, rest = stat[stat.index("(") + 1:].rsplit(") ", 1)
                if name.startswith("countersign-aut") and rest.split()[1] == mine \
                        and rest.split()[0] != "Z":
                    return int(entry.name)
        return None

    def stop(self):
        self.place.close()
        self.dns.stop()


@pytest.fixture(scope="module", params=["postfix", "sendmail"])
def site(request):
    made = Site(request.param)
    failed_before = request.session.testsfailed
    yield made
    made.place.keep = request.session.testsfailed > failed_before
    made.stop()


def passed_as_contact(site, entry):
    return entry.reply.code == 250 and "reason=contact" in site.place.delivered(entry)[0].mark


def test_a_contact_passes_by_his_signature(site):
    entry = site.signed()
    assert entry.reply.code == 250, entry.reply
    [mail] = site.place.delivered(entry)
    assert mail.mark == "pass; reason=contact; author=example.com"
    assert site.signer.verifies(mail.raw.replace(b"\n", b"\r\n"))


def test_what_was_found_is_written_on_top(site):
    [mail] = site.place.delivered(site.signed())
    [results] = mail.fields("Authentication-Results")
    assert re.match(r"mx\.example\.org;\s*spf=none smtp.mailfrom=alice@example.com;\s*dkim=pass "
                    r"header.d=example.com header.s=s1 header.a=rsa-sha256;\s*dmarc=pass "
                    r"header.from=example.com policy.dmarc=none$", results), results
    names = re.findall(r"(?m)^([\w-]+):", mail.header)
    assert names.index("Authentication-Results") < names.index("Received"), names


def test_a_contact_without_a_signature_is_held_silently(site):
    entry = site.place.send("joe@example.org", author="alice@example.com")
    assert entry.reply.code == 250  # the copy of the MTA is dropped
    assert site.place.held(entry)


def test_a_signed_stranger_is_held_answered_and_known(site):
    bob = Signer(site.dns, f"{site.place.mta_name}.example", kind="ed25519")
    author = f"bob@{bob.domain.decode()}"
    entry = site.signed(author, bob)
    assert entry.reply.code == 554, entry.reply
    assert site.place.answer(entry, author).status == 303
    [mail] = site.place.delivered(entry)
    assert "unverified" not in mail.mark
    assert bob.verifies(mail.raw.replace(b"\n", b"\r\n"))
    [results] = mail.fields("Authentication-Results")
    assert "dkim=pass" in results
    assert passed_as_contact(site, site.signed(author, bob))


def test_a_body_of_megabytes_is_held_whole(site):
    tag = os.urandom(16).hex()
    lines = "".join(f"{i:>70}\r\n" for i in range(30_000))
    carol = Signer(site.dns, "carol.example")
    content = carol.sign(message("carol@carol.example", ["joe@example.org"], tag, body=lines))
    entry = site.place.send("joe@example.org", reverse_path="carol@carol.example", content=content,
                            tag=tag)
    assert entry.reply.code == 554, entry.reply
    assert site.place.answer(entry, "carol@carol.example").status == 303
    [mail] = site.place.delivered(entry)
    assert carol.verifies(mail.raw.replace(b"\n", b"\r\n"))


# A forger: none of these passes as the known one, and none makes a contact.

SPELLINGS = [
    "{id}; dkim=pass header.d=example.com",
    "{ID}; dkim=pass header.d=example.com",
    "{id} 1; dkim=pass header.d=example.com",
    "(a comment) {id} (another); dkim=pass header.d=example.com",
    '"{id}"; dkim=pass header.d=example.com',
    '"mx\\.example.org"; dkim=pass header.d=example.com',
    "mx(a).example(b).org; dkim=pass header.d=example.com",
    "{id}.; dkim=pass header.d=example.com",
    "\r\n\t{id}\r\n ;\r\n\tdkim=pass header.d=example.com;\r\n spf=pass smtp.mailfrom=alice@example.com",
    "{id} dkim=pass header.d=example.com",
    "{id}; dkim=pass header.d=example.com; ==",
    "; {id}; dkim=pass header.d=example.com",
    "({id}; dkim=pass header.d=example.com",
]


def forged_fields():
    return [f"{name}: {value}".replace("{id}", OURS).replace("{ID}", OURS.upper())
            for value in SPELLINGS
            for name in ("Authentication-Results", "authentication-results")]


def not_as_alice(site, entry):
    assert entry.reply.code != 250 or site.place.held(entry), entry.reply
    assert not site.place.mailbox.find(entry.tag)
    contacts = site.place.node.run("contacts", "list", "joe@example.org").stdout
    assert "evil.example" not in contacts and "examp1e.com" not in contacts


def test_a_forger_with_fields_in_our_name(site):
    for field in forged_fields():
        entry = site.place.send("joe@example.org", author="alice@example.com",
                                reverse_path="m@evil.example", fields=[field])
        not_as_alice(site, entry)
    entry = site.place.send("joe@example.org", author="alice@example.com", fields=forged_fields())
    not_as_alice(site, entry)
    # What the recipient gets once he lets it in says none of it.
    [held_id] = site.place.held(entry)
    site.place.node.run("held", "release", held_id)
    [mail] = site.place.delivered(entry)
    [results] = mail.fields("Authentication-Results")
    assert results.startswith(OURS) and "dkim=none" in results


def test_a_forger_with_a_signature_of_his_own(site):
    evil = Signer(site.dns, f"evil.example", f"e{site.place.mta_name}")
    not_as_alice(site, site.signed("alice@example.com", evil, reverse_path="m@evil.example"))


def test_a_forger_with_a_domain_that_looks_alike(site):
    other = Signer(site.dns, "examp1e.com", site.place.mta_name)
    entry = site.signed("alice@examp1e.com", other)
    assert entry.reply.code == 554 and entry.reply.url
    not_as_alice(site, entry)


def test_a_forger_with_a_display_name(site):
    evil = Signer(site.dns, "evil.example", f"d{site.place.mta_name}")
    tag = os.urandom(16).hex()
    content = evil.sign(message("x", ["joe@example.org"], tag).replace(
        b"From: x", b'From: "alice@example.com" <m@evil.example>'))
    not_as_alice(site, site.place.send("joe@example.org", reverse_path="m@evil.example",
                                       content=content, tag=tag))


def test_a_forger_with_a_second_from_above_a_good_signature(site):
    entry = site.signed(above=b"From: m@evil.example\r\n")
    not_as_alice(site, entry)


def test_a_forger_who_changes_a_signed_mail(site):
    tag = os.urandom(16).hex()
    content = site.signer.sign(message("alice@example.com", ["joe@example.org"], tag))
    changed = content.replace(b"Forty chairs", b"Fifty chairs")
    not_as_alice(site, site.place.send("joe@example.org", reverse_path="alice@example.com",
                                       content=changed, tag=tag))


def test_a_forger_who_writes_behind_a_signature_with_a_length(site):
    tag = os.urandom(16).hex()
    content = site.signer.sign(message("alice@example.com", ["joe@example.org"], tag), length=True)
    not_as_alice(site, site.place.send("joe@example.org", reverse_path="alice@example.com",
                                       content=content + b"Send money.\r\n", tag=tag))


def test_a_forger_of_our_own_domain(site):
    evil = Signer(site.dns, "evil.example", f"o{site.place.mta_name}")
    for entry in (site.place.send("joe@example.org", author="ann@example.org",
                                  fields=forged_fields()),
                  site.signed("ann@example.org", evil, reverse_path="m@evil.example")):
        assert entry.reply.code == 250 and site.place.held(entry)
        not_as_alice(site, entry)


def test_fields_of_others_stay_and_ours_go_from_all_mail(site):
    """Interleaved, so that an MTA that counts otherwise would take the wrong ones."""
    fields = []
    for i, forged in enumerate(forged_fields()):
        fields += [forged, f"Authentication-Results: other{i}.example; dkim=pass header.d=a.example"]
    wanted = [f"other{i}.example; dkim=pass header.d=a.example" for i in range(len(forged_fields()))]
    known = site.signed(fields=fields)
    unscreened = site.place.send("postmaster@example.org", author="m@evil.example", fields=fields)
    unprotected = site.place.send("ann@example.net", author="m@evil.example", fields=fields)
    for entry in (known, unscreened, unprotected):
        assert entry.reply.code == 250, entry.reply
        [mail] = site.place.delivered(entry)
        results = mail.fields("Authentication-Results")
        if entry is known:
            assert results[0].startswith(OURS + ";")
            results = results[1:]
        assert results == wanted


def test_the_probe_of_the_doctor_finds_it_well(site):
    found = site.place.node.run(
        "doctor", "--probe", "--to", "probe@example.org", "--smtp",
        f"127.0.0.1:{site.place.mta.mx}", json_lines=True, check=False)
    assert [f["severity"] for f in found if f["area"] == "probe"] == ["ok"], found


# Faults.

def test_killed_it_is_started_anew_and_no_mail_is_lost(site):
    for _ in range(3):
        before = site.pid()
        os.kill(before, signal.SIGKILL)
        until(lambda: site.pid() not in (None, before), "it is started anew")
        until(lambda: site.signed().reply.code == 250, "the contact passes again")


def test_killed_in_the_middle_of_a_message(site):
    """The contact's mail waits with its sender, and passes at the next try; a stranger is asked."""
    entries = {}
    for author, signer in (("alice@example.com", site.signer),
                           ("dan@dan.example", Signer(site.dns, "dan.example", site.place.mta_name))):
        tag = os.urandom(16).hex()
        content = signer.sign(message(author, ["joe@example.org"], tag))
        smtp = Smtp(site.place.mta.mx)
        smtp(f"MAIL FROM:<{author}>")
        smtp("RCPT TO:<joe@example.org>")
        smtp("DATA")
        entries[author] = (smtp, content, tag)
        smtp.write(stuffed(content)[:-20])
    before = site.pid()
    os.kill(before, signal.SIGKILL)
    until(lambda: site.pid() not in (None, before), "it is started anew")
    replies = {}
    for author, (smtp, content, _) in entries.items():
        smtp.write(stuffed(content)[-20:] + b".\r\n")
        replies[author] = smtp.reply()
        smtp.close()
    # The MTA may have kept the message to itself until its end: then nothing happened to it.
    assert replies["alice@example.com"].code in (250, 451)
    assert replies["dan@dan.example"].code == 554 and replies["dan@dan.example"].kept
    assert site.signed().reply.code == 250


def test_stopped_it_is_killed_and_started_anew(site):
    before = site.pid()
    os.kill(before, signal.SIGSTOP)
    try:
        # No answer in time: a contact waits with his sender.
        assert site.signed().reply.code == 451
        while site.pid() == before:
            assert site.signed().reply.code in (250, 451)
    finally:
        try:
            os.kill(before, signal.SIGCONT)
        except ProcessLookupError:
            pass
    until(lambda: site.signed().reply.code == 250, "the contact passes again")


def test_dns_that_fails_makes_a_contact_wait_and_a_stranger_not(site):
    erin = Signer(site.dns, "erin.example", site.place.mta_name)
    site.place.node.run("contacts", "allow", "joe@example.org", "erin@erin.example")
    assert passed_as_contact(site, site.signed("erin@erin.example", erin))
    for kind in ("SERVFAIL", "SILENT"):
        new = Signer(site.dns, "erin.example", f"{kind.lower()}{site.place.mta_name}")
        site.dns.add(new.name, kind)
        assert site.signed("erin@erin.example", new).reply.code == 451
        odd = Signer(site.dns, f"{kind.lower()}.example", site.place.mta_name)
        site.dns.add(odd.name, kind)
        stranger = site.signed(f"x@{kind.lower()}.example", odd)
        assert stranger.reply.code == 554 and stranger.reply.kept, stranger.reply


def test_observing_no_fault_of_it_delays_mail():
    site = Site(**{"first_contact.mode": "observe"})
    try:
        evil = Signer(site.dns, "silent.example")
        site.dns.add(evil.name, "SILENT")
        site.dns.add("silent.example", "SILENT")
        entry = site.signed("x@silent.example", evil)
        assert entry.reply.code == 250, entry.reply
        # An authenticated author is learnt.
        new = Signer(site.dns, "new.example")
        assert site.signed("new@new.example", new).reply.code == 250
        until(lambda: "new@new.example" in site.place.node.run(
            "contacts", "list", "joe@example.org").stdout, "the author is learnt")
        os.kill(site.pid(), signal.SIGSTOP)
        for _ in range(4):
            entry = site.signed()
            assert entry.reply.code == 250, entry.reply
        [mail] = site.place.delivered(entry)
        assert mail.mark.startswith(("observed; would=defer", "pass; reason=contact")), mail.mark
    finally:
        site.stop()


def test_a_client_that_spf_allows():
    """Postfix lets tests say who the client is."""
    site = Site()
    try:
        good = site.place.send("joe@example.org", author="alice@example.com",
                               xclient="ADDR=192.0.2.7 NAME=mail.example.com")
        assert good.reply.code == 250
        [mail] = site.place.delivered(good)
        assert mail.mark == "pass; reason=contact; author=example.com"
        assert "spf=pass smtp.mailfrom=alice@example.com" in mail.field("Authentication-Results")
        bad = site.place.send("joe@example.org", author="alice@example.com",
                              xclient="ADDR=203.0.113.7 NAME=evil.example")
        assert site.place.held(bad)
        # Under reject, the author's domain wants it kept away.
        site.dns.add("strict.example", "TXT", "v=spf1 -all")
        site.dns.add("_dmarc.strict.example", "TXT", "v=DMARC1; p=reject")
        forged = site.place.send("joe@example.org", author="boss@strict.example",
                                 xclient="ADDR=203.0.113.7 NAME=evil.example")
        assert forged.reply.code == 250 and site.place.held(forged)
        [held] = [h for h in site.place.node.run("held", "list", json_lines=True)
                  if h.get("author") == "boss@strict.example"]
        assert held["reason"] == "unauthentic"
    finally:
        site.stop()


def test_the_source_changes_by_a_reload():
    site = Site()
    try:
        node = site.place.node
        assert site.pid()
        node.write(authentication__source="header")
        node.milter.send(signal.SIGUSR1)
        until(lambda: site.pid() is None, "the process is ended")
        assert site.place.held(site.signed())
        node.write(authentication__source="builtin")
        node.milter.send(signal.SIGUSR1)
        until(lambda: site.pid(), "the process is started")
        until(lambda: site.signed().reply.code == 250 and site.pid(), "the contact passes")
        mine = site.pid()
        node.milter.stop()
        until(lambda: not Path(f"/proc/{mine}").exists(), "it ends with the milter")
    finally:
        site.stop()
