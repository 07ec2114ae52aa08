# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium, and the real page on a stage: a store in memory and a clock that can be moved."""
import base64
import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from .countersign import build_folder
from .waiting import free_port, until

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--window-size=1000,800")


WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]


@functools.cache
def axe_source():
    folder = Path(os.environ.get("CS_NPM", build_folder() / "npm"))
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


class Stage:
    """tests/page_server: the web server as it is, without Redis."""

    def __init__(self):
        self.process = subprocess.Popen([build_folder() / "tests" / "page_server"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().strip()
        assert self.url, "the page server did not start"
        self._next = 0

    def do(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def hold(self, subject="Offer for 40 chairs", authenticated=True, by_mail=False):
        """Holds a message of alice@example.com to joe@example.org; returns it."""
        self._next += 1
        message = Message(self, f"7q2mxf4pk9td3hwa7q2mxf{self._next:04d}")
        kind = 2 if by_mail else int(authenticated)
        assert self.do(f"hold {message.id} {message.token} {kind} {subject}") == "held"
        return message

    def ask(self, copy, subject="Offer for 40 chairs"):
        """Asks of a message that was refused or deferred; returns it."""
        self._next += 1
        message = Message(self, f"7q2mxf4pk9td3hwa7q2mxf{self._next:04d}")
        assert self.do(f"ask {message.id} {message.token} {copy} {subject}") == "asked"
        return message

    def advance(self, seconds):
        assert self.do(f"advance {seconds}") == "advanced"

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)


class Message:
    def __init__(self, stage, held_id):
        self.stage = stage
        self.id = held_id
        self.token = held_id.upper()
        self.url = f"{stage.url}/c/{self.token}"

    def requests(self):
        """What the web server asked of the node for this message: ["ADDRESS PROOF", ...]."""
        all_of_them = self.stage.do("requests").split(";")
        return [" ".join(r.split()[2:]) for r in all_of_them if self.id in r]

    def digits(self, code_id):
        """What a person reads in the image of this code, or hears."""
        digits = self.stage.do(f"digits {self.token} {code_id}")
        assert digits.isdigit(), digits
        return digits

    def asked_for(self):
        """The kinds of the requests: ["withdraw", ...]."""
        return [r.split()[0] for r in self.stage.do("requests").split(";") if self.id in r]

    def set_state(self, word, *deliveries):
        """`deliveries`: what became of it for joe@, joe2@, joe3@ ..., as words of RecipientState."""
        assert self.stage.do(" ".join(("state", self.id, word, *deliveries))) == "set"


class Browser:
    """One headless Chromium with a profile of its own. `scripts`: whether pages may run them; "blocked":
    ours do not come, as behind some proxies, so that what the page shows then can be examined."""

    def __init__(self, scripts=True, language="en"):
        self.scripts = scripts
        self.profile = tempfile.mkdtemp(prefix="countersign-browser-")
        options = Options()
        options.binary_location = shutil.which("chromium")
        for flag in (*FLAGS, f"--user-data-dir={self.profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        prefs = {"intl.accept_languages": language}
        if not scripts:
            prefs["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", prefs)
        self.driver = webdriver.Chrome(
            service=Service(shutil.which("chromedriver"), port=free_port()), options=options)
        self.driver.set_script_timeout(120)
        if scripts == "blocked":
            self.cdp("Network.enable")
            self.cdp("Network.setBlockedURLs", urls=["*/assets/page-*.js"])

    def stop(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def open(self, url):
        self.cdp("Emulation.clearDeviceMetricsOverride")
        self.cdp("Emulation.setEmulatedMedia", features=[])
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(url)
        return self

    def narrow(self, width=320, height=640):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=2, mobile=True)

    def media(self, **features):
        """What the reader's machine says of him: {"prefers-color-scheme": "dark"}."""
        self.cdp("Emulation.setEmulatedMedia",
                 features=[{"name": name, "value": value} for name, value in features.items()])

    def scheme(self, name):
        self.media(**{"prefers-color-scheme": name})

    # What a reader sees and does.

    def text(self):
        return " ".join(self.driver.find_element(By.TAG_NAME, "main").text.split())

    def shows(self, text, timeout=30):
        """Waits until the page says so. Looks again while it is being replaced by the next."""
        def there():
            try:
                return text in self.text()
            except Exception:
                return False
        try:
            until(there, f"the page says {text!r}", timeout)
        except AssertionError as e:
            raise AssertionError(f"{e}; it says: {self.text()}") from None
        return self

    def shows_element(self, css, timeout=30):
        until(lambda: self.has(css), f"the page has {css}", timeout)
        return self

    def address(self):
        return self.driver.find_element(By.ID, "address")

    def type(self, address):
        self.address().clear()
        self.address().send_keys(address)
        return self

    def press(self, words=None):
        """Presses the button that says so, or the first."""
        buttons = self.driver.find_elements(By.CSS_SELECTOR, "button[type=submit]")
        [*_, button] = [b for b in buttons if words in (None, b.text)][:1]
        button.click()
        return self

    def code_id(self):
        return self.driver.find_element(By.NAME, "code_id").get_attribute("value")

    def type_code(self, digits):
        field = self.driver.find_element(By.ID, "code")
        field.clear()
        field.send_keys(digits)
        return self

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def has(self, css):
        return bool(self.driver.find_elements(By.CSS_SELECTOR, css))

    def submit(self, **fields):
        """Sends the page's form with these fields, as a browser without scripts does, and waits for
        the next page."""
        self.run("""
          const form = document.querySelector("form");
          for (const [name, value] of Object.entries(arguments[0])) {
            const there = form.querySelector(`input[name="${name}"]`);
            const field = there || document.createElement("input");
            if (!there) { field.type = "hidden"; field.name = name; form.append(field); }
            field.maxLength = 100000;
            field.value = value;
          }
          document.documentElement.dataset.left = "yes";
          HTMLFormElement.prototype.submit.call(form);""", fields)
        until(lambda: self._is_new(), "the next page")
        return self

    def _is_new(self):
        try:
            return self.run("return document.readyState === 'complete' && "
                            "!('left' in document.documentElement.dataset)")
        except Exception:
            return False

    def axe(self, **options):
        """What axe-core finds against WCAG 2.2, levels A and AA: ["rule: element", ...]."""
        if self.run("return !window.axe"):
            self.run(axe_source())
        options = {"runOnly": WCAG, "resultTypes": ["violations"], **options}
        found = self.driver.execute_async_script(
            "const [options, done] = arguments;"
            "axe.run(document, options).then((r) => done(r.violations), (e) => done(String(e)))",
            options)
        assert isinstance(found, list), found
        return [f"{rule['id']}: {node['html']} {node['failureSummary']}"
                for rule in found for node in rule["nodes"]]

    # What it did meanwhile.

    def complaints(self):
        """What the console says: violations of the policy, errors of scripts."""
        return [e["message"] for e in self.driver.get_log("browser")
                if "status of 422" not in e["message"]]

    def asked(self):
        """The URLs that were asked for since open()."""
        out = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                out.append(message["params"]["request"]["url"])
        return out

    def picture(self, name):
        """Takes a picture of the whole page into the build folder, to be looked at."""
        folder = Path(os.environ.get("CS_PICTURES", build_folder() / "pictures"))
        folder.mkdir(exist_ok=True)
        whole = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        (folder / f"{name}.png").write_bytes(base64.b64decode(whole["data"]))
