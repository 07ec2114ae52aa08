# SPDX-License-Identifier: Apache-2.0
"""Forged Authentication-Results before a real OpenDKIM: which it leaves, and that none of them
reaches us once Postfix was set up."""
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from testsite.opendkim import OpenDkim
from testsite.place import Place
from testsite.sender import message
from testsite.waiting import free_port, until

AUTHOR = "alice@signed.example"


@pytest.fixture(scope="module")
def place():
    folder = Path(tempfile.mkdtemp(prefix="countersign-", dir="/tmp"))
    folder.chmod(0o755)
    opendkim = OpenDkim(folder / "opendkim", "signed.example").start()
    site = folder / "site"
    site.mkdir()
    with Place(folder=site, start=False, milters=f"unix:{opendkim.socket}",
               mta_extra="header_checks = regexp:$config_directory/own_checks") as made:
        (site / "etc" / "own_checks").write_text("/^X-Unwanted:/ IGNORE\n")
        made.opendkim = opendkim
        made.node.socket = site / "queue" / "countersign" / "milter.sock"
        made.node.write(milter__socket=f"unix:{made.node.socket}",
                        release__smtp=f"127.0.0.1:{free_port()}",
                        notices__smtp=f"127.0.0.1:{free_port()}")
        yield made
    opendkim.stop()
    shutil.rmtree(folder, ignore_errors=True)


def set_up(place, *words):
    done = place.node.run("setup", "postfix", "--postfix-dir", place.folder / "etc", *words)
    subprocess.run(["postfix", "-c", place.folder / "etc", "reload"], check=True,
                   capture_output=True)
    return done


def probe(place):
    done = place.node.run("--json", "doctor", "--postfix-dir", place.folder / "etc", "--probe",
                          "--to", "probe@example.org", "--smtp", f"127.0.0.1:{place.mta.mx}",
                          check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [f for f in found if f["area"] == "probe"], found


def screened(place):
    """The first processes that know new settings may take a moment."""
    return place.send("joe@example.org", author="eve@new.example").reply.code == 554


def test_opendkim_alone_leaves_spellings_that_are_believed_and_the_probe_names_them(place):
    set_up(place, "--apply", "--no-header-checks")
    assert not (place.folder / "etc" / "countersign_header_checks").exists()
    place.node.start_milter()
    place.node.start_page()
    until(lambda: screened(place), "the MX asks our milter")
    [finding], everything = probe(place)
    assert finding["severity"] == "fail" and "was believed" in finding["what"]
    for name in ("SPF alone", "DMARC alone", "an unknown property", "200 results before it"):
        assert name in finding["what"]
    assert "DKIM alone" not in finding["what"], "which OpenDKIM does remove"
    assert any("no header checks remove forged" in f["what"] for f in everything)


def test_with_our_header_checks_none_of_them_arrives(place):
    set_up(place, "--apply")

    def clean():
        [finding], everything = probe(place)
        return finding["severity"] == "ok" and not any(
            "header checks" in f["what"] for f in everything)
    until(clean, "no forged field arrives")
    assert "nothing to do" in set_up(place, "--apply").stderr


@pytest.mark.parametrize("forged", [
    "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=alice@signed.example",
    "Authentication-Results:\r\n \"mx.EXAMPLE\\.org\"\r\n ; spf=pass smtp.mailfrom=alice@signed.example",
    "AUTHENTICATION-RESULTS : (;) mx.example.org 1; dmarc=pass header.from=signed.example",
])
def test_a_forged_field_makes_nobody_authentic(place, forged):
    entry = place.send("joe@example.org", author=AUTHOR, fields=[forged])
    [held_id] = place.held(entry)
    [shown] = place.node.run("held", "show", held_id, json_lines=True)
    assert shown["fingerprint"] == ""
    assert b"spf=pass" not in place.node.held_files()[held_id]


def test_true_results_arrive_and_stay_and_attached_mail_keeps_its_own(place):
    attached = ("Authentication-Results: mx.example.org; spf=pass\r\n"
                "From: other@attached.example\r\n\r\nattached")
    tag = "trueresults"
    content = place.opendkim.signed(message(AUTHOR, ["joe@example.org"], tag, fields=[
        "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b"], body=
        "--b\r\nContent-Type: text/plain\r\n\r\nForty chairs.\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{attached}\r\n--b--"))
    entry = place.send("joe@example.org", reverse_path=AUTHOR, content=content, tag=tag)
    assert entry.reply.code == 554, entry.reply
    assert place.answer(entry, AUTHOR).status == 303
    [mail] = place.delivered(entry)
    assert "author=signed.example" in mail.mark
    # Released mail does not pass the table: it keeps what the verifier wrote.
    [result] = mail.fields("Authentication-Results")
    assert result.startswith("mx.example.org;") and "dkim=pass" in result
    raw = mail.raw.replace(b"\n", b"\r\n")
    assert b"\r\n\r\nAuthentication-Results: mx.example.org; spf=pass\r\n" in raw
    assert place.opendkim.verifies(raw)
    again = place.send("joe@example.org", reverse_path=AUTHOR, tag=tag + "b",
                       content=place.opendkim.signed(message(AUTHOR, ["joe@example.org"],
                                                             tag + "b")))
    assert again.reply.code == 250
    [mail] = place.delivered(again)
    assert mail.mark == "pass; reason=contact; author=signed.example"


def test_the_sites_own_checks_stand_behind_ours(place):
    entry = place.send("postmaster@example.org", fields=["X-Unwanted: 1", "X-Wanted: 1"])
    [mail] = place.delivered(entry)
    assert mail.fields("X-Unwanted") == [] and mail.fields("X-Wanted") == ["1"]


def test_undo_takes_the_table_away(place):
    set_up(place, "--undo")
    etc = place.folder / "etc"
    assert not (etc / "countersign_header_checks").exists()
    assert "countersign_header_checks" not in (etc / "main.cf").read_text()
    assert not (etc / "countersign-backup").exists()
