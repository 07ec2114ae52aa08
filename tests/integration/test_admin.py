# SPDX-License-Identifier: Apache-2.0
"""What an administrator does on a running site: doctor, setup, held mail, why."""
import base64
import json
import os
import shutil
import subprocess

import pytest

from testsite.place import Place
from testsite.sender import dkim_pass
from testsite.waiting import free_port, until

PLACE = {"mta_extra": "message_reject_characters = \\0"}


def findings(place, *words, status=None):
    done = place.node.run("--json", "doctor", "--postfix-dir", place.folder / "etc", *words,
                          check=False)
    assert status is None or done.returncode == status, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def severe(found, area=None):
    return [f for f in found if f["severity"] == "fail" and area in (None, f["area"])]


def test_doctor_is_content_with_a_site_that_runs(place):
    found = findings(place, status=0)
    assert not severe(found)
    whats = " ".join(f["what"] for f in found)
    for part in ("has its keys", "the web host's user can do what it must, and nothing else",
                 "countersign-milter has the spool", "the milter listens",
                 "countersign-challenge runs", "/healthz answers"):
        assert part in whats


def test_the_probe_shows_that_the_earlier_milter_removes_forged_fields(place):
    before = place.node.held_files().keys()
    found = findings(place, "--probe", "--to", "probe@example.org", "--smtp",
                     f"127.0.0.1:{place.postfix.mx}", status=0)
    assert [f["severity"] for f in found if f["area"] == "probe"] == ["ok"]
    until(lambda: place.node.held_files().keys() == before, "the probe is dropped again")


def test_the_probe_fails_where_nobody_removes_them():
    with Place(milters="unset") as place:
        subprocess.run(["postconf", "-c", place.folder / "etc", "-e",
                        f"smtpd_milters = unix:{place.node.socket}"], check=True)
        subprocess.run(["postfix", "-c", place.folder / "etc", "reload"], check=True,
                       capture_output=True)

        def probe():
            return [f for f in findings(place, "--probe", "--to", "probe@example.org", "--smtp",
                                        f"127.0.0.1:{place.postfix.mx}") if f["area"] == "probe"]
        # The first process that knows the new setting may take a moment.
        until(lambda: any("was believed" in f["what"] for f in probe()), "the forgery is believed")
        assert severe(probe(), "probe")
        place.node.run("pause")
        until(lambda: any("was not held but taken" in f["what"] for f in severe(probe())),
              "a probe that passes fails")


def test_the_probe_needs_a_mailbox_in_mode_hold(place):
    place.node.run("policy", "set", "watch@example.org", "mode=observe")
    done = place.node.run("doctor", "--no-postfix", "--probe", "--to", "watch@example.org",
                          check=False)
    assert done.returncode == os.EX_DATAERR
    assert "policy set watch@example.org mode=hold" in done.stderr


def test_held_mail_is_listed_shown_and_released_by_the_daemon(place):
    entry = place.send("joe@example.org", author="list@admin.example",
                       verified=dkim_pass("admin.example"))
    [held_id] = place.held(entry)
    [line] = [x for x in place.node.run("held", "list", "--mailbox", "joe@example.org",
                                        json_lines=True) if x["id"] == held_id]
    assert line["author"] == "list@admin.example" and line["fingerprint"] == "admin.example"
    assert line["state"] == "held" and line["reason"] == "first-contact" and line["challenged"]
    [shown] = place.node.run("held", "show", "--content", held_id, json_lines=True)
    content = base64.b64decode(shown["content"])
    assert len(content) == line["bytes"] and entry.tag.encode() in content
    assert shown["channel"] == "reply"
    done = place.node.run("held", "release", held_id)
    assert done.stdout == f"{held_id} ordered\n"
    [mail] = place.delivered(entry)
    assert mail.held_id == held_id
    until(lambda: not place.held(entry), "gone from the spool")
    assert place.node.run("held", "show", held_id, check=False).returncode == os.EX_NOINPUT
    place.account()


def test_an_order_for_what_is_gone_is_logged_in_a_word(place):
    gone = "7q2mxf4pk9td3hwa7q2mxf4pk9"
    # As the command leaves it when an answer releases the message in between.
    (place.node.spool / "orders" / f"{gone}.release").write_text("root")
    until(lambda: f"held={gone}" in place.node.milter.output(), "the order in the log")
    [line] = [line for line in place.node.milter.output().splitlines() if f"held={gone}" in line]
    assert line.endswith(f"order verb=release held={gone} who=root result=gone"), line
    until(lambda: not list((place.node.spool / "orders").iterdir()), "the order is taken")


def test_without_the_daemon_the_command_releases_and_drops_itself(place):
    kept = place.send("joe@example.org", author="a@offline.example")
    dropped = place.send("joe@example.org", author="b@offline.example")
    [kept_id], [dropped_id] = place.held(kept), place.held(dropped)
    place.node.milter.stop()
    try:
        done = place.node.run("held", "release", kept_id)
        assert done.stdout == f"{kept_id} released\n"
        place.delivered(kept)
        assert place.node.run("held", "drop", dropped_id).stdout == f"{dropped_id} dropped\n"
        assert not place.held(kept) and not place.held(dropped)
    finally:
        place.node.start_milter()
    view = place.redis.client().pairs("HGETALL", f"cs:held:{kept_id}")
    assert view, "the index keeps a tombstone"
    assert len(place.mailbox.find(kept.tag)) == 1 and not place.mailbox.find(dropped.tag)


