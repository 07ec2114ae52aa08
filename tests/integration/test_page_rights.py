# SPDX-License-Identifier: Apache-2.0
"""The sender's rights: take it back, "not me", see how it stands, and who asks. What programs that
press every button make of them is in test_page_scanner.py."""
import concurrent.futures

import pytest
from selenium.webdriver.common.by import By

from testsite.page import answer, post, proof_of_work, request

ALICE = "alice@example.com"
JSON = {"Accept": "application/json"}
WAYS = ["with scripts", "without scripts"]


def test_a_message_is_taken_back_in_two_steps(stage, browser):
    message = stage.hold()
    browser.open(message.url).type(ALICE).press("Take it back")
    browser.shows("Please press the button once more to take your message to joe@example.org back.")
    browser.picture(f"withdraw-confirm-{browser.name}")
    assert message.asked_for() == []
    browser.press("Yes, take it back").shows("Your message has been taken back")
    browser.picture(f"withdrawn-{browser.name}")
    assert message.asked_for() == ["withdraw"]
    message.set_state("withdrawn")
    browser.open(message.url).shows("Taken back on ")


def test_without_an_address_nothing_is_taken_back(stage, browser):
    message = stage.hold()
    browser.open(message.url).press("Take it back").shows("First, please type the address")
    browser.picture(f"withdraw-{browser.name}")
    browser.press("Go on").shows("First, please type the address")
    browser.type("mallory@example.com").press("Go on").shows("Nothing has happened")
    assert message.asked_for() == []
    browser.type(ALICE).press("Go on").shows("The address is right.")
    browser.driver.find_element(By.LINK_TEXT, "No, leave it as it is").click()
    browser.shows("Your message to joe@example.org is waiting")
    assert message.asked_for() == []


def test_only_who_was_challenged_by_mail_can_disown(stage, browser):
    by_reply, by_mail = stage.hold(), stage.hold(by_mail=True)
    browser.open(by_reply.url).shows("is waiting")
    assert "I did not send this" not in browser.text()
    assert request(by_reply.url + "/not-me").status == 404
    browser.open(by_mail.url).type(ALICE).press("I did not send this")
    browser.shows("is not yours.").picture(f"not-me-{browser.name}")
    assert by_mail.asked_for() == []
    browser.press("Yes, it is not mine").shows("Thank you for telling us")
    assert by_mail.asked_for() == ["not-me"]


@pytest.mark.parametrize("state,says", [
    ("held", "is waiting"), ("answered", "is being delivered"), ("released", "Delivered on "),
    ("failed", "refused it on "), ("withdrawn", "Taken back on "), ("expired", "It was kept until "),
    ("dropped", "Nothing is waiting under this link")])
def test_the_page_says_how_a_message_stands(stage, browser, state, says):
    message = stage.hold()
    if state != "held":
        message.set_state(state)
    browser.open(message.url).shows(says)
    browser.picture(f"state-{state}")
    assert browser.complaints() == [] or state == "dropped"


def test_who_of_several_got_it_is_told(stage, browser):
    message = stage.hold()
    message.set_state("failed", "taken", "refused", "declined")
    browser.open(message.url).shows("Your message reached only some of its recipients")
    browser.shows("It was delivered to joe@example.org.")
    browser.shows("The mail server of joe2@example.org refused it on ")
    browser.shows("It was not let in by joe3@example.org.")
    browser.picture("state-in-part")
    said = request(message.url, headers=JSON).json()
    assert (said["state"], said["delivered_to"], said["refused_by"], said["declined_by"]) == (
        "failed", ["joe@example.org"], ["joe2@example.org"], ["joe3@example.org"])


def test_who_runs_this_is_told(stage, browser):
    message = stage.hold()
    browser.open(message.url)
    browser.driver.find_element(By.LINK_TEXT, "Why am I asked, and by whom?").click()
    browser.shows("Example Ltd, 1 High Street").shows("+44 20 7946 0000").shows("at most 30 days")
    browser.picture("why")


def test_methods_that_are_no_post_change_nothing(stage):
    message = stage.hold(by_mail=True)
    for method in ("HEAD", "OPTIONS", "GET", "PUT", "DELETE"):
        for path in ("", "/withdraw", "/not-me", "/code.png", "/pow"):
            request(f"{message.url}{path}?address={ALICE}&confirm=1&code=1", method)
    assert message.asked_for() == []
    assert request(message.url, headers=JSON).json()["state"] == "waiting"
    # And the sender is not locked out by it.
    assert answer(message.url, ALICE).status == 303


def test_one_stamp_of_waiting_is_used_once(stage):
    one = stage.hold()
    stamp = post(one.url, {"address": ALICE}, JSON).json()["wait"]["stamp"]
    other = stage.hold()
    stage.advance(10)
    assert post(other.url, {"address": ALICE, "wait": stamp}, JSON).status == 422
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(
            lambda _: post(one.url, {"address": ALICE, "wait": stamp}).status, range(100)))
    assert 303 in statuses and set(statuses) <= {303, 422, 429, 503}
    assert len(one.requests()) == 1
    assert other.requests() == []


def test_a_hundred_presses_at_once_deliver_once(stage):
    message = stage.hold(authenticated=False)
    fields = {"address": ALICE, "altcha": proof_of_work(message.url)}
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(lambda _: post(message.url, fields).status, range(100)))
    assert 303 in statuses and set(statuses) <= {303, 422, 429, 503}
    assert message.requests() == [f"{ALICE} address+pow"]


def test_three_hundred_people_behind_one_address_are_let_through(stage):
    """A carrier's network: all come from one address, and every third mistypes his."""
    from_carrier = {"X-Forwarded-For": "100.64.7.7"}
    for i in range(300):
        message = stage.hold()
        for _ in range(i % 3):
            assert post(message.url, {"address": "alcie@example.com"}, from_carrier).status == 422
        code = request(message.url, headers=JSON).json()["code"]["id"]
        fields = {"address": ALICE, "code": message.digits(code), "code_id": code}
        assert post(message.url, fields, from_carrier).status == 303


def test_tokens_cannot_be_guessed(stage):
    message = stage.hold()
    body = request(stage.url + "/c/" + "0" * 26).body
    for i in range(200):
        last = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[i % 32]
        guess = message.token[:20 - i % 5] + last * (6 + i % 5)
        for path in ("", "/pow", "/code.png", "/withdraw"):
            response = request(f"{stage.url}/c/{guess}{path}")
            assert response.status == 404
        assert request(f"{stage.url}/c/{guess}").body == body
