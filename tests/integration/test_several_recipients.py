# SPDX-License-Identifier: Apache-2.0
"""One message to several people of one site: each has his own list, his own reason, and his own word."""
import pytest

from testsite.page import answer, post, request
from testsite.sender import dkim_pass
from testsite.waiting import until

MTAS = ["postfix", "sendmail"]
JOE, ANN = "joe@example.org", "ann@example.org"


@pytest.fixture(scope="module", autouse=True)
def blocks(place):
    """Ann holds silently what she blocks."""
    place.node.run("policy", "set", ANN, "blocked=hold")


def to_both(place, author, tag):
    """A message that is a first contact for joe and blocked by ann."""
    place.node.run("contacts", "deny", ANN, author)
    entry = place.send([JOE, ANN], author=author, tag=tag, verified=dkim_pass(author.split("@")[1]))
    assert entry.reply.code == 250
    [held_id] = place.held(entry)
    return entry, held_id


def shown(place, held_id):
    [record] = place.node.run("held", "show", held_id, json_lines=True)
    return record


def test_each_is_told_his_own_reason(place):
    _, held_id = to_both(place, "one@one.example", "reasons")
    assert [(d["recipient"], d["reason"]) for d in shown(place, held_id)["deliveries"]] == [
        (JOE, "first-contact"), (ANN, "blocked")]


def test_a_word_for_all_does_not_override_who_blocks(place):
    entry, held_id = to_both(place, "two@two.example", "wordforall")
    place.node.run("held", "release", "--allow", held_id)
    until(lambda: [m.recipient for m in place.mailbox.find("wordforall")] == [JOE], "joe has it")
    record = until(lambda: shown(place, held_id)["deliveries"][0]["delivery"] == "taken" and
                   shown(place, held_id), "logged")
    assert (record["state"], record["deliveries"][1]["delivery"]) == ("held", "waiting")
    [of_ann] = [c for c in place.node.run("contacts", "list", ANN, json_lines=True)
                if "two@two.example" in str(c.values())]
    assert of_ann["standing"] == "deny"
    # She may still say so herself; then it is over, and joe gets it no second time.
    place.node.run("held", "release", "--for", ANN, held_id)
    until(lambda: sorted(m.recipient for m in place.mailbox.find("wordforall")) == [ANN, JOE], "both")
    until(lambda: place.held(entry) == [], "over")


def test_the_authors_answer_frees_what_waits_for_those_it_was_for(place):
    author = "three@three.example"
    to_both(place, author, "freedforjoe")
    alone = place.send(JOE, author=author, tag="alone", verified=dkim_pass("three.example"))
    assert answer(alone.reply.url, author).status == 303
    until(lambda: [m.recipient for m in place.mailbox.find("freedforjoe")] == [JOE], "joe has it")
    [mail] = place.mailbox.find("freedforjoe")
    assert "reason=answered" in mail.mark and "author=three.example" in mail.mark


def test_the_page_tells_who_has_it_already(place):
    """And whom it waits for; what is taken back then is taken back from these only."""
    author = "four@four.example"
    entry = place.send([JOE, ANN], author=author, tag="inpart", verified=dkim_pass("four.example"))
    [held_id] = place.held(entry)
    place.node.run("held", "release", "--for", JOE, held_id)
    until(lambda: [m.recipient for m in place.mailbox.find("inpart")] == [JOE], "joe has it")
    said = until(lambda: (view := request(entry.reply.url, headers={"Accept": "application/json"})
                          .json()).get("delivered_to") and view, "told")
    assert (said["state"], said["to"], said["delivered_to"]) == ("waiting", [JOE, ANN], [JOE])
    page = request(entry.reply.url, headers={"Accept": "text/html", "Accept-Language": "en"}).text
    assert "It was delivered to <bdi>joe@example.org</bdi>." in page and "waiting" in page
    assert [r["id"] for r in place.node.run("held", "list", "--mailbox", JOE, json_lines=True)
            if r["id"] == held_id] == []
    [listed] = [r for r in place.node.run("held", "list", "--mailbox", ANN, json_lines=True)
                if r["id"] == held_id]
    assert [d["delivery"] for d in listed["deliveries"]] == ["taken", "waiting"]
    step = post(entry.reply.url + "/withdraw", {"address": author}, {"Accept": "application/json"})
    post(entry.reply.url + "/withdraw", {"address": author, "confirm": step.json()["confirm"]})
    until(lambda: shown(place, held_id)["state"] == "withdrawn", "taken back")
    page = until(lambda: "Taken back on" in (text := request(
        entry.reply.url, headers={"Accept": "text/html", "Accept-Language": "en"}).text) and text,
                 "page")
    assert "It was delivered to <bdi>joe@example.org</bdi>." in page
    assert "can be seen by <bdi>ann@example.org</bdi>," in page and "not delivered" not in page


