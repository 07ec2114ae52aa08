# SPDX-License-Identifier: Apache-2.0
"""What people complain about in challenge and response, one story for each complaint."""
import email
import email.policy
import re

import pytest

from testsite.page import answer, post, request
from testsite.place import Place
from testsite.sender import Smtp, dkim_pass, message, spf_pass
from testsite.waiting import until

OURS = "127.0.0.5"  # from where our own users submit


@pytest.fixture(scope="module")
def place():
    """Challenges go by mail as well, where that harms nobody; our users submit from one address."""
    with Place(keys={"challenge.channels": ["reply", "mail"],
                     "milter.submit_networks": [OURS]},
               mta_extra="smtpd_relay_restrictions = permit_mynetworks, permit_auth_destination, "
                         "reject\n") as made:
        yield made


def submit(place, author, recipient, tag, fields=()):
    """One of our users writes out."""
    smtp = Smtp(place.postfix.mx, source=OURS)
    assert smtp.send(author, [recipient], message(author, [recipient], tag, fields=fields)).code == 250
    smtp.close()
    place.outside.wait_for(recipient)


def contacts(place, owner="joe@example.org"):
    return {c["subject"] for c in place.node.run("contacts", "list", owner, json_lines=True)}


def test_1_forged_senders_mean_that_innocents_are_mailed(place):
    """Only an author whose own server wrote to us is mailed; all others hear in the SMTP reply, which
    reaches nobody but who is connected."""
    for how in ({}, {"verified": "spf=fail smtp.mailfrom=v@innocent.example"},
                {"verified": dkim_pass("evil.example")},
                {"verified": spf_pass("x@evil.example"), "reverse_path": "x@evil.example"},
                {"verified": "dmarc=fail (p=reject) header.from=innocent.example"},
                {"reverse_path": "", "verified": dkim_pass("innocent.example")},
                # A signed mail of his, replayed.
                {"reverse_path": "x@evil.example", "verified": dkim_pass("innocent.example")}):
        place.send("joe@example.org", author="v@innocent.example", **how)
    genuine = place.send("joe@example.org", author="alice@genuine.example",
                         verified=spf_pass("alice@genuine.example"))
    assert genuine.reply.code == 250
    place.outside.wait_for("alice@genuine.example")
    assert [[r.split()[0] for r in m.recipients] for m in place.outside.messages] == \
        [["<alice@genuine.example>"]]


def test_2_victims_confirm_the_spam_out_of_spite(place):
    """Who answers for mail that he did not write makes no contact of himself, and lets in no more
    than that one message, marked."""
    spam = place.send("joe@example.org", author="v2@innocent.example")
    assert place.answer(spam, "v2@innocent.example").status == 303
    [mail] = place.delivered(spam)
    assert "author=unverified" in mail.mark
    assert "v2@innocent.example" not in contacts(place)
    assert place.send("joe@example.org", author="v2@innocent.example").reply.code == 554


def test_3_being_challenged_by_someone_who_wrote_to_you_first(place):
    """Whom our user wrote to is his contact, and passes as soon as he is authenticated."""
    submit(place, "joe@example.org", "friend@three.example", "three")
    until(lambda: "friend@three.example" in contacts(place), "learnt")
    entry = place.send("joe@example.org", author="friend@three.example",
                       verified=dkim_pass("three.example"))
    assert entry.reply.code == 250
    assert place.delivered(entry)[0].mark == "pass; reason=contact; author=three.example"


def test_4_list_owners_ban_challenge_users(place):
    """Lists, and whatever else is no person's, hear nothing: neither a mail nor a 5yz."""
    before = len(place.outside.messages)
    for fields in (["List-Id: <chairs.lists.example>"], ["List-Unsubscribe: <https://l.example/u>"],
                   ["Precedence: list"], ["Mailing-List: x", "List-Post: <mailto:c@lists.example>"]):
        entry = place.send("joe@example.org", author="member@lists.example", fields=fields,
                           reverse_path="chairs-bounces@lists.example",
                           verified=dkim_pass("lists.example"))
        assert entry.reply.code == 250 and len(place.held(entry)) == 1
    assert len(place.outside.messages) == before


