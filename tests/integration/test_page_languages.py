# SPDX-License-Identifier: Apache-2.0
"""The page in every language: with script and without, from the right, on a phone."""
import re

import pytest
from selenium.webdriver.common.by import By

from testsite.browser import Browser
from testsite.page import request
from testsite.states import STATES

ALICE = "alice@example.com"
LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "ar", "zh", "ja"]


def html_of(browser):
    return browser.run("const e = document.documentElement; return [e.lang, e.dir]")


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_sender_answers_in_his_language(stage, browser, tag):
    message = stage.hold()
    browser.open(f"{message.url}?lang={tag}")
    direction = "rtl" if tag == "ar" else "ltr"
    assert html_of(browser) == [tag, direction]
    english = request(message.url).text
    heading = browser.driver.find_element(By.TAG_NAME, "h1").text
    assert (heading in re.sub(r"<[^>]*>", "", english)) == (tag == "en"), heading
    assert "joe@example.org" in heading
    for name in ("h1", "label", "button", "summary"):
        assert browser.driver.find_element(By.CSS_SELECTOR, name).text.strip()
    # The script says times in the same words as the server.
    said = browser.run("return [...document.querySelectorAll('time')].map((e) => e.textContent)")
    assert all(said) and not any(set("{}|") & set(text) for text in said), said
    browser.narrow(320)
    assert browser.run("return document.documentElement.scrollWidth") <= 320
    browser.picture(f"language-{tag}")
    assert browser.axe() == []
    browser.type("mallory@example.com").press()
    browser.shows_element("#note")
    assert html_of(browser) == [tag, direction]
    browser.type(ALICE).press()
    browser.shows_element("[data-poll]")
    assert html_of(browser) == [tag, direction]
    assert message.requests() == [f"{ALICE} address+pow"]
    message.set_state("released")
    browser.shows_element("time[data-form=weekday]")
    browser.picture(f"language-{tag}-delivered")
    assert html_of(browser) == [tag, direction]
    assert browser.complaints() == []


@pytest.mark.parametrize("state", sorted(STATES))
def test_every_state_from_the_right(stage, browser, state):
    go, says = STATES[state]
    go(stage, browser, "?lang=ar")
    assert html_of(browser) == ["ar", "rtl"]
    text = browser.text()
    assert says not in text
    assert re.search("[\u0600-\u06ff]", text)
    browser.narrow(320)
    assert browser.run("return document.documentElement.scrollWidth") <= 320
    browser.picture(f"{state}-rtl")


def test_the_menu_works_without_scripts(stage):
    plain = Browser(scripts=False, language="fr-CH,fr,en")
    try:
        message = stage.hold()
        plain.open(message.url)
        assert html_of(plain)[0] == "fr"
        plain.driver.find_element(By.TAG_NAME, "summary").click()
        plain.picture("language-menu")
        plain.driver.find_element(By.LINK_TEXT, "日本語").click()
        plain.shows("宛てのメールが待っています")
        plain.type("").press().shows_element("#note")
        assert html_of(plain)[0] == "ja"  # the form carries the choice on
        plain.driver.get(message.url)
        assert html_of(plain)[0] == "fr"  # nothing is kept in the browser
        assert plain.driver.get_cookies() == []
    finally:
        plain.stop()


def test_addresses_and_subjects_keep_their_direction(stage, browser):
    subject = "\u0639\u0631\u0636 40 chairs"
    message = stage.hold(subject)
    for tag in ("en", "ar"):
        browser.open(f"{message.url}?lang={tag}")
        texts = browser.run("return [...document.querySelectorAll('main bdi')]"
                            ".map((e) => [e.textContent, getComputedStyle(e).unicodeBidi])")
        assert ["joe@example.org", "isolate"] in texts and [subject, "isolate"] in texts
        assert browser.run("return getComputedStyle(document.getElementById('address')).direction") \
            == "ltr"
    browser.picture("bidi")
