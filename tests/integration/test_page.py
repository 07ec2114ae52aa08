# SPDX-License-Identifier: Apache-2.0
"""The page in a browser: with script and without, narrow and dark, and before a mail scanner."""
import re

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from testsite.page import post, request
from testsite.waiting import until

ALICE = "alice@example.com"


def test_a_sender_with_scripts_types_his_address_and_is_done(stage, browser):
    message = stage.hold()
    browser.open(message.url).shows("Your message to joe@example.org is waiting")
    browser.shows('"Offer for 40 chairs", sent ')
    browser.picture("waiting")
    browser.type(ALICE).press().shows("is being delivered")
    browser.picture("delivering")
    assert message.requests() == [f"{ALICE} address+pow"]
    message.set_state("released")
    browser.shows("Delivered on ")  # the page asks by itself
    browser.shows("You will not be asked again. You can close this page.")
    browser.picture("delivered")
    assert browser.complaints() == []
    assert all(url.startswith((stage.url, "data:", "about:")) for url in browser.asked())


def test_work_is_done_while_he_types_but_nothing_is_sent(stage, browser):
    message = stage.hold()
    browser.open(message.url).type(ALICE)
    until(lambda: any(url.endswith("/pow") for url in browser.asked()), "a challenge was fetched")
    browser.run("window.untouched = true")
    stage.advance(1)
    assert message.requests() == []
    assert browser.run("return window.untouched") is True
    browser.press().shows("is being delivered")
    assert message.requests() == [f"{ALICE} address+pow"]


def test_the_wait_for_work_is_shown_and_announced(stage, browser):
    message = stage.hold()
    browser.open(message.url)
    # A worker that never ends: what is shown meanwhile stays to be looked at.
    browser.run("Worker.prototype.postMessage = () => {}")
    browser.type(ALICE).press().shows("One moment, please.")
    browser.picture("working")
    status = browser.driver.find_element(By.CSS_SELECTOR, ".work [role=status]")
    assert status.text == "One moment, please."
    button = browser.driver.find_element(By.TAG_NAME, "button")
    assert button.get_attribute("aria-disabled") == "true"
    button.click()
    assert message.requests() == []


def test_a_wrong_address_is_told_calmly_and_the_right_one_goes_through(stage, browser):
    message = stage.hold()
    browser.open(message.url).type("mallory@example.com").press()
    browser.shows("This message came from another address. Nothing is lost; please try again.")
    browser.picture("wrong-address")
    field = browser.address()
    assert field.get_attribute("aria-invalid") == "true"
    assert "note" in field.get_attribute("aria-describedby").split()
    assert message.requests() == []
    browser.type(" Alice@EXAMPLE.com ").press().shows("is being delivered")
    assert message.requests() == [f"{ALICE} address+pow"]
    assert browser.complaints() == []


def test_the_keyboard_is_enough(stage, browser):
    message = stage.hold()
    browser.open(message.url)
    active = lambda: browser.driver.switch_to.active_element
    active().send_keys(Keys.TAB)
    assert active().get_attribute("id") == "address"
    active().send_keys(ALICE)
    active().send_keys(Keys.TAB)
    assert active().tag_name == "button"
    active().send_keys(Keys.ENTER)
    browser.shows("is being delivered")
    assert len(message.requests()) == 1


def test_a_sender_without_scripts_waits_ten_seconds(stage, plain):
    message = stage.hold()
    plain.open(message.url).shows("Your message to joe@example.org is waiting")
    assert "JavaScript" not in plain.text()
    plain.press().shows("Please type the address that you wrote from.")
    plain.type("mallory@example.com").press().shows("came from another address")
    plain.type(ALICE).press().shows("Please wait ten seconds, then press the button once more.")
    plain.picture("first-step")
    plain.press().shows("a little early")
    assert message.requests() == []
    stage.advance(10)
    plain.press().shows("is being delivered")
    assert message.requests() == [f"{ALICE} address+wait"]
    plain.driver.get(message.url)
    plain.shows("is being delivered")


def test_a_stranger_with_scripts_does_not_see_that(stage, browser):
    message = stage.hold(authenticated=False)
    browser.open(message.url).shows("is waiting")
    assert "JavaScript" not in browser.text() and "digits" not in browser.text()
    browser.type(ALICE).press().shows("is being delivered")
    message.set_state("released")
    browser.shows("Delivered on ")
    assert "You will not be asked again" not in browser.text()


def test_where_workers_are_forbidden_the_way_without_scripts_is_taken(stage, browser):
    message = stage.hold()
    browser.open(message.url)
    browser.run("window.Worker = function () { throw new Error('forbidden'); }")
    browser.type(ALICE).press().shows("Please wait ten seconds, then press the button once more.")
    stage.advance(10)
    browser.press().shows("is being delivered")
    assert message.requests() == [f"{ALICE} address+wait"]


@pytest.mark.parametrize("subject", ["Offer for 40 chairs", "W" * 300, "a very long " * 25])
def test_a_narrow_screen_needs_no_sideways_scrolling(stage, browser, subject):
    message = stage.hold(subject)
    browser.open(message.url)
    browser.narrow(320)
    assert browser.run("return document.documentElement.scrollWidth") <= 320
    if subject.startswith("Offer"):
        browser.picture("narrow")
    # Text of 16 pixels and more: phones zoom in on smaller fields. A finger's width of button.
    assert browser.run("return parseFloat(getComputedStyle("
                       "document.getElementById('address')).fontSize)") >= 16
    assert browser.run("return document.querySelector('button').offsetHeight") >= 44


