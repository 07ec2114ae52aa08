# SPDX-License-Identifier: Apache-2.0
"""Authors whose domain publishes neither SPF nor DMARC: only their recipient can let them in, and then they are
known by the network they write from, as long as their domain publishes nothing."""
import itertools
import tempfile
from pathlib import Path

import pytest
from test_builtin import OURS, only_ours
from testsite.nameserver import NameServer
from testsite.place import Place, mta_class
from testsite.waiting import until

HOME = "ADDR=192.0.2.7 NAME=mx1.host.example"
SISTER = "ADDR=203.0.113.9 NAME=mx2.host.example"
NAMELESS = "ADDR=198.51.100.20 NAME=[UNAVAILABLE]"
NEIGHBOUR = "ADDR=198.51.100.21 NAME=[UNAVAILABLE]"
STRANGER = "ADDR=198.18.5.5 NAME=mx.forger.example"
# Its reverse name does not lead back: Postfix does not believe it.
LIAR = "ADDR=198.18.5.6 NAME=[UNAVAILABLE] REVERSE_NAME=mx1.host.example"
CUSTOMER = "ADDR=198.18.7.8 NAME=198-18-7-8.dsl.host.example"
SUFFIX = "ADDR=198.18.9.9 NAME=co.uk"

numbers = itertools.count()


class ByHeader:
    """Source `header`: an earlier milter says what a domain publishes."""

    def __init__(self):
        self.place = Place()
        self.said = {}

    def publish(self, domain, spf="none", dmarc="none"):
        self.said[domain] = (spf, dmarc)

    def send(self, author, client):
        domain = author.partition("@")[2]
        spf, dmarc = self.said.get(domain, ("none", "none"))
        return self.place.send("joe@example.org", author=author, xclient=client,
                               verified=f"spf={spf} smtp.mailfrom={author}; "
                                        f"dmarc={dmarc} header.from={domain}")

    def stop(self):
        self.place.close()


class ByNameServer(ByHeader):
    """Source `builtin`: we ask a name server."""

    def __init__(self):
        self.dns = NameServer().start()
        folder = Path(tempfile.mkdtemp(prefix="countersign-", dir=mta_class("postfix").base))
        self.place = Place(
            folder=folder, milters=only_ours("postfix", folder / "node" / "milter.sock"),
            keys={"authentication.source": "builtin", "authentication.authserv_id": OURS,
                  "authentication.resolver": self.dns.address})

    def publish(self, domain, spf="none", dmarc="none"):
        for name, result, text in ((domain, spf, "v=spf1 -all"),
                                   ("_dmarc." + domain, dmarc, "v=DMARC1; p=none")):
            self.dns.records.pop(name, None)
            if result == "temperror":
                self.dns.add(name, "SERVFAIL")
            elif result != "none":
                self.dns.add(name, "TXT", text)

    def send(self, author, client):
        return self.place.send("joe@example.org", author=author, xclient=client)

    def stop(self):
        super().stop()
        self.dns.stop()


@pytest.fixture(scope="module", params=[ByHeader, ByNameServer], ids=["header", "builtin"])
def site(request):
    made = request.param()
    failed_before = request.session.testsfailed
    yield made
    made.place.keep = request.session.testsfailed > failed_before
    made.stop()


@pytest.fixture
def domain():
    """A domain that publishes neither SPF nor DMARC."""
    return f"legacy{next(numbers)}.example"


def contacts(site, author):
    return [c for c in site.place.node.run("contacts", "list", "joe@example.org", json_lines=True)
            if c["subject"] == author]


def approve(site, entry):
    [held] = site.place.held(entry)
    [told] = site.place.node.run("held", "release", "--allow", held, json_lines=True)
    site.place.delivered(entry)
    return told["fingerprints"]


def passes(site, author, client):
    entry = site.send(author, client)
    if entry.reply.code != 250 or site.place.held(entry):
        return False
    return site.place.delivered(entry)[0].mark == "pass; reason=contact"


def is_forged(site, author, client):
    """It is held, its sender is told nothing, and its recipient why."""
    entry = site.send(author, client)
    assert (entry.reply.code, entry.reply.url) == (250, None), entry.reply
    [held] = site.place.held(entry)
    [shown] = site.place.node.run("held", "show", held, json_lines=True)
    return shown["reason"] == "forged-contact"


def heard(happens):
    """Waits until our resolver has forgotten what there was before: nothing, for some seconds."""
    until(happens, "what is published is heard of", 30)


def known_from(site, domain, client):
    author = f"alice@{domain}"
    fingerprints = approve(site, site.send(author, client))
    assert passes(site, author, client)
    return author, fingerprints


