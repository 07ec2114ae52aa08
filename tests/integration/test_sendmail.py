# SPDX-License-Identifier: Apache-2.0
"""What is Sendmail's alone: its setup, what doctor says of it, aliases, DSN parameters, addresses that
are not ASCII, and a milter that is down."""
import json
import signal

import pytest

from testsite.place import Place
from testsite.sender import Smtp, dkim_pass, message, stuffed
from testsite.sendmail import Sendmail
from testsite.waiting import until

MTAS = ["sendmail"]
PLACE = {"keys": {"protect.domains": ["example.org", "local.example.org"]}}


def findings(place):
    done = place.node.run("--json", "doctor", "--sendmail-dir", place.mta.etc, check=False)
    return [f for f in map(json.loads, done.stdout.splitlines()) if f["area"] == "sendmail"]


def test_doctor_is_content_with_a_sendmail_that_runs(place):
    [found] = findings(place)
    assert found["severity"] == "warn"
    assert found["what"].startswith("milter.submit_networks has no 127.0.0.1")


@pytest.mark.parametrize("what,instead,want", [
    ("S=local:{node}/milter.sock, F=T,", "S=local:{node}/milter.sock,", "lacks F=T"),
    ("S=local:{node}/milter.sock, F=T, T=C:30s;S:30s;R:30s",
     "S=local:{node}/milter.sock, F=T, T=C:30s;S:30s;R:5s", "T=R:5s"),
    ("Port={reentry}, InputMailFilters=", "Port={reentry}", "screened again"),
    ("Port={notice}, InputMailFilters=", "Port={notice}", "asks our milter"),
])
def test_doctor_reads_what_m4_made(place, tmp_path, what, instead, want):
    words = {"node": place.node.folder, "reentry": place.mta.reentry, "notice": place.mta.notice}
    text = (place.mta.etc / "sendmail.mc").read_text()
    what, instead = what.format(**words), instead.format(**words)
    assert text.count(what) == 1, text
    (tmp_path / "sendmail.mc").write_text(text.replace(what, instead))
    Sendmail.make(tmp_path)
    done = place.node.run("doctor", "--sendmail-dir", tmp_path, check=False)
    assert "FAIL sendmail: " in done.stdout and want in done.stdout


def test_an_alias_whose_recipients_hold_is_left_out_of_a_mail_to_others(place):
    """Sendmail expands aliases when it has the mail: whom we delete is gone with all it leads to."""
    place.node.run("contacts", "allow", "joe@example.org", "alice@alias.example")
    entry = place.send(["joe@example.org", "chairs@local.example.org"], author="alice@alias.example",
                       verified=dkim_pass("alias.example"))
    assert entry.reply.code == 250
    [held_id] = place.held(entry)
    place.delivered(entry, "joe@example.org")
    assert place.mailbox.find(entry.tag, "jane@example.org") == []
    place.node.run("held", "release", held_id)
    place.delivered(entry, "jane@example.org")
    place.delivered(entry, "jim@example.org")
    assert sorted(m.recipient for m in place.mailbox.find(entry.tag)) == [
        "jane@example.org", "jim@example.org", "joe@example.org"]


def test_an_alias_passes_with_our_mark(place):
    entry = place.send("postmaster@local.example.org")
    assert entry.reply.code == 250
    [mail] = place.delivered(entry)
    assert (mail.recipient, mail.mark) == ("joe@example.org", "pass; reason=exempt")


@pytest.mark.parametrize("spelling", [
    "chairs", "Chairs", "chairs@localhost", "chairs@[127.0.0.1]", "local.example.org!chairs",
    "chairs%local.example.org@mx.example.org", "@mx.example.org:chairs@local.example.org",
    "joe%example.org", "joe%example.org@mx.example.org", "example.org!joe",
    "mx.example.org!example.org!joe", '"joe@example.org"', '"joe%example.org"@mx.example.org'])
def test_no_spelling_of_a_recipient_gets_past(place, spelling):
    """Sendmail takes all of these for users of the house, and names them to milters in its own way."""
    entry = place.send(spelling, author="eve@spelling.example")
    assert entry.reply.code == 554 and entry.reply.url, entry.reply
    [held_id] = place.held(entry)
    place.node.run("held", "release", held_id)
    place.delivered(entry, "jane@example.org" if "chairs" in spelling.lower() else "joe@example.org")


def test_postmaster_without_a_domain_is_reached(place):
    entry = place.send("postmaster")
    assert entry.reply.code == 250
    [mail] = place.delivered(entry)
    assert (mail.recipient, mail.mark) == ("joe@example.org", "pass; reason=exempt")


@pytest.mark.parametrize("held, verified", [(False, None), (True, None),
                                            (True, dkim_pass("dsn.example"))])