CONTRAST = """
const light = (c) => {
  const [r, g, b] = c.match(/[0-9.]+/g).map(Number).map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const back = (e) => {
  const c = getComputedStyle(e).backgroundColor;
  return c === 'rgba(0, 0, 0, 0)' ? back(e.parentElement) : c;
};
return [...document.querySelectorAll('h1, p, label, button, input[type=email], time')]
  .filter((e) => e.offsetParent).map((e) => {
    const [a, b] = [light(getComputedStyle(e).color), light(back(e))].sort((x, y) => y - x);
    return [e.tagName + ' ' + e.className, (a + 0.05) / (b + 0.05)];
  });
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_both_schemes(stage, browser, scheme):
    message = stage.hold()
    browser.open(message.url)
    browser.scheme(scheme)
    browser.picture(f"waiting-{scheme}")
    back = browser.run("return getComputedStyle(document.body).backgroundColor")
    dark = sum(int(v) for v in re.findall(r"\d+", back)[:3]) < 3 * 128
    assert dark == (scheme == "dark")
    browser.type("mallory@example.com").press().shows("came from another address")
    browser.scheme(scheme)
    browser.picture(f"wrong-{scheme}")
    for name, ratio in browser.run(CONTRAST):
        assert ratio >= 4.5, (name, ratio)


def test_the_page_is_made_for_screen_readers(stage, browser):
    message = stage.hold()
    browser.open(message.url)
    find = lambda css: browser.driver.find_elements(By.CSS_SELECTOR, css)
    assert len(find("h1")) == 1 and len(find("main")) == 1
    assert find("html")[0].get_attribute("lang") == "en"
    field = browser.address()
    assert field.get_attribute("type") == "email"
    assert field.get_attribute("autocomplete") == "email"
    assert find("label[for=address]")[0].text == "The address you wrote from"
    hint = field.get_attribute("aria-describedby").split()[0]
    assert browser.driver.find_element(By.ID, hint).text == "In the From line of your message."
    assert find("[role=status]")


def test_times_are_the_readers(stage, browser):
    message = stage.hold()
    sent = request(message.url, headers={"Accept": "application/json"}).json()["sent"]
    for zone, hours in (("Etc/GMT+12", -12), ("Etc/GMT-14", 14)):
        browser.cdp("Emulation.setTimezoneOverride", timezoneId=zone)
        browser.open(message.url)
        shown = browser.driver.find_element(By.CSS_SELECTOR, "time").text
        hour = (int(sent[11:13]) + hours) % 24
        assert shown.endswith(f", {hour:02d}:{sent[14:16]}"), (shown, sent)
    browser.cdp("Emulation.setTimezoneOverride", timezoneId="")


def test_what_senders_write_stays_text(stage, browser):
    subject = "\"><script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>\u202egnp"
    message = stage.hold(subject)
    browser.open(message.url).shows("<script>window.pwned = 1</script>")
    browser.type("\"'><b>x@y").press()
    browser.shows("came from another address")
    assert browser.run("return window.pwned") is None
    assert browser.address().get_attribute("value") == "\"'><b>x@y"
    # The mark that turns the line ends with the subject: what follows reads as it should.
    browser.shows("It arrived safely.")
    assert browser.complaints() == []


def test_too_many_wrong_answers_are_told_when_to_come_back(stage, browser):
    message = stage.hold()
    for _ in range(5):
        assert post(message.url, {"address": "m@example.com"}).status == 422
    browser.open(message.url).type(ALICE).press().shows("There were too many wrong answers.")
    browser.picture("limited")
    assert message.requests() == []


def test_an_unknown_link_says_what_may_have_happened(stage, browser):
    browser.open(stage.url + "/c/00000000000000000000000000")
    browser.shows("Nothing is waiting under this link. It may have been delivered, taken back, or "
                  "kept past its time.")
    browser.picture("not-found")


def test_the_sender_of_refused_mail_is_told_to_send_it_once_more(stage, browser):
    message = stage.ask("refused")
    browser.open(message.url).shows("Your message to joe@example.org is not delivered yet")
    browser.shows("Then please send your message once more").shows("We have not kept your message")
    assert "arrived safely" not in browser.text() and "Take it back" not in browser.text()
    browser.picture("refused")
    browser.type("mallory@example.com").press().shows("came from another address")
    browser.type(ALICE).press().shows("Now please send your message to joe@example.org once more")
    browser.shows("You will not be asked again")
    browser.picture("refused-answered")
    assert message.requests() == [f"{ALICE} address+pow"]
    message.set_state("answered")
    browser.open(message.url).shows("Now please send your message")
    message.set_state("released")
    browser.open(message.url).shows("Delivered on ")
    assert browser.complaints() == []


def test_the_sender_of_deferred_mail_need_not_send_it_again(stage, browser):
    message = stage.ask("deferred", subject="")
    browser.open(message.url).shows("Your message to joe@example.org is waiting")
    browser.shows("Your mail server has it, and tries again by itself")
    browser.shows("You need not send it again")
    assert "We keep your message" not in browser.text() and "no subject" not in browser.text()
    browser.picture("deferred")
    browser.type(ALICE).press().shows("Your mail server tries again by itself")
    assert len(message.requests()) == 1
    assert browser.complaints() == []


def test_refused_mail_can_be_answered_without_scripts(stage, plain):
    message = stage.ask("refused")
    plain.open(message.url).shows("is not delivered yet")
    plain.type(ALICE).press().shows("Please wait ten seconds, then press the button once more.")
    stage.advance(10)
    plain.press().shows("Now please send your message")
    assert message.requests() == [f"{ALICE} address+wait"]
