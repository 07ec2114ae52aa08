# SPDX-License-Identifier: Apache-2.0
"""The mails that we write: challenges, digests, reports. To whom, how often, with what in them."""
import datetime
import email
import email.policy
import re

import pytest

from testsite.outside import Outside, Script
from testsite.page import answer
from testsite.place import Place
from testsite.sender import dkim_pass, spf_pass
from testsite.waiting import until

MTAS = ["postfix", "sendmail"]


@pytest.fixture(scope="module")
def place(mta):
    with Place(keys={"challenge.channels": ["reply", "mail"]}, mta=mta) as made:
        yield made


def parse(taken):
    return email.message_from_bytes(taken.content, policy=email.policy.default)


def by_mail(place, author, **how):
    return place.send("joe@example.org", author=author, verified=spf_pass(author), **how)


def test_an_author_whose_own_server_wrote_is_challenged_by_mail(place):
    entry = by_mail(place, "anna@mailed.example")
    assert entry.reply.code == 250 and len(place.held(entry)) == 1
    [taken] = place.outside.wait_for("anna@mailed.example")
    assert taken.reverse_path.startswith("<>")
    mail = parse(taken)
    assert mail["To"] == "anna@mailed.example"
    assert mail["From"].addresses[0].addr_spec == "countersign@example.org"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["In-Reply-To"] == f"<{entry.tag}@client.example>"
    assert f"<{entry.tag}@client.example>" in mail["References"]
    assert mail["Subject"] == f"Re: Offer {entry.tag}"
    assert mail.get_content_type() == "multipart/alternative"
    plain = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    url = re.search(r"http://127\.0\.0\.1:\d+/c/[0-9A-Z]{26}", plain).group(0)
    assert url in html
    assert "Forty chairs" not in plain + html, "it quotes the message"
    assert answer(url, "anna@mailed.example").status == 303
    [delivered] = place.delivered(entry)
    assert "; author=mailed.example; " in delivered.mark
    assert by_mail(place, "anna@mailed.example").reply.code == 250
    assert len(place.outside.to("anna@mailed.example")) == 1


def test_a_challenge_goes_out_once_and_later_mail_gets_it_in_the_reply(place):
    first = by_mail(place, "bert@once.example")
    assert first.reply.code == 250
    place.outside.wait_for("bert@once.example")
    second = by_mail(place, "bert@once.example")
    assert second.reply.code == 554 and second.reply.url
    retry = by_mail(place, "bert@once.example", retry_of=first)
    assert retry.reply.code == 250
    assert len(place.outside.to("bert@once.example")) == 1


def test_it_goes_out_once_whatever_is_restarted(place):
    entry = by_mail(place, "carl@restart.example")
    place.node.milter.stop()
    place.node.start_milter()
    place.outside.wait_for("carl@restart.example")
    place.node.milter.kill()
    place.node.start_milter()
    other = by_mail(place, "marker@restart2.example")
    place.outside.wait_for("marker@restart2.example")
    assert len(place.outside.to("carl@restart.example")) == 1
    assert len(place.held(entry)) == 1 and len(place.held(other)) == 1


