# SPDX-License-Identifier: Apache-2.0
"""What people do with a browser: two tabs, the way back, reload, an old phone, a page left open."""
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from testsite.browser import Browser
from testsite.page import request

ALICE = "alice@example.com"
WAYS = ["with scripts", "without scripts"]


def answer(browser, message):
    """By work, or by the digits."""
    browser.type(ALICE)
    if not browser.scripts:
        browser.type_code(message.digits(browser.code_id()))
    return browser.press()


def test_two_tabs_answer_once(stage, browser):
    message = stage.hold()
    browser.open(message.url)
    first = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    second = browser.driver.current_window_handle
    browser.driver.get(message.url)
    answer(browser, message).shows("is being delivered")
    browser.driver.switch_to.window(first)
    browser.type(ALICE).press().shows("is being delivered")
    browser.driver.switch_to.window(second)
    browser.driver.close()
    browser.driver.switch_to.window(first)
    assert len(message.requests()) == 1


def test_the_way_back_after_a_mistake_leads_to_a_form_that_works(stage, browser):
    message = stage.hold()
    browser.open(message.url).type("mallory@example.com").press().shows("came from another address")
    browser.driver.back()
    browser.shows("Your message to joe@example.org is waiting")
    answer(browser, message).shows("is being delivered")
    browser.driver.back()
    browser.driver.refresh()
    browser.shows("is being delivered")
    assert len(message.requests()) == 1


def test_a_reload_changes_nothing(stage, browser):
    message = stage.hold()
    browser.open(message.url)
    browser.driver.refresh()
    browser.shows("is waiting")
    answer(browser, message).shows("is being delivered")
    browser.driver.refresh()
    browser.shows("is being delivered")
    assert len(message.requests()) == 1


def test_what_expired_while_the_page_was_open_is_told(stage, browser):
    message = stage.hold()
    browser.open(message.url).shows("is waiting")
    message.set_state("expired")
    browser.type(ALICE).press().shows("It was kept until ")
    assert message.requests() == []


def test_the_keyboard_is_enough(stage, browser):
    message = stage.hold()
    browser.open(message.url)
    reached = []
    for _ in range(14):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        element = browser.driver.switch_to.active_element
        if element.tag_name == "body":
            break
        reached.append((element.tag_name, element.get_attribute("id") or element.text))
        # WCAG 2.2, 2.4.7 and 2.4.11: where one is can be seen.
        assert browser.run("const s = getComputedStyle(document.activeElement);"
                           "return s.outlineStyle !== 'none' || document.activeElement.tagName === "
                           "'AUDIO'"), reached
    names = [name for _, name in reached]
    assert names.index("address") < names.index("Deliver my message") < names.index("Take it back")
    assert any(tag == "summary" for tag, _ in reached)
    browser.address().send_keys(ALICE)
    if not browser.scripts:
        browser.type_code(message.digits(browser.code_id()))
    browser.address().send_keys(Keys.ENTER)
    browser.shows("is being delivered")
    assert len(message.requests()) == 1


def test_nothing_that_strangers_write_runs(stage, browser):
    evil = ["<script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>",
            "\"><svg onload=window.pwned=1>", "javascript:window.pwned=1", "{{{typed}}}{{#to}}",
            "&lt;script&gt;window.pwned=1&lt;/script&gt;", "'-window.pwned-'", "</title><script>"]
    for text in evil:
        message = stage.hold(text)
        for path in ("", "/withdraw"):
            browser.open(message.url + path)
            if not path:
                assert text in browser.text()
            browser.submit(address=f"{text}@example.com")
            browser.shows("came from another address")
            assert browser.run("return window.pwned") is None
            assert browser.address().get_attribute("value") == f"{text}@example.com"
            assert browser.run("return document.querySelectorAll('main script, main svg, "
                               "main [onerror], main [onload]').length") == 0
        request(f"{message.url}?lang={text.replace(' ', '')}")
        assert browser.complaints() == []


def test_an_old_phone_has_work_it_can_do(stage):
    """Six times slower. The bound is on the work: at 500 tries a second, half of which an old phone
    does, the dearest of the default's first steps stays within 15 seconds."""
    slow = Browser()
    try:
        slow.narrow(360, 720)
        slow.cdp("Emulation.setCPUThrottlingRate", rate=6)
        for authenticated, most in ((True, 1500), (False, 3000)):
            message = stage.hold(authenticated=authenticated)
            assert int(request(message.url + "/pow").headers["countersign-tries"]) == most
            assert most / 250 <= 15
            slow.driver.get(message.url)
            slow.type(ALICE).press().shows("is being delivered", timeout=120)
            assert message.requests() == [f"{ALICE} address+pow"]
    finally:
        slow.stop()
