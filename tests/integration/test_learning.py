# SPDX-License-Identifier: Apache-2.0
"""What users write teaches whom they know; replies, bounces and lists of it pass, forgeries do not."""
import re
import signal
import uuid

import pytest

from testsite.sender import Smtp, dkim_pass
from testsite.waiting import until

# Postfix relays for this client, as for a user of the house.
PLACE = {"keys": {"milter.submit_networks": ["127.0.0.2"]},
         "mta_extra": "smtpd_relay_restrictions = permit_mynetworks, reject\n"
                          "smtpd_recipient_restrictions = permit_mynetworks, reject\n"}


def write(place, recipients, author="joe@example.org", fields=(), tag=None):
    """A user submits a mail; returns its tag, which is in its Message-ID."""
    tag = tag or uuid.uuid4().hex
    lines = [f"From: {author}", f"To: {', '.join(recipients)}", f"Subject: Offer {tag}",
             f"Message-ID: <{tag}@example.org>", *fields, "", f"Forty chairs.\r\n{tag}", ""]
    smtp = Smtp(place.mta.mx, source="127.0.0.2")
    reply = smtp.send(author, recipients, "\r\n".join(lines).encode())
    smtp.close()
    assert reply.code == 250, reply
    return tag


def passes(place, entry, mark):
    assert entry.reply.code == 250, entry.reply
    [mail] = place.delivered(entry)
    assert mail.mark == mark
    assert place.held(entry) == []


def is_held(place, entry):
    assert len(place.held(entry)) == 1, entry.reply
    assert place.mailbox.find(entry.tag) == []


def contacts(place, whom="joe@example.org"):
    return {c["subject"]: c for c in place.node.run("contacts", "list", whom, json_lines=True)}


def test_whom_a_user_writes_to_may_answer_at_once(place):
    stranger = place.send("joe@example.org", author="anna@first.example",
                          verified=dkim_pass("first.example"))
    assert stranger.reply.code == 554
    write(place, ["anna@first.example", "bert@second.example"])
    passes(place, place.send("joe@example.org", author="anna@first.example",
                             verified=dkim_pass("first.example")),
           "pass; reason=contact; author=first.example")
    known = contacts(place)
    assert known["anna@first.example"]["fingerprints"] == ["first.example"]
    assert known["bert@second.example"]["fingerprints"] == []
    assert known["bert@second.example"]["source"] == "learnt"
    # A name is not an identity, and another mailbox is another's.
    is_held(place, place.send("joe@example.org", author="bert@second.example"))
    is_held(place, place.send("jane@example.org", author="anna@first.example",
                              verified=dkim_pass("first.example")))


def test_a_reply_from_another_address_of_the_domain_passes_and_is_known(place):
    tag = write(place, ["office@firm.example"])
    reply = place.send("joe@example.org", author="clara@firm.example",
                       verified=dkim_pass("firm.example"),
                       fields=[f"In-Reply-To: <{tag}@example.org>"])
    passes(place, reply, "pass; reason=reply; author=firm.example")
    passes(place, place.send("joe@example.org", author="clara@firm.example",
                             verified=dkim_pass("firm.example")),
           "pass; reason=contact; author=firm.example")


def test_a_public_message_id_helps_no_forger(place):
    tag = write(place, ["list@public.example"])
    answers = [f"In-Reply-To: <{tag}@example.org>", f"References: <{tag}@example.org>"]
    for author, verified in (("eve@evil.example", dkim_pass("evil.example")),
                             ("list@public.example", dkim_pass("evil.example")),
                             ("carol@public.example", dkim_pass("evil.example")),
                             ("carol@public.example", None)):
        is_held(place, place.send("joe@example.org", author=author, verified=verified,
                                  fields=answers))
    assert "eve@evil.example" not in contacts(place)


def test_automatic_mail_of_a_user_teaches_nothing(place):
    write(place, ["spammer@away.example"], fields=["Auto-Submitted: auto-replied"])
    assert "spammer@away.example" not in contacts(place)
    is_held(place, place.send("joe@example.org", author="spammer@away.example",
                              verified=dkim_pass("away.example")))


def test_mail_that_claims_to_be_ours_from_outside_teaches_nothing(place):
    smtp = Smtp(place.mta.mx)
    smtp.send("joe@example.org", ["jane@example.org", "eve@forged.example"],
              b"From: joe@example.org\r\nTo: eve@forged.example\r\nMessage-ID: <x@y>\r\n\r\nx\r\n")
    smtp.close()
    assert "eve@forged.example" not in contacts(place)


def test_a_vacation_reply_passes(place):
    tag = write(place, ["dora@holiday.example"])
    reply = place.send("joe@example.org", author="dora@holiday.example", reverse_path="",
                       verified=dkim_pass("holiday.example"),
                       fields=["Auto-Submitted: auto-replied", f"In-Reply-To: <{tag}@example.org>"])
    passes(place, reply, "pass; reason=contact; author=holiday.example")


