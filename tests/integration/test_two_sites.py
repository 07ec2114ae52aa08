# SPDX-License-Identifier: Apache-2.0
"""Two sites, each with its Countersign, whose users write to each other for the first time."""
import re
import threading

import pytest

from testsite.page import answer
from testsite.place import Place
from testsite.sender import Smtp, message
from testsite.waiting import free_port, until

OURS = "127.0.0.5"  # from where the users of both sites submit


class Site:
    """A site with users: what they submit goes out, what comes in is screened."""

    def __init__(self, domain, port, peer_port, asked):
        self.domain = domain
        self.place = Place(
            port=port, verified_by=asked,
            keys={"protect.domains": [domain], "milter.submit_networks": [OURS]},
            mta_extra=f"virtual_mailbox_domains = {domain}\n"
                          f"default_transport = smtp:[127.0.0.1]:{peer_port}\n"
                          "smtpd_relay_restrictions = permit_mynetworks, reject\n")

    def submit(self, author, recipient, tag, verified=None):
        smtp = Smtp(self.place.postfix.mx, source=OURS)
        assert smtp.send(author, [recipient], message(author, [recipient], tag, fields=verified or ())
                         ).code == 250
        smtp.close()

    def bounce(self, tag):
        """The URL in the report that our own server gave its user, or None."""
        for mail in self.place.mailbox.find(tag):
            if mail.reverse_path == "" or "MAILER-DAEMON" in (mail.field("From") or ""):
                found = re.search(r"http://\S+/c/[0-9A-HJKMNP-TV-Z]{26}",
                                  mail.raw.decode("utf-8", "replace"))
                if found:
                    return found.group()
        return None

    def arrived(self, tag):
        return [m for m in self.place.mailbox.find(tag) if m.mark]

    def bounces(self, tag):
        return [m for m in self.place.mailbox.find(tag) if not m.mark]


@pytest.fixture()
def sites():
    one, two = free_port(), free_port()
    made = []
    try:
        made.append(Site("one.example", one, two, "X-Verified-One"))
        made.append(Site("two.example", two, one, "X-Verified-Two"))
        yield made
    finally:
        for site in reversed(made):
            site.place.close()


def exchange(one, two, tag, verified_at_one=(), verified_at_two=()):
    """alice and bob write to each other at the same moment."""
    threads = [threading.Thread(target=one.submit, args=(
                   "alice@one.example", "bob@two.example", f"{tag}-ab", verified_at_two)),
               threading.Thread(target=two.submit, args=(
                   "bob@two.example", "alice@one.example", f"{tag}-ba", verified_at_one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_whom_nobody_vouches_for_answers_once_a_side(sites):
    one, two = sites
    exchange(one, two, "plain")
    urls = [until(lambda: one.bounce("plain-ab"), "alice is told"),
            until(lambda: two.bounce("plain-ba"), "bob is told")]
    assert len(set(urls)) == 2
    assert answer(urls[0], "alice@one.example").status == 303
    assert answer(urls[1], "bob@two.example").status == 303
    until(lambda: two.arrived("plain-ab") and one.arrived("plain-ba"), "both arrived")
    # One report and one message a side, and nothing that goes round.
    for site, sent, got in ((one, "plain-ab", "plain-ba"), (two, "plain-ba", "plain-ab")):
        assert len(site.bounces(sent)) == 1 and len(site.arrived(got)) == 1
        assert site.place.node.held_files() == {}
        assert '"queue_name"' not in site.place.postfix.queue()


def test_whom_one_has_written_to_need_not_answer(sites):
    one, two = sites
    vouched = {"at_one": ["X-Verified-One: dkim=pass header.d=two.example"],
               "at_two": ["X-Verified-Two: dkim=pass header.d=one.example"]}
    exchange(one, two, "signed", vouched["at_one"], vouched["at_two"])
    # Each wrote first, so each is a contact of the other, unless the mails crossed on the way:
    # then its author answers once.
    answered = 0
    for here, there, author, sent in ((one, two, "alice@one.example", "signed-ab"),
                                      (two, one, "bob@two.example", "signed-ba")):
        until(lambda: there.arrived(sent) or here.bounce(sent), f"{sent} arrived or was asked for")
        if not there.arrived(sent):
            assert answer(here.bounce(sent), author).status == 303
            answered += 1
            until(lambda: there.arrived(sent), f"{sent} arrived")
    assert answered <= 2
    # From now on nobody is asked, in either direction.
    for n in range(3):
        one.submit("alice@one.example", "bob@two.example", f"again-ab{n}", vouched["at_two"])
        two.submit("bob@two.example", "alice@one.example", f"again-ba{n}", vouched["at_one"])
        until(lambda: two.arrived(f"again-ab{n}") and one.arrived(f"again-ba{n}"), "at once")
    assert not one.bounces("again-ab") and not two.bounces("again-ba")
    # Nor is she who never answered anything, but was written to.
    one.submit("alice@one.example", "carol@two.example", "to-carol")
    until(lambda: "carol@two.example" in {
        c["subject"] for c in one.place.node.run("contacts", "list", "alice@one.example",
                                                 json_lines=True)}, "learnt")
    two.submit("carol@two.example", "alice@one.example", "from-carol", vouched["at_one"])
    until(lambda: one.arrived("from-carol"), "arrived without an answer")
    assert not two.bounces("from-carol")
