# SPDX-License-Identifier: Apache-2.0
"""The rules and modes on a real MTA: what the sender hears, what the recipient gets, with what mark."""
import pytest

from testsite.sender import dkim_pass, spf_pass

MTAS = ["postfix", "sendmail"]


def passes(place, entry, mark, recipient=None):
    assert entry.reply.code == 250, entry.reply
    [mail] = place.delivered(entry, recipient)
    assert mail.mark == mark
    assert place.held(entry) == []


def silently_held(place, entry):
    """Taken with a 250 that names no page, and kept."""
    assert entry.reply.code == 250, entry.reply
    assert entry.reply.url is None
    assert len(place.held(entry)) == 1
    assert place.mailbox.find(entry.tag) == []


@pytest.mark.parametrize("recipient", [
    "postmaster@example.org", "Abuse@example.org", "hostmaster@EXAMPLE.org", "webmaster@example.org",
    "admin@example.org", "administrator@example.org", "security@example.org",
    "countersign@example.org", "postmaster+detail@example.org"])
def test_those_who_must_be_reached_are(place, recipient):
    entry = place.send(recipient)
    assert entry.reply.code == 250
    [mail] = place.delivered(entry)
    assert mail.mark == "pass; reason=exempt"


def test_other_domains_are_none_of_our_business(place):
    entry = place.send("joe@example.net")
    assert entry.reply.code == 250
    [mail] = place.delivered(entry)
    assert mail.mark is None


def test_a_forged_mark_does_not_come_in(place):
    entry = place.send("postmaster@example.org",
                       fields=["Countersign: pass; reason=contact; author=bank.example",
                               "COUNTERSIGN: pass", "countersign:released"])
    [mail] = place.delivered(entry)
    assert mail.fields("Countersign") == ["pass; reason=exempt"]


@pytest.mark.parametrize("name,how", [
    ("a bounce", {"reverse_path": ""}),
    ("an automatic answer", {"fields": ["Auto-Submitted: auto-replied"]}),
    ("a list", {"fields": ["List-Id: <chairs.example.com>"]}),
    ("bulk", {"fields": ["Precedence: bulk"]}),
    ("a newsletter", {"fields": ["Feedback-ID: 1:2:3:x"]}),
    ("no-reply", {"author": "no-reply@example.com"}),
])
def test_a_machine_is_held_silently(place, name, how):
    silently_held(place, place.send("joe@example.org", **how))


@pytest.mark.parametrize("field", [
    "", "From: a@x.example, b@y.example", "From: nobody", "From: a@good.example;b@evil.example",
    "From: a@one.example\r\nFrom: b@two.example"])
def test_mail_without_one_author_is_held_silently(place, field):
    import uuid
    tag = uuid.uuid4().hex
    content = (field + "\r\n" if field else "") + (
        f"To: joe@example.org\r\nSubject: Offer {tag}\r\nMessage-ID: <{tag}@x.example>\r\n\r\n{tag}\r\n")
    silently_held(place, place.send("joe@example.org", content=content.encode(), tag=tag))


def test_our_own_domain_from_outside_is_held_silently_unless_it_is_authenticated(place):
    silently_held(place, place.send("joe@example.org", author="jane@example.org"))
    # Below a protected domain is not in it.
    assert place.send("joe@example.org", author="boss@sub.example.org").reply.url
    genuine = place.send("joe@example.org", author="jane@example.org",
                         verified=dkim_pass("example.org"))
    passes(place, genuine, "pass; reason=own-domain; author=example.org")


def test_a_failing_dmarc_policy_is_held_silently(place):
    silently_held(place, place.send(
        "joe@example.org", author="pay@bank.example",
        verified="dmarc=fail (p=reject dis=none) header.from=bank.example"))


def test_who_is_blocked_hears_so(place):
    place.node.run("contacts", "deny", "joe@example.org", "spam@blocked.example")
    entry = place.send("joe@example.org", author="spam@blocked.example")
    assert entry.reply.code == 554
    assert entry.reply.text == "554 5.7.1 This recipient does not accept mail from you"
    assert place.held(entry) == []
    place.node.run("policy", "set", "jim@example.org", "blocked=hold")
    place.node.run("contacts", "deny", "jim@example.org", "blocked.example")
    silently_held(place, place.send("jim@example.org", author="other@blocked.example"))


def test_a_known_name_without_its_authentication_is_held_silently(place):
    place.node.run("contacts", "allow", "joe@example.org", "alice@known.example")
    first = place.send("joe@example.org", author="alice@known.example",
                       verified=dkim_pass("known.example"))
    passes(place, first, "pass; reason=contact; author=known.example")
    # From here on she is known by that domain's authentication.
    silently_held(place, place.send("joe@example.org", author="alice@known.example"))
    silently_held(place, place.send("joe@example.org", author="alice@known.example",
                                    verified=dkim_pass("forger.example")))
    later = place.send("joe@example.org", author="alice@known.example",
                       reverse_path="bounce@news.known.example",
                       verified=spf_pass("bounce@news.known.example"))
    passes(place, later, "pass; reason=contact; author=known.example")


def test_a_whole_domain_can_be_known(place):
    place.node.run("contacts", "allow", "example.org", "partner.example")
    entry = place.send("joe@example.org", author="anyone@partner.example",
                       verified=dkim_pass("partner.example"))
    passes(place, entry, "pass; reason=contact; author=partner.example")


