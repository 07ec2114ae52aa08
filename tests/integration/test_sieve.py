# SPDX-License-Identifier: Apache-2.0
"""contrib/sieve/countersign.sieve, run by Dovecot's interpreter on what the milter really wrote."""
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from testsite.sender import dkim_pass

RULE = Path(__file__).resolve().parents[2] / "contrib" / "sieve" / "countersign.sieve"
NOBODY = 65534
PLACE = {"keys": {"first_contact.mode": "aside", "first_contact.machines": "aside"}}


@pytest.fixture(scope="module")
def filed(place):
    """Runs the rule on a delivered message; returns what it does. Not as root: Dovecot would refuse."""
    with tempfile.TemporaryDirectory(prefix="countersign-sieve-", dir="/tmp") as name:
        folder = Path(name)
        rule = folder / RULE.name
        rule.write_bytes(RULE.read_bytes())
        for path in (folder, rule):
            os.chown(path, NOBODY, NOBODY)

        def run(mail):
            message = folder / "message"
            message.write_bytes(mail.raw)
            os.chown(message, NOBODY, NOBODY)
            done = subprocess.run(
                ["sieve-test", "-C", "-o", f"mail_home={folder}", "-o", f"mail_uid={NOBODY}",
                 "-o", f"mail_gid={NOBODY}", "-o", "mail_location=maildir:~/mail", rule, message],
                capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout
        yield run


def test_what_is_marked_aside_is_filed_apart(place, filed):
    for how in ({}, {"fields": ["Precedence: bulk"]},
                {"author": "bob@friend.example", "verified": dkim_pass("friend.example")}):
        entry = place.send("joe@example.org", **how)
        assert entry.reply.code == 250
        [mail] = place.delivered(entry)
        assert mail.mark.startswith("aside; reason=")
        actions = filed(mail)
        assert "Screened" in actions and "implicit keep" not in actions.lower().replace(
            "implicit keep:\n\n  (none)", ""), actions


def test_all_else_stays_in_the_inbox(place, filed):
    place.node.run("contacts", "allow", "joe@example.org", "carol@friend.example")
    for how in ({"author": "carol@friend.example", "verified": dkim_pass("friend.example")},
                {"author": "carol@friend.example", "verified": dkim_pass("friend.example"),
                 "fields": ["Countersign: aside; reason=forged", "X-Countersign: aside"]}):
        entry = place.send("joe@example.org", **how)
        [mail] = place.delivered(entry)
        assert mail.mark == "pass; reason=contact; author=friend.example"
        assert "Screened" not in filed(mail)