@pytest.mark.parametrize("name,author,how", [
    ("unauthenticated", "x1@innocent.example", {}),
    ("signed only", "x2@innocent.example", {"verified": dkim_pass("innocent.example")}),
    ("another reverse-path", "x3@innocent.example",
     {"verified": spf_pass("x@innocent.example"), "reverse_path": "other@innocent.example"}),
    ("SPF of another domain", "x4@innocent.example", {"verified": spf_pass("x4@forger.example")}),
    ("recipient not named", "x5@innocent.example", {
        "verified": spf_pass("x5@innocent.example"),
        "content": b"X-Verified: spf=pass smtp.mailfrom=x5@innocent.example\r\n"
                   b"From: x5@innocent.example\r\nTo: undisclosed@elsewhere.example\r\n"
                   b"Subject: hidden needle5\r\nMessage-ID: <needle5@x>\r\n\r\nneedle5\r\n",
        "tag": "needle5"}),
    ("a machine", "x6@innocent.example", {
        "verified": spf_pass("x6@innocent.example"), "fields": ["Auto-Submitted: auto-replied"]}),
    ("a list", "x7@innocent.example", {
        "verified": spf_pass("x7@innocent.example"), "fields": ["List-Id: <l.innocent.example>"]}),
    ("a bounce", "x8@innocent.example", {
        "verified": spf_pass("x8@innocent.example"), "reverse_path": ""}),
])
def test_nobody_else_is_mailed(place, name, author, how):
    place.send("joe@example.org", author=author, **how)
    # Whoever is mailed after it has been: the outbox is worked through in order.
    marker = f"after-{author.split('@')[0]}@marker{author[1]}.example"
    by_mail(place, marker)
    place.outside.wait_for(marker)
    assert place.outside.to(author) == []


def test_who_is_refused_beside_others_is_reported_to_who_wrote_it(place):
    """Law 1: the message is accepted for one, and no reply can say that another is not reached."""
    gone = place.node.run("tokens", "issue", "joe@example.org", "--label", "shop").stdout.strip()
    place.node.run("tokens", "revoke", gone)
    author = "vera@beside.example"
    place.node.run("contacts", "allow", "ann@example.org", author)
    place.node.run("contacts", "deny", "bob@example.org", author)
    mixed = place.send(["ann@example.org", "bob@example.org", gone], author=author,
                       verified=spf_pass(author))
    assert mixed.reply.code == 250
    assert [copy.recipient for copy in place.delivered(mixed, "ann@example.org")] == ["ann@example.org"]
    mixed.recipients = ["ann@example.org"]  # of the others he hears
    [taken] = place.outside.wait_for(author)
    assert taken.reverse_path.startswith("<>")
    mail = parse(taken)
    _, status, returned = mail.iter_parts()
    report = status.get_payload()[1:]
    assert [(part["Final-Recipient"], part["Diagnostic-Code"]) for part in report] == [
        ("rfc822; bob@example.org", "smtp; 554 5.7.1 This recipient does not accept mail from you"),
        (f"rfc822; {gone}", "smtp; 554 5.7.1 This address is no longer in use")]
    assert mixed.tag in returned.as_string()
    until(lambda: not list((place.node.spool / "reports").iterdir()), "the report is over")
    # Only a signature, which anybody may send on: nobody is mailed (law 2).
    signed = place.send(["ann@example.org", gone], author=author, verified=dkim_pass("beside.example"))
    assert signed.reply.code == 250
    signed.recipients = ["ann@example.org"]
    place.delivered(signed)
    assert not list((place.node.spool / "reports").iterdir())


def test_the_notice_port_being_down_only_delays(place):
    outside = place.outside
    place.mta.stop()
    place.mta.start()
    entry = by_mail(place, "dora@delayed.example")
    assert entry.reply.code == 250
    outside.wait_for("dora@delayed.example", timeout=60)


def test_what_the_mta_refuses_for_good_is_reported_to_an_authenticated_author():
    """Law 1: accepted with a 250 (by mail) or kept, and undeliverable: a DSN (RFC 3464)."""
    refuse = Script(replies={"RCPT": lambda a: "550 5.1.1 no such user here" if "gone@" in a else None})
    with Place(start=False) as place:
        mta = place._ends(Outside(refuse))
        place.node.write(release__smtp=f"127.0.0.1:{mta.port}")
        place.node.start_milter()
        place.node.start_page()
        author = "emil@reported.example"
        both = place.send(["joe@example.org", "gone@example.org"], author=author,
                          verified=dkim_pass("reported.example"))
        forged = place.send("gone@example.org", author="x@forged.example")
        assert place.answer(both, author).status == 303
        assert place.answer(forged, "x@forged.example").status == 303
        [taken] = place.outside.wait_for(author)
        assert taken.reverse_path.startswith("<>")
        mail = parse(taken)
        assert mail.get_content_type() == "multipart/report"
        parts = [p.get_content_type() for p in mail.iter_parts()]
        assert parts[0] == "text/plain" and parts[1] == "message/delivery-status"
        assert parts[2] in ("text/rfc822-headers", "message/rfc822-headers", "message/rfc822")
        text = taken.content.decode("utf-8", "replace")
        assert "gone@example.org" in text and "5.1.1" in text and "Action: failed" in text
        assert "Forty chairs" not in text
        # The other recipient got it, once; the failed one is shown to the administrator.
        until(lambda: mta.to("joe@example.org"), "delivered to the other")
        assert len(mta.to("joe@example.org")) == 1
        until(lambda: "failed" in place.node.run("held", "list", "--json", check=False).stdout
              or place.held(both) == [], "shown as failed")
        assert place.outside.to("x@forged.example") == []