def test_whom_the_recipient_let_in_passes_from_his_network(site, domain):
    author, fingerprints = known_from(site, domain, HOME)
    assert fingerprints == ["ptr:host.example"]
    [contact] = contacts(site, author)
    assert (contact["source"], contact["fingerprints"]) == ("released", fingerprints)
    assert passes(site, author, SISTER)


def test_without_a_confirmed_name_the_network_counts(site, domain):
    author, fingerprints = known_from(site, domain, NAMELESS)
    assert fingerprints == ["net:198.51.100.0/24"]
    assert passes(site, author, NEIGHBOUR)
    assert is_forged(site, author, HOME)


@pytest.mark.parametrize("client, network", [(CUSTOMER, "net:198.18.7.0/24"),
                                             (SUFFIX, "net:198.18.9.0/24")])
def test_a_name_that_others_share_is_no_fingerprint(site, domain, client, network):
    _, fingerprints = known_from(site, domain, client)
    assert fingerprints == [network]


@pytest.mark.parametrize("client", [STRANGER, LIAR, CUSTOMER])
def test_his_name_from_elsewhere_is_a_forgery(site, domain, client):
    author, _ = known_from(site, domain, HOME)
    assert is_forged(site, author, client)
    assert [c["fingerprints"] for c in contacts(site, author)] == [["ptr:host.example"]]


def test_several_networks_of_one_author(site, domain):
    author, _ = known_from(site, domain, HOME)
    assert approve(site, site.send(author, NAMELESS)) == ["net:198.51.100.0/24"]
    [contact] = contacts(site, author)
    assert contact["fingerprints"] == ["ptr:host.example", "net:198.51.100.0/24"]
    assert passes(site, author, HOME) and passes(site, author, NEIGHBOUR)
    assert is_forged(site, author, STRANGER)


def test_an_answer_makes_no_contact_of_him(site, domain):
    author = f"alice@{domain}"
    entry = site.send(author, HOME)
    assert site.place.answer(entry, author).status == 303
    site.place.delivered(entry)
    assert not contacts(site, author)
    assert site.send(author, HOME).reply.url


@pytest.mark.parametrize("published", [{"spf": "fail"}, {"dmarc": "fail"},
                                       {"spf": "fail", "dmarc": "fail"}])
def test_once_his_domain_publishes_something_the_network_counts_no_more(site, domain, published):
    author, _ = known_from(site, domain, HOME)
    site.publish(domain, **published)
    heard(lambda: not passes(site, author, HOME))
    assert is_forged(site, author, HOME)
    site.publish(domain)
    heard(lambda: passes(site, author, HOME))


@pytest.mark.parametrize("published", [{"spf": "temperror"}, {"dmarc": "temperror"}])
def test_while_nobody_can_find_out_his_mail_waits_with_its_sender(site, domain, published):
    author, _ = known_from(site, domain, HOME)
    site.publish(domain, **published)
    heard(lambda: not passes(site, author, HOME))
    entry = site.send(author, HOME)
    assert entry.reply.code == 451 and not site.place.held(entry), entry.reply
    site.publish(domain)
    heard(lambda: passes(site, author, HOME))


@pytest.mark.parametrize("published", [{"spf": "fail"}, {"dmarc": "fail"}, {"dmarc": "temperror"}])
def test_no_network_is_taken_of_a_domain_that_publishes(site, domain, published):
    author = f"alice@{domain}"
    site.publish(domain, **published)
    entry = site.send(author, HOME)
    assert approve(site, entry) == []
    site.publish(domain)
    heard(lambda: site.send(author, HOME).reply.code != 451)
    # He is a contact by name only: a stranger until something authenticates him.
    assert site.send(author, HOME).reply.url


def test_a_network_by_hand_and_back_again(site, domain):
    node, author = site.place.node, f"alice@{domain}"
    node.run("contacts", "allow", "joe@example.org", author, "--fingerprint", "net:192.0.2.200")
    [contact] = contacts(site, author)
    assert contact["fingerprints"] == ["net:192.0.2.0/24"]
    [why] = node.run("why", author, "joe@example.org", "--network", "net:192.0.2.7", json_lines=True)
    assert why["reason"] == "contact"
    list_text = node.run("contacts", "export", "joe@example.org").stdout
    node.run("contacts", "remove", "joe@example.org", author)
    node.run("contacts", "import", "joe@example.org", "-", "--format", "list", stdin=list_text)
    assert contacts(site, author) == [contact]
    # His host has a name, which is another fingerprint.
    assert is_forged(site, author, HOME)
    assert passes(site, author, "ADDR=192.0.2.99 NAME=[UNAVAILABLE]")