@pytest.mark.parametrize("author, recipient, verified, options", [
    ("eve@why.example", "joe@example.org", None, []),
    ("eve@why.example", "joe@example.org", dkim_pass("why.example"), ["--dkim", "why.example"]),
    ("pal@why-pal.example", "joe@example.org", dkim_pass("why-pal.example"),
     ["--dkim", "why-pal.example"]),
    ("pal@why-pal.example", "joe@example.org", None, []),
    ("bad@why-bad.example", "joe+detail@example.org", None, []),
    ("eve@why.example", "postmaster@example.org", None, []),
    ("ann@example.org", "joe@example.org", None, []),
    ("ann@sub.example.org", "joe@example.org", None, []),
    ("no-reply@why.example", "joe@example.org", dkim_pass("why.example"), ["--dkim", "why.example"]),
])
def test_why_says_what_really_happens(place, author, recipient, verified, options):
    place.node.run("contacts", "allow", "joe@example.org", "pal@why-pal.example", "--fingerprint",
                   "why-pal.example")
    place.node.run("contacts", "deny", "joe@example.org", "why-bad.example")
    [told] = place.node.run("why", author, recipient, *options, json_lines=True)
    entry = place.send(recipient, author=author, verified=verified)
    held = place.held(entry)
    if held:
        [shown] = place.node.run("held", "show", held[0], json_lines=True)
        assert told["reason"] == shown["reason"]
        assert told["disposition"] == ("hold" if shown["challenged"] else "hold-silently")
    elif entry.reply.code == 554:
        assert (told["disposition"], told["reason"]) == ("refuse", "blocked")
    else:
        [mail] = place.delivered(entry)
        assert told["disposition"] == "pass"
        assert f"reason={told['reason']}" in mail.mark


def test_pause_takes_effect_soon_and_resume_ends_it(place):
    place.node.run("pause")
    try:
        def passes():
            return place.send("joe@example.org", author="p@pause.example").reply.code == 250
        until(passes, "paused")
    finally:
        place.node.run("resume")
    until(lambda: place.send("joe@example.org", author="p@pause.example").reply.code == 554,
          "screening again")


def test_setup_makes_a_bare_postfix_work_and_undo_takes_it_back():
    """From a Postfix that knows nothing of us to a held and released mail."""
    with Place(start=False, milters="unset") as place:
        etc = place.folder / "etc"
        # The queue folder is where the socket belongs.
        socket = place.folder / "queue" / "countersign" / "milter.sock"
        place.node.write(milter__socket=f"unix:{socket}", release__smtp=f"127.0.0.1:{free_port()}",
                         notices__smtp=f"127.0.0.1:{free_port()}")
        place.node.socket = socket
        subprocess.run(["postconf", "-c", etc, "-e",
                        f"smtpd_milters = unix:{place.folder}/verifier.sock", "in_flow_delay = 1s"],
                       check=True)
        before = (etc / "main.cf").read_bytes(), (etc / "master.cf").read_bytes()
        place.node.run("setup", "postfix", "--postfix-dir", etc, "--apply")
        subprocess.run(["postfix", "-c", etc, "reload"], check=True, capture_output=True)
        place.node.start_milter()
        place.node.start_page()
        entries = []

        def held():
            entries.append(place.send("joe@example.org", author="new@setup.example"))
            return entries[-1].reply.code == 554

        until(held, "the MX asks our milter")
        assert not severe(findings(place), "postfix")
        [held_id] = place.held(entries[-1])
        place.node.run("held", "release", held_id)
        [mail] = place.delivered(entries[-1])
        assert mail.held_id == held_id
        # Whoever edits between two runs finds all as it was, or nothing undone: never half of it.
        applied = (etc / "main.cf").read_bytes()
        (etc / "main.cf").write_bytes(applied + b"always_bcc =\n")
        place.node.write(first_contact__mode="observe")
        place.node.run("setup", "postfix", "--postfix-dir", etc, "--apply")
        both = (etc / "main.cf").read_bytes(), (etc / "master.cf").read_bytes()
        undo = place.node.run("setup", "postfix", "--postfix-dir", etc, "--undo", check=False)
        assert undo.returncode == 73 and "nothing is undone" in undo.stderr
        assert ((etc / "main.cf").read_bytes(), (etc / "master.cf").read_bytes()) == both
        for backup in sorted((etc / "countersign-backup").iterdir())[1:]:
            shutil.rmtree(backup)
        (etc / "main.cf").write_bytes(applied)
        place.node.run("setup", "postfix", "--postfix-dir", etc, "--undo")
        assert ((etc / "main.cf").read_bytes(), (etc / "master.cf").read_bytes()) == before
