# SPDX-License-Identifier: Apache-2.0
"""Hosting: one Countersign for two domains, each with its own page address, name, language and colour; and what
SIGUSR1 changes of that while both daemons run."""
import re
import signal
import urllib.parse

import pytest

from testsite.page import answer, proof_of_work, post, request
from testsite.place import Place
from testsite.sender import spf_pass
from testsite.waiting import until

ORG, NET = 'site."example.org".', 'site."example.net".'


@pytest.fixture(scope="module")
def place():
    with Place(start=False, keys={"protect.domains": ["example.org", "example.net"],
                                  "challenge.channels": ["reply", "mail"]}) as made:
        made.port = made.node.page_port
        made.node.write(**{
            "challenge.base_url": f"http://127.0.0.1:{made.port}",
            "site.name": "The Host",
            ORG + "base_url": f"http://127.0.0.2:{made.port}",
            ORG + "name": "Org of Examples", ORG + "accent": "#115599",
            NET + "base_url": f"http://localhost:{made.port}",
            NET + "name": "Netz der Beispiele", NET + "language": "de", NET + "accent": "#883311",
            "challenge.listen": f"0.0.0.0:{made.port}"})
        made.node.start_milter()
        made.node.start_page()
        until(lambda: made.send("joe@example.org", author="first@sites.example").reply.url, "URLs named")
        yield made


def origin(url):
    return url.split("/c/")[0]


@pytest.mark.parametrize("recipient, host, says, name", [
    ("joe@example.org", "127.0.0.2", "Not delivered yet, but kept for you.", "Org of Examples"),
    ("eva@example.net", "localhost", "Noch nicht zugestellt", "Netz der Beispiele")])
def test_each_domain_has_its_own_address_words_and_look(place, browser, recipient, host, says, name):
    author = f"{name.split()[0].lower()}@sites.example"
    entry = place.send(recipient, author=author)
    assert entry.reply.code == 554 and says in entry.reply.text, entry.reply
    assert origin(entry.reply.url) == f"http://{host}:{place.port}"
    assert entry.reply.text.isascii() and "%" not in entry.reply.text

    browser.open(entry.reply.url)
    assert browser.has("main form")
    assert name in browser.run("return document.querySelector('header').textContent")
    assert name in browser.driver.title
    colour = browser.run("return getComputedStyle(document.querySelector('button')).backgroundColor")
    browser.picture(f"site-{host}")
    assert colour == {"127.0.0.2": "rgb(17, 85, 153)", "localhost": "rgb(136, 51, 17)"}[host]
    assert browser.complaints() == []
    # A page of no message goes by the address that was asked for.
    browser.open(f"http://{host}:{place.port}/why")
    assert name in browser.driver.title

    assert answer(entry.reply.url, author).status == 303
    place.delivered(entry, recipient)


def test_the_links_of_one_domain_work_at_the_address_of_the_other(place):
    """Whichever name leads here; the page still looks as its recipient's."""
    entry = place.send("eva@example.net", author="cross@sites.example")
    elsewhere = entry.reply.url.replace("localhost", "127.0.0.2")
    assert "Netz der Beispiele" in request(elsewhere).text
    assert post(elsewhere, {"address": "cross@sites.example",
                            "altcha": proof_of_work(elsewhere)}).status == 303
    place.delivered(entry)


def challenge_url(place, recipient, author):
    entry = place.send(recipient, author=author, verified=spf_pass(author))
    assert entry.reply.code == 250, entry.reply
    [taken] = place.outside.wait_for(author)
    urls = set(re.findall(rb"http://[\w.:]+/c/[0-9A-Z]{26}", taken.content))
    assert len(urls) == 1
    return urls.pop().decode(), taken.content


def test_challenges_by_mail_name_the_address_of_their_domain(place):
    for recipient, host, word in (("joe@example.org", "127.0.0.2", b"Hello"),
                                  ("eva@example.net", "localhost", b"Guten Tag")):
        author = f"mail@{host.replace('.', '-')}.example"
        url, content = challenge_url(place, recipient, author)
        assert urllib.parse.urlsplit(url).hostname == host
        assert word in content, content


def reload(place):
    logs = [(daemon, daemon.output().count(word))
            for daemon, word in ((place.node.milter, "configuration read anew"),
                                 (place.node.page, "page: reloaded"))]
    for daemon, _ in logs:
        daemon.send(signal.SIGUSR1)
    for (daemon, before), word in zip(logs, ("configuration read anew", "page: reloaded")):
        until(lambda: daemon.output().count(word) > before, f"{daemon.name} has read it")


def test_what_changed_counts_after_usr1(place):
    pids = place.node.milter.pid, place.node.page.pid
    before = place.send("eva@example.net", author="before@sites.example")
    place.node.write(**{ORG + "base_url": f"http://localhost:{place.port}", ORG + "language": "fr",
                        ORG + "name": "Exemples",
                        NET + "base_url": f"http://127.0.0.2:{place.port}", NET + "name": "Neu"})
    reload(place)
    entry = until(lambda: (lambda e: e if e.reply.url else None)(
        place.send("joe@example.org", author="after@sites.example")), "a URL named")
    assert origin(entry.reply.url) == f"http://localhost:{place.port}"
    assert entry.reply.text.isascii() and "Not delivered" not in entry.reply.text
    assert "Exemples" in request(entry.reply.url).text
    # A link that was given before still leads to its message, in its new look.
    assert "Neu" in request(before.reply.url).text
    url, content = challenge_url(place, "joe@example.org", "mail@after.example")
    assert origin(url) == f"http://localhost:{place.port}" and b"Bonjour" in content
    # What is wrong is told, and the old settings stay.
    place.node.write(**{ORG + "language": "xx"})
    for daemon in (place.node.milter, place.node.page):
        daemon.send(signal.SIGUSR1)
    until(lambda: "the old configuration stays" in place.node.milter.output()
          and "the old settings stay" in place.node.page.output(), "both say so")
    assert "language" in place.node.milter.output() and "xx" in place.node.milter.output()
    assert "Exemples" in request(entry.reply.url).text
    assert (place.node.milter.pid, place.node.page.pid) == pids
    assert answer(entry.reply.url, "after@sites.example").status == 303
    place.delivered(entry)


def test_a_domains_address_that_leads_nowhere_is_told(place):
    told = "not reached where a domain's senders are sent to"
    assert told not in place.node.page.output()
    place.node.write(**{ORG + "language": "fr", NET + "base_url": "http://127.0.0.1:1"})
    place.node.page.send(signal.SIGUSR1)
    until(lambda: told in place.node.page.output(), "the page's log says so", timeout=90)
    assert "example.net" in [line for line in place.node.page.output().splitlines() if told in line][0]
    doctor = place.node.run("doctor", "--no-postfix", check=False)
    assert "http://127.0.0.1:1/healthz, which is named to who writes to example.net" in doctor.stdout