def test_dsn_parameters_go_on_to_the_next_hop(place, held, verified):
    recipient = "joe@example.org" if held else "postmaster@example.org"
    entry = place.send(recipient, author="d@dsn.example", verified=verified,
                       parameters=" RET=HDRS ENVID=QQ314159",
                       recipient_parameters=f" NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;{recipient}")
    if held:
        [held_id] = place.held(entry)
        place.node.run("held", "release", held_id)
    place.delivered(entry)
    seen = [line for line in place.mta.mailboxes.seen if "d@dsn.example" in line][-1]
    assert "RET=HDRS" in seen and "ENVID=QQ314159" in seen
    seen = [line for line in place.mta.mailboxes.seen if f"<{recipient}>" in line][-1]
    # Of what was held, nobody is told who may not have written it.
    wanted = "NOTIFY=NEVER" if held and not verified else "NOTIFY=SUCCESS,FAILURE"
    assert wanted in seen and f"ORCPT=rfc822;{recipient}" in seen


def test_addresses_outside_ascii_are_held_and_released_as_sendmail_takes_them(place):
    smtp = Smtp(place.mta.mx)
    assert "SMTPUTF8" not in smtp.helo.text
    assert smtp("MAIL FROM:<grün@utf8.example> SMTPUTF8").code // 100 == 5
    smtp.close()
    entry = place.send("grün@example.org", author="a@utf8.example")
    assert entry.reply.code == 554, entry.reply
    [held_id] = place.held(entry)
    place.node.run("held", "release", held_id)
    [mail] = place.delivered(entry)
    assert mail.recipient == "grün@example.org"


def test_an_author_with_eight_bits_is_held_and_comes_out_as_he_was(place):
    entry = place.send("joe@example.org", author="Jörg Grün <joerg@eight.example>",
                       reverse_path="joerg@eight.example", body="Grüße\r\n",
                       fields=["X-Text: größer"])
    assert entry.reply.code == 554
    assert place.answer(entry, "joerg@eight.example").status == 303
    [mail] = place.delivered(entry)
    assert "From: Jörg Grün <joerg@eight.example>".encode() in mail.raw
    assert "X-Text: größer".encode() in mail.raw and "\n\nGrüße\n".encode() in mail.raw


def test_a_milter_that_is_down_delays_mail_with_f_t_and_passes_it_without():
    """F=T is for holding; while watching, no fault of ours delays anything."""
    with Place(mta="sendmail", keys={"first_contact.mode": "observe"}, default_action="accept",
               page=False) as place:
        seen = place.send("joe@example.org")
        [mail] = place.delivered(seen)
        assert mail.mark == "observed; would=hold; reason=first-contact"
        smtp = Smtp(place.mta.mx)
        for line in ("MAIL FROM:<mid@down.example>", "RCPT TO:<joe@example.org>", "DATA"):
            smtp(line)
        place.node.milter.stop(signal.SIGKILL)
        smtp.write(stuffed(message("mid@down.example", ["joe@example.org"], "midway")) + b".\r\n")
        assert smtp.reply().code == 250
        smtp.close()
        until(lambda: place.mailbox.find("midway"), "delivered without us")
        unseen = place.send("joe@example.org")
        assert unseen.reply.code == 250
        [mail] = place.delivered(unseen)
        assert mail.mark is None


def test_setup_makes_a_bare_sendmail_work_and_undo_takes_it_back():
    """From a Sendmail that knows nothing of us to a held and released mail."""
    with Place(start=False, mta="sendmail", milters="dnl none yet") as place:
        mc = place.mta.etc / "sendmail.mc"
        mta = place.mta
        earlier = Sendmail.asks(place.folder / "verifier.sock", None)
        before = "\n".join(line for line in mc.read_text().splitlines()
                           if "Name=countersign-" not in line).replace("dnl none yet", earlier)
        mc.write_text(before + "\n")
        before = mc.read_bytes()
        Sendmail.make(mta.etc)
        place.node.run("setup", "sendmail", "--sendmail-dir", mta.etc, "--apply")
        again = place.node.run("setup", "sendmail", "--sendmail-dir", mta.etc, "--apply")
        assert again.stdout == "" and "nothing to do" in again.stderr
        Sendmail.make(mta.etc)
        # With sendmail.cf made anew there is nothing more to do either.
        assert place.node.run("setup", "sendmail", "--sendmail-dir", mta.etc).stdout == ""
        place.node.start_milter()
        place.node.start_page()
        mta.stop()
        mta.start()
        entry = place.send("joe@example.org", author="new@setup.example",
                           verified=dkim_pass("setup.example"))
        assert entry.reply.code == 554, entry.reply
        [found] = findings(place)
        assert found["what"].startswith("milter.submit_networks")
        [held_id] = place.held(entry)
        place.node.run("held", "release", held_id)
        [mail] = place.delivered(entry)
        assert mail.held_id == held_id
        assert mail.fields("Authentication-Results"), "the earlier milter was asked first"
        place.node.run("setup", "sendmail", "--sendmail-dir", mta.etc, "--undo")
        assert mc.read_bytes() == before