def test_5_two_users_of_such_systems_deadlock(place):
    """Their challenge to our user's mail, and ours to their challenge, do not wait for each other:
    what answers a mail of ours passes, and what is automatic is never challenged. (Two sites of
    Countersign: test_two_sites.py.)"""
    submit(place, "joe@example.org", "peer@five.example", "five")
    until(lambda: "peer@five.example" in contacts(place), "learnt")
    challenge = place.send(
        "joe@example.org", author="confirm@five.example", reverse_path="",
        verified=dkim_pass("five.example"),
        fields=["Auto-Submitted: auto-replied", "In-Reply-To: <five@client.example>"])
    assert challenge.reply.code == 250
    [mail] = place.delivered(challenge)
    assert mail.mark.startswith("pass; reason=reply")


def test_6_automated_senders_cannot_answer(place):
    """They are held silently for their recipient, who lets them in, and with them what comes later."""
    entry = place.send("joe@example.org", author="receipts@six.example",
                       fields=["Auto-Submitted: auto-generated"], verified=dkim_pass("six.example"))
    assert entry.reply.code == 250
    [held_id] = place.held(entry)
    place.node.run("held", "release", held_id)
    place.delivered(entry)
    place.node.run("contacts", "allow", "joe@example.org", "receipts@six.example")
    later = place.send("joe@example.org", author="receipts@six.example",
                       fields=["Auto-Submitted: auto-generated"], verified=dkim_pass("six.example"))
    assert place.delivered(later)[0].mark.startswith("pass; reason=contact")


def challenge_mail(place, author):
    place.send("joe@example.org", author=author, verified=spf_pass(author))
    [taken] = place.outside.wait_for(author)
    return taken, email.message_from_bytes(taken.content, policy=email.policy.default)


def test_7_the_challenge_itself_lands_in_spam(place):
    """It goes out by a port that signs, answers the author's own message (so his reader threads it),
    in plain text beside HTML, and is not needed: the SMTP reply is the usual way."""
    taken, mail = challenge_mail(place, "alice@seven.example")
    assert taken.reverse_path.split()[0] == "<>"
    assert mail["In-Reply-To"] and mail["References"]
    assert mail["From"].addresses[0].addr_spec == "countersign@example.org"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["Subject"].startswith("Re: ")
    assert mail.get_body(("plain",)) is not None


def test_8_challenges_look_like_phishing(place):
    """It names what the author sent, to whom and when; asks for no password, account or money; and
    has one link, to the site's own page, with nothing from other hosts behind it."""
    _, mail = challenge_mail(place, "alice@eight.example")
    text = mail.get_body(("plain",)).get_content()
    words = " ".join(text.split())
    assert "joe@example.org" in words and "Offer" in words
    assert "No password, no account, no cost" in words
    urls = {url.rstrip('">.') for part in mail.walk() if part.get_content_maintype() == "text"
            for url in re.findall(r"https?://[^\s<]+", part.get_content())}
    base = place.node.keys["challenge.base_url"]
    assert urls and all(u.startswith(base + "/c/") for u in urls)
    page = request(min(urls, key=len))
    assert page.status == 200 and "joe@example.org" in page.text
    assert set(re.findall(r'(?:src|href)="(https?:[^"]*)', page.text)) == set()
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_9_scanners_consume_links_and_press_buttons(place):
    """A GET changes nothing, nor does a bare button press, with or without a proof of work."""
    entry = place.send("joe@example.org", author="alice@nine.example",
                       verified=dkim_pass("nine.example"))
    url = entry.reply.url
    for _ in range(3):
        for method in ("GET", "HEAD"):
            assert request(url, method).status == 200
        assert request(url + "/pow").status == 200
        assert post(url, {}).status == 422
        assert answer(url, "").status == 422
    assert request(url, headers={"Accept": "application/json"}).json()["state"] == "waiting"
    assert len(place.held(entry)) == 1
    assert answer(url, "alice@nine.example").status == 303
    place.delivered(entry)


