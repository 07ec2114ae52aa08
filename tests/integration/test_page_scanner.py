# SPDX-License-Identifier: Apache-2.0
"""Mail security gateways at a real challenge by mail and at a real bounce: whatever they load, run, send and
press, the message stays held, nothing is taken back, and its author can still answer."""
import pytest
from test_sender_rights import read_digits

from testsite.page import answer, post, request
from testsite.place import Place
from testsite.postfix import Postfix
from testsite.scanner import Scanner, links_of
from testsite.sender import Smtp, message, spf_pass
from testsite.waiting import until

JSON = {"Accept": "application/json"}
WAYS = ["with scripts", "without scripts"]
BOB = "bob@sender.example"
# What comes of pressing buttons: nothing was typed, or other digits were asked for, which costs none.
HARMLESS = ("no-address", "another-code", "no-code-left")


@pytest.fixture(scope="module", params=["pow", "code", "wait"])
def place(request):
    """A site with this proof alone, and the server of a sender that bounces what we refuse to its user."""
    with Place(keys={"challenge.channels": ["reply", "mail"],
                     "challenge.proofs": [request.param]}) as made:
        made.proof = request.param
        folder = made.folder / "sender"
        folder.mkdir()
        made.senders = made._ends(Postfix(folder, "", made.mta.mx,
                                          "virtual_mailbox_domains = sender.example\n"
                                          "smtpd_relay_restrictions = permit_mynetworks, reject\n"))
        made.senders.start()
        yield made


def test_the_page_tells_at_its_start_who_cannot_answer(place):
    told = "page: some people cannot answer" in (place.folder / "node" / "challenge.log").read_text()
    assert told == (place.proof != "code")


def challenge_mail(place, tag):
    """Returns the author, the held id, and the mail by which he was challenged."""
    author = f"{tag}@{tag}.example"
    entry = place.send("joe@example.org", author=author, verified=spf_pass(author), tag=tag)
    assert entry.reply.code == 250
    [taken] = place.outside.wait_for(author)
    return author, place.held(entry), taken.content


def bounce(place, tag):
    """The same of a bounce. Its author's server is vouched for, so that each proof is offered."""
    submission = Smtp(place.senders.mx)
    content = message(BOB, ["joe@example.org"], tag, verified="dkim=pass header.d=sender.example")
    assert submission.send(BOB, ["joe@example.org"], content).code == 250
    submission.close()

    def reported():
        folder = place.senders.maildir / "new"
        mails = [p.read_bytes() for p in folder.iterdir()] if folder.exists() else []
        return [m for m in mails if tag.encode() in m and b"multipart/report" in m]
    [mail] = until(reported, "the sender's server reports to its user")
    return BOB, place.node.held_with(tag), mail.replace(b"\n", b"\r\n")


def answer_by_hand(place, url, address):
    """As a person does by the only proof there is."""
    if place.proof == "pow":
        return answer(url, address).status
    if place.proof == "code":
        code = request(url, headers=JSON).json()["code"]["id"]
        return post(url, {"address": address, "code": read_digits(place, url, code),
                          "code_id": code}).status
    stamp = post(url, {"address": address}, JSON).json()["wait"]["stamp"]
    until(lambda: post(url, {"address": address, "wait": stamp}).status == 303, "ten seconds are over")
    return 303


@pytest.mark.parametrize("mail_of", [challenge_mail, bounce])
def test_a_gateway_that_presses_everything_changes_nothing(place, browser, mail_of):
    tag = f"{mail_of.__name__.replace('_', '')}{place.proof}{'js' if browser.scripts else 'plain'}"
    author, held, mail = mail_of(place, tag)
    [held_id] = held
    links = links_of(mail)
    [url] = [link for link in links if "/c/" in link]
    before = place.node.page_metrics(), place.node.metrics()

    scanner = Scanner(browser).scan(links)
    assert len(scanner.seen) >= 15, scanner.seen  # the page in each language, and what hangs on it
    assert {url, url + "/withdraw"} <= scanner.seen
    assert (url + "/not-me" in scanner.seen) == (mail_of is challenge_mail)
    assert scanner.pressed >= 20
    # Two forms at least, each by its own submission and by its button, and what came then once more.
    assert scanner.sent >= 8 or not browser.scripts

    page, node = place.node.page_metrics(), place.node.metrics()
    # It did arrive at us, and nothing came of it.
    for what in ("answers", "retractions"):
        grown = {name: page[name] - before[0][name] for name in page
                 if name.startswith(f"countersign_{what}_total{{") and page[name] > before[0][name]}
        assert any('outcome="no-address"' in name for name in grown), grown
        assert all(any(f'"{word}"' in name for word in HARMLESS) for name in grown), grown
    for name in node:
        if name.startswith(("countersign_requests_total", "countersign_withdrawn_total",
                            "countersign_held_ended_total")):
            assert node[name] == before[1][name], name
    assert request(url, headers=JSON).json()["state"] == "waiting"
    [shown] = place.node.run("held", "show", held_id, json_lines=True)
    assert shown["state"] == "held" and place.mailbox.find(tag) == []

    # And its author is not locked out by it.
    assert answer_by_hand(place, url, author) == 303
    until(lambda: place.mailbox.find(tag), "delivered")
    place.node.run("contacts", "remove", "joe@example.org", author)
