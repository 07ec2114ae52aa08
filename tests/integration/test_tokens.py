# SPDX-License-Identifier: Apache-2.0
"""Addresses for machines: who may use them, until when, and what is said when they are over."""
import datetime
import os
import pathlib
import signal

import pytest

from testsite.sender import dkim_pass
from testsite.waiting import until

MTAS = ["postfix", "sendmail"]
OVER = "554 5.7.1 This address is no longer in use"
MACHINE = ("Auto-Submitted: auto-generated", "Precedence: bulk")


def issue(place, *options, mailbox="joe@example.org", label="shop"):
    """A new token's address."""
    return place.node.run("tokens", "issue", mailbox, "--label", label, *options).stdout.strip()


def tokens(place, mailbox="joe@example.org"):
    """Address -> what `tokens list` says."""
    listed = place.node.run("tokens", "list", mailbox, json_lines=True)
    return {one["address"]: one for one in listed}


def shop(place, address, domain="shop.example", **how):
    """A machine's mail to a token, authenticated by `domain`."""
    return place.send(address, author=f"orders@{domain}", verified=dkim_pass(domain),
                      fields=MACHINE, **how)


def test_a_machine_with_a_token_is_let_in(place):
    address = issue(place)
    assert address.startswith("joe+shop.") and address.endswith("@example.org")
    entry = shop(place, address)
    assert entry.reply.code == 250
    [copy] = place.delivered(entry)
    assert copy.mark == "pass; reason=token; author=shop.example"
    assert copy.recipient == address
    # Without one it waits, and nobody is told.
    assert place.held(shop(place, "joe@example.org"))


def test_capitals_do_not_matter(place):
    local, domain = issue(place).split("@")
    entry = shop(place, f"{local.upper()}@{domain}")
    assert entry.reply.code == 250
    place.delivered(entry)


def test_a_detail_is_not_dropped_from_who_gets_a_token(place):
    refused = place.node.run("tokens", "issue", "joe+smith@example.org", "--label", "shop",
                             check=False)
    assert refused.returncode == 65 and refused.stdout == ""
    assert '"joe+smith@example.org" is joe@example.org with a detail' in refused.stderr


def test_a_wrong_tag_is_no_token(place):
    address = issue(place)
    at = address.index("@") - 1
    wrong = address[:at] + ("y" if address[at] == "z" else "z") + address[at + 1:]
    assert place.held(shop(place, wrong))


def test_so_many_messages_and_no_more(place):
    address = issue(place, "--uses", "2")
    first = shop(place, address)
    assert first.reply.code == 250
    # The same mail again, as a sender does who did not hear the answer: it is no further use.
    again = place.send(address, retry_of=first, reverse_path="orders@shop.example")
    assert again.reply.code == 250
    assert tokens(place)[address]["uses_left"] == 1
    assert shop(place, address).reply.code == 250
    assert shop(place, address).reply.text == OVER
    # A second try of what took a use passes still.
    assert place.send(address, retry_of=first, reverse_path="orders@shop.example").reply.code == 250
    assert tokens(place)[address]["state"] == "spent"
    assert tokens(place)[address]["uses"] == 2


def test_until_a_date(place):
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
    address = issue(place, "--until", soon.strftime("%Y-%m-%dT%H:%M:%SZ"), "--uses", "5")
    assert shop(place, address).reply.code == 250
    until(lambda: tokens(place)[address]["state"] == "expired", "the token expired")
    assert shop(place, address).reply.text == OVER


def test_revoked(place):
    address = issue(place)
    assert shop(place, address).reply.code == 250
    place.node.run("tokens", "revoke", address)
    assert shop(place, address).reply.text == OVER


