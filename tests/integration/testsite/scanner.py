# SPDX-License-Identifier: Apache-2.0
"""A mail security gateway with a browser: takes every link of a mail, follows it and what is behind it, runs
scripts, sends every form as it is and presses every button. What it cannot do is type."""
import email
import email.policy
import re
import urllib.parse
from html import unescape

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

CLICKABLE = "a, button, input, label, summary, audio, img"
# Whatever of an element can be an address.
TARGETS = ("href", "src", "srcset", "action", "formaction", "data-pow", "data-worker", "data-poll")
LINK = re.compile(r"https?://[^\s\"'<>]+")


def links_of(content):
    """The URLs in every part of a mail, in the mails in it, and in its reports: as text and in tags."""
    mail = email.message_from_bytes(content, policy=email.policy.default)
    texts = [content.decode("utf-8", "replace")]
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            texts.append(part.get_content())
        elif not part.is_multipart() or part.get_content_type().startswith("message/"):
            texts.append(str(part))
    found = {link.rstrip(".,;)") for text in texts for link in LINK.findall(unescape(text))}
    return sorted(found)


def click(element):
    """Whether it could be clicked: what is hidden, or gone with its page, cannot."""
    try:
        element.click()
        return True
    except WebDriverException:
        return False


class Scanner:
    """`browser`: a Browser; what it has loaded is in `seen`, how much it has pressed in `pressed`, and what
    it has sent in `sent`."""

    def __init__(self, browser):
        self.browser = browser
        self.seen = set()
        self.pressed = 0
        self.sent = 0

    def scan(self, urls, depth=2):
        """Loads these, what they lead to, and so on. A page in another language is loaded, but its
        buttons are those of the first."""
        worked_on = set()
        ahead = [(url, 0) for url in urls]
        while ahead:
            url, at = ahead.pop()
            url = url.split("#")[0]
            if url in self.seen:
                continue
            self.seen.add(url)
            self._load(url)
            if at < depth:
                ahead += [(target, at + 1) for target in self._targets(url)]
            path = url.split("?")[0]
            if path in worked_on or not self.browser.has("main"):
                continue
            worked_on.add(path)
            self._press_everything(url)
            self._send_everything(url)
        return self

    def _targets(self, base):
        """Links, forms' targets, and whatever else looks like an address, of the site that is scanned."""
        found = []
        for name in TARGETS:
            for element in self.browser.driver.find_elements(By.CSS_SELECTOR, f"[{name}]"):
                target = urllib.parse.urljoin(base, (element.get_dom_attribute(name) or "").split(" ")[0])
                if target.split("/")[2:3] == base.split("/")[2:3]:
                    found.append(target)
        return found

    def _load(self, url):
        self.browser.driver.get(url)
        return self

    def _all(self, css):
        return self.browser.driver.find_elements(By.CSS_SELECTOR, css)

    def _press_everything(self, url):
        """Loads the page anew for each thing that can be pressed, presses it, and whatever comes then. What
        is folded away are the languages, each loaded by itself."""
        self._load(url)
        for i in [i for i, element in enumerate(self._all(CLICKABLE)) if element.is_displayed()]:
            self._load(url)
            found = self._all(CLICKABLE)
            if i >= len(found) or not click(found[i]):
                continue
            self.pressed += 1
            for button in range(4):
                buttons = self._all("button")
                if button < len(buttons):
                    self.pressed += click(buttons[button])

    def _send_everything(self, url):
        """Sends each form by Enter, by script with its events, and by script without them; to its own target
        and to that of each of its buttons; and what comes then once more."""
        self._load(url)
        for form in range(len(self._all("form"))):
            fields = self._load(url)._all("form input:not([type=hidden])")
            if form < len(fields):
                fields[form].send_keys(Keys.ENTER)
            if not self.browser.scripts:
                continue
            for button in range(-1, len(self._all("form button"))):
                self._load(url)
                for _ in range(2):
                    self._submit(form, button)

    def _submit(self, form, button):
        """`button`: by this one, as if it had been pressed, past whatever listens; -1: by none."""
        self.sent += 1
        try:
            self.browser.run("""
              const form = document.querySelectorAll("form")[arguments[0]];
              const button = form && form.querySelectorAll("button")[arguments[1]];
              if (!form) return;
              if (button && button.formAction) form.action = button.formAction;
              if (arguments[1] < 0) form.requestSubmit();
              else HTMLFormElement.prototype.submit.call(form);""", form, button)
        except WebDriverException:
            pass  # the page is gone: so be it