@pytest.mark.parametrize("whom", [[JOE, ANN], [ANN]], ids=["beside another", "alone"])
def test_who_blocks_silently_is_told_to_nobody(place, whom):
    """The answer is taken once, and the page says no more than that, then and later."""
    author = f"quiet{len(whom)}@quiet{len(whom)}.example"
    entry = place.send(whom, author=author, tag=f"quiet{len(whom)}",
                       verified=dkim_pass(f"quiet{len(whom)}.example"))
    [held_id] = place.held(entry)
    place.node.run("contacts", "deny", ANN, author)
    as_json = {"Accept": "application/json"}
    assert answer(entry.reply.url, author).status == 303
    view = until(lambda: (got := request(entry.reply.url, headers=as_json).json())["state"] ==
                 "answered" and got, "the answer is in")
    assert sorted(view) == ["copy", "sent", "state", "subject", "to"] and view["to"] == whom
    until(lambda: [m.recipient for m in place.mailbox.find(entry.tag)] == whom[:-1], "joe has it")
    # An hour later nothing is under way any more.
    place.redis.client()("DEL", f"cs:web:answered:{held_id}")
    assert request(entry.reply.url, headers=as_json).json() == view
    page = request(entry.reply.url, headers={"Accept": "text/html", "Accept-Language": "en"}).text
    assert "Your answer has arrived. Nothing is left for you to do." in page
    assert "ann@" not in page and "joe@" not in page and "<form" not in page
    assert post(entry.reply.url, {"address": author}).status == 303
    record = shown(place, held_id)
    assert (record["state"], record["deliveries"][-1]["delivery"]) == ("held", "waiting")
    place.node.run("held", "release", "--for", ANN, held_id)
    until(lambda: sorted(m.recipient for m in place.mailbox.find(entry.tag)) == sorted(whom), "all")
    until(lambda: request(entry.reply.url, headers=as_json).json()["state"] == "delivered", "told")


def test_one_can_have_it_dropped_for_himself(place):
    author = "five@five.example"
    entry = place.send([JOE, ANN], author=author, tag="dropped", verified=dkim_pass("five.example"))
    [held_id] = place.held(entry)
    place.node.run("held", "drop", "--for", JOE, held_id)
    until(lambda: shown(place, held_id)["deliveries"][0]["delivery"] == "dropped", "dropped")
    view = request(entry.reply.url, headers={"Accept": "application/json"}).json()
    assert view["state"] == "waiting"
    assert answer(entry.reply.url, author).status == 303
    until(lambda: [m.recipient for m in place.mailbox.find("dropped")] == [ANN], "ann has it")
    until(lambda: place.held(entry) == [], "over")
    assert request(entry.reply.url, headers={"Accept": "application/json"}).json()["state"] == \
        "delivered"
    assert author not in [c["subject"] for c in
                          place.node.run("contacts", "list", JOE, json_lines=True)]


def test_who_blocks_him_by_now_gets_nothing_by_a_word_for_all(place):
    author = "six@six.example"
    entry = place.send([JOE, ANN], author=author, tag="bynow", verified=dkim_pass("six.example"))
    [held_id] = place.held(entry)
    place.node.run("contacts", "deny", ANN, author)
    [said] = place.node.run("held", "release", "--allow", held_id, json_lines=True)
    assert ANN in said["detail"]
    until(lambda: [m.recipient for m in place.mailbox.find("bynow")] == [JOE], "joe has it")
    [of_ann] = [c for c in place.node.run("contacts", "list", ANN, json_lines=True)
                if c["subject"] == author]
    assert of_ann["standing"] == "deny"
    # She holds what she blocks: nobody who writes to her learns of that by his page either.
    entry = place.send([JOE, ANN], author="seven@seven.example", tag="silent",
                       verified=dkim_pass("seven.example"))
    place.node.run("contacts", "deny", ANN, "seven@seven.example")
    assert answer(entry.reply.url, "seven@seven.example").status == 303
    until(lambda: [m.recipient for m in place.mailbox.find("silent")] == [JOE], "joe has it")
    view = request(entry.reply.url, headers={"Accept": "application/json"}).json()
    assert view["state"] in ("delivering", "answered") and not view.get("declined_by")
    [held_id] = place.held(entry)
    assert shown(place, held_id)["deliveries"][1]["delivery"] == "waiting"


def test_a_forger_who_answers_does_not_get_to_who_knows_the_true_author(place):
    """Who answers is let in, but not to whom the author is known by something else by now."""
    author = "eight@eight.example"
    entry = place.send(JOE, author=author, tag="forger")
    place.node.run("contacts", "allow", JOE, author, "--fingerprint", "eight.example")
    judged = place.node.milter.output().count("not-wanted")
    assert answer(entry.reply.url, author).status == 303
    [held_id] = place.held(entry)
    until(lambda: place.node.milter.output().count("not-wanted") > judged, "judged")
    assert shown(place, held_id)["state"] == "held" and not place.mailbox.find("forger")