def test_the_first_who_uses_it_and_a_leak(place):
    address = issue(place, label="leaky")
    # Nobody is bound by mail that proves nothing.
    assert place.send(address, author="x@forged.example").reply.code == 250
    assert tokens(place)[address]["bound_to"] is None
    assert shop(place, address).reply.code == 250
    assert tokens(place)[address]["bound_to"] == "shop.example"
    for _ in range(3):
        stranger = shop(place, address, domain="spam.example")
        assert stranger.reply.text == OVER
    forged = place.send(address, author="orders@shop.example")
    assert forged.reply.text == OVER
    known = tokens(place)[address]
    assert known["leaks"] == 4 and known["state"] == "valid" and known["leaked_to"] is None
    assert "LEAKED" in place.node.run("tokens", "list", "joe@example.org").stdout
    # The owner is told, once; nobody else is.
    [notice] = until(lambda: alarms(place, "leaky"), "the owner told")
    assert notice.recipient == "joe@example.org" and notice.reverse_path == ""
    assert notice.field("Auto-Submitted") == "auto-generated"
    assert b"spam.example" in notice.raw and b"shop.example" in notice.raw
    place.node.run("tokens", "revoke", address)
    assert shop(place, address, domain="spam.example").reply.text == OVER
    fence = issue(place, label="fence", mailbox="ann@example.org")
    assert shop(place, fence).reply.code == 250
    assert shop(place, fence, domain="spam.example").reply.code == 554
    until(lambda: alarms(place, "fence"), "a later alarm sent")
    assert len(alarms(place, "leaky")) == 1


def alarms(place, label):
    return [copy for copy in place.mailbox.all()
            if copy.field("Subject") == f'Your address "{label}" was used by somebody else']


def test_a_named_domain_and_anyone(place):
    named = issue(place, "--bind", "mail.shop.example")
    assert shop(place, named, domain="other.example").reply.text == OVER
    assert shop(place, named).reply.code == 250
    anyone = issue(place, "--bind", "anyone")
    assert shop(place, anyone, domain="other.example").reply.code == 250
    assert place.send(anyone, author="x@nobody.example").reply.code == 250
    assert tokens(place)[anyone]["bound_to"] is None


def test_a_list_that_says_no_beats_a_token(place):
    address = issue(place, "--uses", "3")
    place.node.run("contacts", "deny", "joe@example.org", "denied.example")
    entry = shop(place, address, domain="denied.example")
    assert entry.reply.text == "554 5.7.1 This recipient does not accept mail from you"
    assert tokens(place)[address]["uses_left"] == 3


def test_watching_a_use_is_spent_and_what_is_over_passes(place):
    place.node.run("policy", "set", "watched@example.org", "mode=observe")
    address = issue(place, "--uses", "1", mailbox="watched@example.org")
    first = shop(place, address)
    [copy] = place.delivered(first)
    assert copy.mark == "pass; reason=token; author=shop.example"
    assert tokens(place, "watched@example.org")[address]["uses_left"] == 0
    second = shop(place, address)
    assert second.reply.code == 250
    [copy] = place.delivered(second)
    assert copy.mark == "observed; would=refuse; reason=token-refused"


def test_one_of_several_recipients(place):
    address = issue(place, "--uses", "2")
    both = shop(place, [address, "ann@example.org"])
    assert both.reply.code == 250
    place.delivered(both, address)
    assert place.held(both)
    gone = issue(place)
    place.node.run("tokens", "revoke", gone)
    mixed = shop(place, [address, gone])
    assert mixed.reply.code == 250
    assert [copy.recipient for copy in place.delivered(mixed)] == [address]
    mixed.recipients = [address]  # who was refused among others is not lost
    assert tokens(place)[address]["uses_left"] == 0


def test_a_new_key_leaves_old_tokens_valid(place):
    old = issue(place)
    secrets = place.node.folder / "milter.secrets"
    before = secrets.read_text()
    secrets.write_text(f"token rotated {'5' * 64}\n{before}")
    reload(place)
    fresh = issue(place)
    for address in (old, fresh):
        assert shop(place, address).reply.code == 250
        assert tokens(place)[address]["uses"] == 1
    # Without the old key its tokens are addresses like any other.
    secrets.write_text(f"token rotated {'5' * 64}\n" + "".join(
        line for line in before.splitlines(True) if not line.startswith("token ")))
    reload(place)
    assert shop(place, fresh).reply.code == 250
    assert place.held(shop(place, old))
    secrets.write_text(before)
    reload(place)
    assert shop(place, old).reply.code == 250