def test_the_mailbox_decides_over_its_domain(place):
    place.node.run("contacts", "allow", "example.org", "friend@disputed.example")
    place.node.run("contacts", "deny", "jane@example.org", "friend@disputed.example")
    how = {"author": "friend@disputed.example", "verified": dkim_pass("disputed.example")}
    assert place.send("joe@example.org", **how).reply.code == 250
    assert place.send("jane@example.org", **how).reply.code == 554


def test_the_detail_of_an_address_is_not_another_mailbox(place):
    place.node.run("contacts", "allow", "joe@example.org", "alice@detail.example")
    entry = place.send("joe+chairs@example.org", author="alice@detail.example",
                       verified=dkim_pass("detail.example"))
    passes(place, entry, "pass; reason=contact; author=detail.example")


def test_observing_says_what_would_have_happened(place):
    place.node.run("policy", "set", "watch@example.org", "mode=observe")
    stranger = place.send("watch@example.org", author="anna@observed.example")
    passes(place, stranger, "observed; would=hold; reason=first-contact")
    machine = place.send("watch@example.org", author="anna@observed.example",
                         fields=["Auto-Submitted: auto-generated"])
    assert machine.reply.code == 250
    [mail] = place.delivered(machine)
    assert mail.mark.startswith("observed; would=") and mail.mark.endswith("reason=machine")


def test_observing_learns_authenticated_authors(place):
    place.node.run("policy", "set", "learn@example.org", "mode=observe")
    how = {"author": "bert@learnt.example", "verified": dkim_pass("learnt.example")}
    first = place.send("learn@example.org", **how)
    passes(place, first, "observed; would=hold; reason=first-contact")
    place.node.run("policy", "set", "learn@example.org", "mode=hold")
    assert place.send("learn@example.org", **how).reply.code == 250
    # Who was not authenticated was not learnt.
    place.node.run("policy", "set", "learn2@example.org", "mode=observe")
    assert place.send("learn2@example.org", author="x@nobody.example").reply.code == 250
    place.node.run("policy", "set", "learn2@example.org", "mode=hold")
    assert place.send("learn2@example.org", author="x@nobody.example").reply.code == 554


def test_aside_passes_marked_for_filing(place):
    place.node.run("policy", "set", "aside@example.org", "mode=aside")
    entry = place.send("aside@example.org", author="carl@aside.example")
    assert entry.reply.code == 250
    [mail] = place.delivered(entry)
    assert mail.mark.startswith("aside; reason=first-contact"), mail.mark


def test_machines_can_be_put_aside(place):
    place.node.run("policy", "set", "shop@example.org", "machines=aside")
    entry = place.send("shop@example.org", fields=["List-Id: <x.example.com>"])
    assert entry.reply.code == 250
    [mail] = place.delivered(entry)
    assert mail.mark.startswith("aside; reason=machine"), mail.mark
    assert place.send("shop@example.org", author="p@person.example").reply.code == 554


@pytest.mark.parametrize("spelling", [
    "jane@example.org", "jane@EXAMPLE.org", "Jane@Example.ORG", "@relay.example:jane@example.org"])
def test_mixed_recipients_each_get_what_they_decided(place, spelling):
    place.node.run("contacts", "allow", "joe@example.org", "mia@mixed.example")
    entry = place.send(["joe@example.org", spelling, "postmaster@example.org"],
                       author="mia@mixed.example", verified=dkim_pass("mixed.example"))
    assert entry.reply.code == 250
    place.delivered(entry, "joe@example.org")
    place.delivered(entry, "postmaster@example.org")
    marks = {m.recipient.lower(): m.mark for m in place.mailbox.find(entry.tag)}
    assert set(marks) == {"joe@example.org", "postmaster@example.org"}
    assert len(place.held(entry)) == 1
    [held] = [line for line in place.node.run("held", "list", json_lines=True)
              if line["id"] in place.held(entry)]
    assert "jane" in str(held).lower() and "joe@" not in str(held)


def test_a_refused_recipient_beside_others_is_left_out(place):
    place.node.run("contacts", "deny", "bea@example.org", "nils@partly.example")
    entry = place.send(["bea@example.org", "postmaster@example.org"], author="nils@partly.example")
    assert entry.reply.code == 250
    [mail] = place.delivered(entry)
    assert mail.recipient == "postmaster@example.org"
    assert place.held(entry) == []
    entry.recipients.remove("bea@example.org")  # what she refuses was promised to nobody


def test_several_strangers_recipients_get_one_url_and_one_answer_delivers_to_all(place):
    recipients = ["joe@example.org", "jane@example.org", "jim@example.org"]
    entry = place.send(recipients, author="olga@several.example")
    assert entry.reply.code == 554
    assert len(place.held(entry)) == 1
    assert place.answer(entry, "olga@several.example").status == 303
    mails = place.delivered(entry, count=3)
    assert sorted(m.recipient for m in mails) == sorted(recipients)
    place.account()


def test_a_client_that_logged_in_is_internal(place):
    entry = place.send("joe@example.org", author="jane@example.org",
                       login="jane")
    assert entry.reply.code == 250
    [mail] = place.delivered(entry)
    assert mail.mark is None or "internal" in mail.mark