def real_bounce(place, refused):
    """The bounce that Postfix itself writes when the world refuses a recipient of a user's mail."""
    place.outside.script.replies["RCPT"] = lambda path: (
        "550 5.1.1 no such mailbox" if refused in path else "")
    try:
        tag = write(place, [refused])
        found = until(lambda: [m for m in place.mailbox.find(tag)
                               if m.field("Content-Type").startswith("multipart/report")],
                      "Postfix returns the mail")
    finally:
        place.outside.script.replies.pop("RCPT")
    # As it was written, without what the last delivery put on top.
    raw = found[0].raw
    at = re.search(rb"^Received: by ", raw, re.M).start()
    return tag, raw[at:].replace(b"\n", b"\r\n")


def send_bounce(place, content):
    """Another site's MTA sends it to us, in its own name: ours would be rule 8's."""
    tag = uuid.uuid4().hex
    content = content.replace(b"MAILER-DAEMON@example.org", b"MAILER-DAEMON@mx.world.example")
    content = re.sub(rb"\r\nMessage-Id: [^\r]*", b"", content, count=1, flags=re.I)
    content = b"Message-ID: <" + tag.encode() + b"@mx.world.example>\r\n" + content
    return place.send("joe@example.org", reverse_path="", content=content, tag=tag)


def test_a_bounce_of_ones_own_mail_passes_once(place):
    tag, content = real_bounce(place, "nobody@gone.example")
    assert b"message/delivery-status" in content and f"<{tag}@example.org>".encode() in content
    passes(place, send_bounce(place, content), "pass; reason=bounce")
    is_held(place, send_bounce(place, content))


def test_a_forged_bounce_is_held(place):
    tag, content = real_bounce(place, "nobody@else.example")
    is_held(place, send_bounce(place, content.replace(tag.encode(), uuid.uuid4().hex.encode())))
    # Of another's mail.
    other = uuid.uuid4().hex
    entry = place.send("jane@example.org", reverse_path="", tag=other,
                       content=b"Subject: " + other.encode() + b"\r\n" + content)
    is_held(place, entry)
    passes(place, send_bounce(place, content), "pass; reason=bounce")


def test_a_bounce_without_mime_structure_is_held_whole(place):
    body = "\r\n".join(f"line {i} of a long complaint" for i in range(20000))
    entry = place.send("joe@example.org", author="MAILER-DAEMON@odd.example", reverse_path="",
                       body=body)
    is_held(place, entry)
    [held_id] = place.held(entry)
    assert b"line 19999 of a long complaint\r\n" in place.node.held_files()[held_id]


LIST = ["List-Id: Chairs <chairs.lists.example>", "List-Post: <mailto:chairs@lists.example>",
        "Precedence: list"]


def test_a_mailing_list_is_known_once_its_user_wrote_to_it(place):
    def post(verified=dkim_pass("lists.example"), author="member@any.example"):
        return place.send("joe@example.org", author=author, fields=LIST, verified=verified,
                          reverse_path="chairs-bounces+joe=example.org@lists.example")
    is_held(place, post())
    write(place, ["chairs@lists.example"])
    passes(place, post(), "pass; reason=contact")
    known = contacts(place)["list:chairs.lists.example"]
    assert known["fingerprints"] == ["lists.example"] and known["source"] == "learnt"
    passes(place, post(author="other@member.example"), "pass; reason=contact")
    is_held(place, post(verified=dkim_pass("forger.example")))
    is_held(place, post(verified=None))


@pytest.mark.parametrize("whom", ["@firm.whole.example", "@.whole.example"])
def test_a_domain_is_allowed_alone_or_with_all_below(place, whom):
    place.node.run("contacts", "allow", "jim@example.org", whom)
    for domain in ("firm.whole.example", "a.firm.whole.example", "whole.example"):
        entry = place.send("jim@example.org", author=f"x@{domain}", verified=dkim_pass(domain))
        if whom == "@.whole.example" or whom == "@" + domain:
            assert entry.reply.code == 250, (whom, domain, entry.reply)
        else:
            assert entry.reply.code == 554, (whom, domain, entry.reply)
    place.node.run("contacts", "remove", "jim@example.org", whom)


def test_a_store_that_hangs_does_not_keep_users_from_writing(place):
    place.redis.daemon.send(signal.SIGSTOP)
    try:
        for n in range(3):
            write(place, [f"later{n}@paused.example"])
    finally:
        place.redis.daemon.send(signal.SIGCONT)
    until(lambda: "later2@paused.example" in contacts(place), "what was sent is learnt afterwards")