def reload(place):
    log = pathlib.Path(place.node.milter.log)
    count = log.read_text().count("configuration read anew")
    os.kill(place.node.milter.pid, signal.SIGUSR1)
    until(lambda: log.read_text().count("configuration read anew") > count, "read anew")


@pytest.mark.parametrize("delimiter", ["-", "+-"])
def test_other_delimiters(place, delimiter):
    place.node.write(protect__recipient_delimiter=delimiter)
    reload(place)
    address = issue(place, mailbox="mary@example.org", label="my-shop")
    assert address.startswith(f"mary{delimiter[0]}my-shop.")
    entry = shop(place, address)
    assert entry.reply.code == 250
    assert place.delivered(entry)[0].mark == "pass; reason=token; author=shop.example"
    place.node.write(protect__recipient_delimiter="+")
    reload(place)


def test_rewritten_to_the_plain_mailbox(place):
    place.node.write(protect__strip_tokens=True)
    reload(place)
    address = issue(place)
    entry = shop(place, address)
    assert entry.reply.code == 250
    assert [copy.recipient for copy in place.delivered(entry)] == ["joe@example.org"]
    entry.recipients = ["joe@example.org"]
    place.node.write(protect__strip_tokens=False)
    reload(place)
    entry = shop(place, address)
    assert [copy.recipient for copy in place.delivered(entry)] == [address]


def test_who_is_expected_passes(place):
    expect = ("policy", "expect", "joe@example.org", "--domain", "bank.example", "--minutes")
    assert place.held(shop(place, "joe@example.org", domain="bank.example"))
    place.node.run(*expect, "10", "--count", "2")
    first = shop(place, "joe@example.org", domain="bank.example")
    assert place.delivered(first)[0].mark == "pass; reason=expected; author=bank.example"
    assert place.held(place.send("joe@example.org", author="x@bank.example", fields=MACHINE))
    assert place.held(shop(place, "ann@example.org", domain="bank.example"))
    again = place.send("joe@example.org", retry_of=first, reverse_path="orders@bank.example")
    assert again.reply.code == 250
    assert shop(place, "joe@example.org", domain="bank.example").reply.code == 250
    assert place.held(shop(place, "joe@example.org", domain="bank.example"))
    place.node.run(*expect, "10")
    assert "expect bank.example" in place.node.run("policy", "show", "joe@example.org").stdout
    assert shop(place, "joe@example.org", domain="bank.example").reply.code == 250
    place.node.run(*expect, "0")
    assert place.held(shop(place, "joe@example.org", domain="bank.example"))


def test_a_store_that_was_put_back_is_audited(place):
    address = issue(place, "--uses", "5", label="lost")
    for _ in range(2):
        assert shop(place, address).reply.code == 250
    known = tokens(place)[address]
    client = place.redis.client()
    assert client("HDEL", "cs:{joe@example.org}:tokens", known["id"]) == 1
    # Its mail is not lost, but nobody knows that it is expected.
    assert place.held(shop(place, address))
    log = place.node.folder / "milter.log"
    audit = ("tokens", "audit", "--log", log)
    found = place.node.run(*audit, check=False)
    assert found.returncode == 65 and address in found.stdout
    place.node.run(*audit, "--mend", "restore")
    again = tokens(place)[address]
    assert (again["uses_left"], again["bound_to"]) == (3, "shop.example")
    assert shop(place, address).reply.code == 250
    assert address not in place.node.run(*audit, check=False).stdout


def test_nothing_is_lost(place):
    place.account()