def test_10_captchas_exclude_disabled_people(place):
    """Nothing needs to be seen, heard or solved: one types his own address, and the browser works; or,
    without scripts, one waits ten seconds between two steps. The digits that can be read or heard
    instead are a choice, each with the other."""
    entry = place.send("joe@example.org", author="alice@ten.example",
                       verified=dkim_pass("ten.example"))
    page = request(entry.reply.url).text
    assert "canvas" not in page
    assert ("<img" in page) == ("<audio" in page) and page.count("<img") == page.count(" alt=\"")
    assert 'autocomplete="email"' in page and '<label for="address">' in page
    first = post(entry.reply.url, {"address": "alice@ten.example"},
                 {"Accept": "application/json"})
    assert first.status == 200 and first.json()["wait"]["seconds"] == 10


def test_11_forged_contacts_and_ones_own_address_pass(place):
    """A name is no identity: without its authentication it is held, silently, and no answer frees it."""
    place.node.run("contacts", "allow", "joe@example.org", "friend@eleven.example",
                   "--fingerprint", "eleven.example")
    for author in ("friend@eleven.example", "joe@example.org", "boss@example.org"):
        for verified in (None, dkim_pass("evil.example"), spf_pass("x@evil.example")):
            entry = place.send("joe@example.org", author=author, verified=verified,
                               reverse_path="x@evil.example")
            assert entry.reply.code == 250 and entry.reply.url is None, (author, verified)
            assert len(place.held(entry)) == 1 and not place.mailbox.find(entry.tag)


def test_12_envelopes_that_change_never_match(place):
    """Contacts are known by From and what authenticates it, or by List-Id, not by the envelope."""
    place.node.run("contacts", "allow", "joe@example.org", "news@twelve.example")
    for n in range(3):
        entry = place.send("joe@example.org", author="news@twelve.example",
                           reverse_path=f"bounce-{n}-joe=example.org@mailer.example",
                           verified=dkim_pass("twelve.example"), fields=["Precedence: bulk"])
        assert entry.reply.code == 250
        assert place.delivered(entry)[0].mark.startswith("pass; reason=contact")


def test_13_bounces_counted_as_confirmation(place):
    """An answer is given on the page, by typing the address: no mail is one, whatever it quotes."""
    entry = place.send("joe@example.org", author="alice@thirteen.example",
                       verified=dkim_pass("thirteen.example"))
    url = entry.reply.url
    for reverse_path in ("", "alice@thirteen.example"):
        for recipient in ("countersign@example.org", "joe@example.org"):
            place.send(recipient, author="mailer-daemon@thirteen.example",
                       reverse_path=reverse_path,
                       fields=[f"In-Reply-To: <{entry.tag}@client.example>"],
                       body=f"Your message could not be delivered:\r\n{url}\r\n")
    assert request(url, headers={"Accept": "application/json"}).json()["state"] == "waiting"
    assert "alice@thirteen.example" not in contacts(place)


def test_14_an_ambiguous_page_leaves_senders_guessing(place):
    """The page says at each moment where the message is, and in the end when it was delivered."""
    entry = place.send("joe@example.org", author="alice@fourteen.example",
                       verified=dkim_pass("fourteen.example"))
    url = entry.reply.url
    page = request(url).text
    assert "It arrived safely" in page and "We keep your message until" in page
    wrong = answer(url, "alice@elsewhere.example")
    assert wrong.status == 422 and "Nothing is lost; please try again" in wrong.text
    assert answer(url, "alice@fourteen.example").status == 303
    place.delivered(entry)
    done = until(lambda: (lambda t: t if "Delivered on" in t else None)(request(url).text), "told")
    assert "You will not be asked again" in done
    # Mail that nobody kept is told apart: it is to be sent once more.
    place.node.run("policy", "set", "fourteen@example.org", "mode=refuse")
    refused = until(lambda: (lambda e: e if "once more" in e.reply.text else None)(
        place.send("fourteen@example.org", author="bob@fourteen.example")), "refused")
    assert "Then please send your message once more" in request(refused.reply.url).text
    assert answer(refused.reply.url, "bob@fourteen.example").status == 303
    assert "Now please send your message" in request(refused.reply.url).text
    nothing = request(url[:-4] + "0000")
    assert nothing.status == 404 and "Nothing is waiting under this link" in nothing.text
