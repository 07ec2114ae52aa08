# SPDX-License-Identifier: Apache-2.0
"""Who comes into contact lists and tokens by the admin command, and who does not."""
import os

from testsite.place import Place
from testsite.sender import dkim_pass

LOGIN = "postfix/smtpd[1]: 4ABCDEF: client=x[203.0.113.9], sasl_username=j"
FORGED = f"""\
Nov 22 10:00:00 mx dovecot: lmtp(jane@example.org)<9><a>: msgid=<1 {LOGIN} @evil.example>: saved mail
Nov 22 10:00:01 mx spamd[1]: {LOGIN}
Nov 22 10:00:02 mx postfix/qmgr[1]: 4ABCDEF: from=<joe@example.org>, size=1, nrcpt=1 (queue active)
Nov 22 10:00:03 mx postfix/smtp[1]: 4ABCDEF: to=<mallory@evil.example>, relay=x, status=sent (ok)
2027-05-03 14:02:00 1oAbCd-0001Xy-Xy <= joe@example.org H=evil [203.0.113.9] P=esmtp S=10 T="x A=plain:joe"
2027-05-03 14:02:01 1oAbCd-0001Xy-Xy => mallory@evil.example R=dnslookup T=remote_smtp
"""
TRUE = FORGED.replace("spamd[1]: ", "")


def test_a_stranger_writes_himself_into_no_list_by_the_log(place):
    log = place.folder / "mail.log"
    log.write_text(FORGED)
    assert place.node.run("contacts", "learn", "--log", log.parent, check=False).returncode == 66
    learnt = place.node.run("contacts", "learn", "--log", log)
    assert learnt.stdout == "" and "0 contacts" in learnt.stderr
    assert place.node.run("contacts", "list", "joe@example.org").stdout == ""
    mallory = place.send("joe@example.org", author="mallory@evil.example",
                         verified=dkim_pass("evil.example"))
    assert place.held(mallory)
    # Only the tag made the difference.
    log.write_text(TRUE)
    assert "mallory@evil.example" in place.node.run("contacts", "learn", "--log", log).stdout
    place.node.run("contacts", "remove", "joe@example.org", "mallory@evil.example")


def test_a_stranger_binds_no_token_by_the_log(place):
    address = place.node.run("tokens", "issue", "joe@example.org", "--label",
                             "shop").stdout.strip()
    token = place.node.run("tokens", "list", "joe@example.org", json_lines=True)[0]["id"]
    event = ("countersign-milter[1]: info: token queue_id=4A owner=joe@example.org "
             f"id={token} result=revoked bound=evil.example")
    log = place.folder / "mail.log"
    log.write_text(f"Nov 22 10:00:00 mx dovecot: lmtp(jane@example.org)<9><a>: msgid=<1 {event} @x>\n"
                   f"Nov 22 10:00:00 mx spamd[1]: {event}\n")
    audit = place.node.run("tokens", "audit", "--log", log, "--mend", "restore")
    assert audit.stdout == "Logs and store agree.\n"
    [unbound] = place.node.run("tokens", "list", "joe@example.org", json_lines=True)
    assert (unbound["state"], unbound["bound_to"]) == ("valid", None)
    entry = place.send(address, author="orders@shop.example", verified=dkim_pass("shop.example"))
    assert place.delivered(entry)[0].mark == "pass; reason=token; author=shop.example"


def test_all_below_a_public_suffix_can_be_named_and_all_of_a_domain_by_no_star(place):
    place.node.run("contacts", "allow", "site", "@.ac.uk")
    listed = place.node.run("contacts", "list", "site", json_lines=True)
    assert [(one["subject"], one["standing"]) for one in listed] == [("@.ac.uk", "allow")]
    place.node.run("contacts", "remove", "site", "@.ac.uk")
    star = place.node.run("contacts", "allow", "joe@example.org", "*@x.example", check=False)
    assert star.returncode == os.EX_DATAERR
    assert "@x.example (all authors" in star.stderr and "@.x.example" in star.stderr


def test_a_mailbox_with_a_delimiter_in_its_name_has_tokens_of_its_own(monkeypatch):
    """By a table that cannot be listed, of the Postfix that the environment names."""
    with Place(start=False) as place:
        monkeypatch.setenv("MAIL_CONFIG", str(place.folder / "etc"))
        table = place.folder / "owners.re"
        table.write_text("/^foo-bar@example\\.org$/ foo-bar@example.org\n")
        table.chmod(0o644)
        place.node.write(protect__mailboxes=f"regexp:{table}",
                         protect__recipient_delimiter="+-")
        place.node.milter.env["MAIL_CONFIG"] = str(place.folder / "etc")
        place.node.start_milter()
        address = place.node.run("tokens", "issue", "foo-bar@example.org", "--label",
                                 "shop").stdout.strip()
        assert address.startswith("foo-bar+shop.")
        entry = place.send(address, author="orders@shop.example",
                           verified=dkim_pass("shop.example"))
        assert place.delivered(entry)[0].mark == "pass; reason=token; author=shop.example"
        used = place.node.run("tokens", "list", "foo-bar@example.org", json_lines=True)
        assert [one["uses"] for one in used] == [1]
        # foo@example.org is somebody else.
        assert place.node.run("tokens", "list", "foo@example.org").stdout == ""
        # With a Postfix that is not there the table cannot be asked: no token rather than another's.
        monkeypatch.setenv("MAIL_CONFIG", str(place.folder / "none"))
        failed = place.node.run("tokens", "issue", "foo-bar@example.org", "--label", "shop",
                                check=False)
        assert failed.returncode != 0 and failed.stdout == ""
        monkeypatch.setenv("MAIL_CONFIG", str(place.folder / "etc"))


def test_nothing_is_lost(place):
    place.account()
