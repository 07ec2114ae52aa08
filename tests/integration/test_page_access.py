# SPDX-License-Identifier: Apache-2.0
"""Every page in every state, with scripts and without, for those who see, hear or touch differently: a
picture of each goes to the build folder, and axe-core finds nothing against WCAG 2.2 A and AA."""
import pytest

from testsite.browser import Browser
from testsite.states import STATES


@pytest.fixture(scope="module", params=["scripts", "plain"])
def browser(request):
    made = Browser(scripts=True if request.param == "scripts" else "blocked")
    made.name = request.param
    yield made
    made.stop()


def announced(browser):
    """What a screen reader says of itself when the page is there, or on what it stands."""
    return browser.run("""
      const loud = [...document.querySelectorAll('[role=status], [role=alert]')]
        .filter((e) => e.offsetParent && e.textContent.trim());
      const at = document.activeElement;
      const told = at && (at.getAttribute('aria-describedby') || '').split(' ')
        .map((id) => document.getElementById(id)).filter(Boolean);
      return {loud: loud.map((e) => e.textContent.trim()),
              on: at && at !== document.body ? (at.getAttribute('role') || at.id) : '',
              told: (told || []).map((e) => e.textContent.trim())};""")


# What is shown first has its heading; all else is the outcome of something, and is announced.
FIRST = {name for name in STATES if name.startswith("waiting")} | {"withdraw", "not-me", "why"}
WITH_SCRIPTS_ONLY = {"working"}


@pytest.mark.parametrize("name", STATES)
def test_every_state(stage, browser, name):
    if name in WITH_SCRIPTS_ONLY and browser.name == "plain":
        return
    go, says = STATES[name]
    go(stage, browser, "")
    browser.shows(says)
    assert browser.driver.title.strip()
    browser.picture(f"{name}-{browser.name}")
    assert browser.axe() == []

    if name not in FIRST:
        told = announced(browser)
        assert told["loud"], told
        if name != "working":  # there focus stays where it is
            assert told["on"] in ("status", "alert") or set(told["told"]) & set(told["loud"]), told

    browser.scheme("dark")
    browser.narrow(320)
    assert browser.run("return document.documentElement.scrollWidth") <= 320
    browser.picture(f"{name}-{browser.name}-dark-phone")
    assert browser.axe() == []


def test_text_twice_as_large_fits(stage, browser):
    """200 %: as on a window of half the width, and with the font size doubled."""
    message = stage.hold(subject="Offer for 40 chairs and a table", by_mail=True)
    browser.open(message.url)
    browser.narrow(500, 400)
    browser.run("document.documentElement.style.fontSize = '200%'")
    assert browser.run("return document.documentElement.scrollWidth") <= 500
    browser.picture(f"large-{browser.name}")
    assert browser.axe() == []


def test_nothing_moves_for_those_who_want_that(stage, browser):
    go, says = STATES["first-step"]
    go(stage, browser, "")
    browser.shows(says)
    moving = "return document.getAnimations().length"
    assert browser.run(moving) == 1
    browser.media(**{"prefers-reduced-motion": "reduce"})
    assert browser.run(moving) == 0
    browser.shows(says)  # the text says the same as the bar


def test_a_printed_page_has_what_is_worth_paper(stage, browser):
    message = stage.hold(by_mail=True)
    browser.open(message.url)
    browser.cdp("Emulation.setEmulatedMedia", media="print")
    shown = browser.run("""
      return [...document.querySelectorAll('h1, main p, button, footer, input')]
        .filter((e) => e.checkVisibility()).map((e) => e.tagName.toLowerCase())""")
    assert "h1" in shown and "p" in shown
    assert "button" not in shown and "footer" not in shown
    back = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert back in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    browser.picture(f"print-{browser.name}")
    browser.cdp("Emulation.setEmulatedMedia", media="")


def test_without_colours_all_can_be_told_apart(stage, browser):
    """Forced colours: what is a button, a field, or a note is still framed."""
    STATES["wrong-address"][0](stage, browser, "")
    browser.media(**{"forced-colors": "active"})
    assert browser.run("return getComputedStyle(document.querySelector('button')).borderTopColor") \
        != browser.run("return getComputedStyle(document.querySelector('button')).backgroundColor")
    assert browser.run("return getComputedStyle(document.querySelector('.note'))"
                       ".borderInlineStartWidth") != "0px"
    browser.picture(f"forced-colours-{browser.name}")


@pytest.mark.parametrize("name", ["waiting", "waiting-by-mail", "wrong-address"])
def test_targets_are_large_enough_for_a_finger(stage, browser, name):
    STATES[name][0](stage, browser, "")
    browser.narrow(320)
    sizes = browser.run("""
      return [...document.querySelectorAll('button, input:not([type=hidden]), summary, footer a')]
        .filter((e) => e.checkVisibility())
        .map((e) => [e.tagName + ' ' + e.textContent.trim(), e.getBoundingClientRect().height])""")
    assert len(sizes) >= 3
    for what, height in sizes:
        assert height >= 24, (what, height)  # WCAG 2.2, 2.5.8