def test_a_release_goes_on_after_temporary_errors_and_never_twice_to_one_recipient():
    state = {"later": 2}

    def recipient(argument):
        if "slow@" in argument and state["later"]:
            state["later"] -= 1
            return "451 4.2.1 busy"
        return None
    with Place(start=False) as place:
        mta = place._ends(Outside(Script(replies={"RCPT": recipient})))
        place.node.write(release__smtp=f"127.0.0.1:{mta.port}")
        place.node.start_milter()
        place.node.start_page()
        entry = place.send(["joe@example.org", "slow@example.org"], author="f@patient.example")
        assert place.answer(entry, "f@patient.example").status == 303
        mta.wait_for("joe@example.org")
        mta.wait_for("slow@example.org", timeout=150)
        until(lambda: not place.held(entry), "removed")
        assert len(mta.to("joe@example.org")) == 1 and len(mta.to("slow@example.org")) == 1


def test_a_connection_lost_after_the_dot_repeats_with_the_same_held_id():
    first = {"open": True}

    def dot(_):
        if first.pop("open", False):
            return "take and close"
        return None
    with Place(start=False) as place:
        mta = place._ends(Outside(Script(replies={".": dot})))
        place.node.write(release__smtp=f"127.0.0.1:{mta.port}")
        place.node.start_milter()
        place.node.start_page()
        entry = place.send("joe@example.org", author="g@again.example")
        assert place.answer(entry, "g@again.example").status == 303
        copies = mta.wait_for("joe@example.org", count=2, timeout=90)
        ids = {re.search(rb"held=([0-9a-z]+)", c.content).group(1) for c in copies}
        assert len(copies) == 2 and len(ids) == 1


def test_the_digest_lists_what_waits_and_then_it_may_expire():
    """Nothing expires before a digest that listed it was taken by the MTA."""
    soon = datetime.datetime.now() + datetime.timedelta(seconds=75)
    with Place(keys={"first_contact.lifetime": "1s",
                     "notices.digest": soon.strftime("%H:%M")}) as place:
        one = place.send("joe@example.org", author="h@digest.example")
        two = place.send("joe@example.org", fields=["Auto-Submitted: auto-generated"])
        other = place.send("jane@example.org", author="h@digest.example")
        assert place.held(one) and place.held(two) and place.held(other)

        def digests(recipient):
            return [m for m in place.mailbox.all()
                    if m.recipient == recipient and m.field("Auto-Submitted")]
        until(lambda: digests("joe@example.org"), "digest for joe", timeout=180)
        text = digests("joe@example.org")[0].raw.decode()
        assert one.tag in text and two.tag in text and other.tag not in text
        assert "/c/" not in text
        until(lambda: digests("jane@example.org"), "digest for jane", timeout=60)
        until(lambda: place.node.held_files() == {}, "expired after its digest", timeout=180)
        assert len(digests("joe@example.org")) == 1
        assert not place.mailbox.find(one.tag, "joe@example.org") or \
            all(m.field("Auto-Submitted") for m in place.mailbox.find(one.tag))
