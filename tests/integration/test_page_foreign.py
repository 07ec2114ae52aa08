# SPDX-License-Identifier: Apache-2.0
"""Other sites' pages against ours, in Chromium: they cannot show it in a frame, send its form, or read it."""
import http.server
import json
import threading
import urllib.parse

import pytest
from selenium.common.exceptions import NoSuchFrameException

from testsite.page import post, proof_of_work
from testsite.waiting import free_port, until

ALICE = "alice@example.com"


class EvilSite(http.server.ThreadingHTTPServer):
    """Another site (http://localhost; ours is http://127.0.0.1) that shows `html`, and notes what it is
    told at /told."""

    def __init__(self):
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(site.html.encode())

            def do_POST(self):
                size = int(self.headers.get("Content-Length", 0))
                site.told.append(json.loads(self.rfile.read(size)))
                self.answer(b"")

            def answer(self, body):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.html = ""
        self.told = []
        self.port = free_port()
        super().__init__(("127.0.0.1", self.port), Handler)
        self.url = f"http://localhost:{self.port}/"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def show(self, browser, html):
        self.html = f"<!DOCTYPE html><title>evil</title>{html}"
        self.told.clear()
        return browser.open(self.url)

    def stop(self):
        self.shutdown()
        self.server_close()


@pytest.fixture(scope="module")
def evil():
    made = EvilSite()
    yield made
    made.stop()


def shown_in(browser, tag):
    """Of what stands in the frame: how many forms, and whether a recipient is named."""
    try:
        browser.driver.switch_to.frame(browser.driver.find_element("css selector", tag))
    except NoSuchFrameException:
        return 0, False  # an object that was refused is none
    forms, text = browser.run("return [document.forms.length, document.body?.innerText ?? '']")
    browser.driver.switch_to.default_content()
    return forms, "joe@example.org" in text


PAGES = ["/c/{}", "/c/{}?lang=de", "/c/{}/withdraw", "/c/{}/not-me", "/why", "/c/" + "0" * 26, "/nothing"]


@pytest.mark.parametrize("tag", ["iframe", "object", "embed"])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_shown_in_a_frame(stage, browser, evil, tag, path):
    message = stage.hold(by_mail=True)
    url = stage.url + path.format(message.token)
    attribute = "data" if tag == "object" else "src"
    evil.show(browser, f"<{tag} id=it {attribute}='{url}' width=600 height=400"
                       f"{' type=text/html' if tag != 'iframe' else ''}></{tag}>")
    if tag == "object" and path in PAGES[-2:]:  # what is not found is no object, and nothing is said
        until(lambda: url in browser.asked(), "it was asked for")
    else:
        until(lambda: any("frame-ancestors" in line for line in browser.complaints()),
              "the browser refuses")
    assert shown_in(browser, tag) == (0, False)
    if (tag, path) == ("iframe", PAGES[0]):
        browser.picture("framed")


def good_fields(message):
    """What would answer, so that only where it comes from can be what is wrong with it."""
    return {"address": ALICE, "altcha": proof_of_work(message.url)}


FORMS = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("where", ["", "/withdraw", "/not-me"])
@pytest.mark.parametrize("frame", ["", "sandbox='allow-forms allow-scripts'"], ids=["page", "sandbox"])
def test_a_form_on_another_site_sends_nothing(stage, browser, evil, kind, where, frame):
    """In a sandbox its origin is "null", as ours is."""
    message = stage.hold(by_mail=True)
    good = good_fields(message)
    fields = "".join(f"<input name='{name}' value='{value}'>" for name, value in good.items())
    if kind == "text/plain":  # the classic: a body that reads as another type
        fields = f"<input name='address={ALICE}&x' value='y'>"
    form = (f"<form method=post enctype='{kind}' action='{message.url}{where}'>{fields}</form>"
            "<script>document.forms[0].submit()</script>")
    if frame:
        escaped = form.replace("&", "&amp;").replace("\"", "&quot;")
        evil.show(browser, f"<iframe {frame} srcdoc=\"{escaped}\"></iframe>")
        until(lambda: any("frame" in line.lower() for line in browser.complaints()), "it was sent")
    else:
        evil.show(browser, form).shows("This page cannot take that request.")
    assert message.asked_for() == []
    # From nowhere in particular, and in order, it is an answer.
    assert post(message.url, good).status == 303
    assert len(message.asked_for()) == 1


FETCH = """
<script>
const tell = (what) => fetch("/told", {method: "POST", body: JSON.stringify(what)});
fetch(%s, %s).then(async (r) => tell([r.type, r.status, await r.text()]), (e) => tell(["error", 0, ""]));
</script>
"""


def fetched(evil, browser, url, **options):
    """What a script of another site gets: [type, status, body]."""
    evil.show(browser, FETCH % (json.dumps(url), json.dumps(options)))
    [told] = until(lambda: list(evil.told), "the script tells")
    return told


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/json"])
def test_a_script_of_another_site_sends_nothing(stage, browser, evil, mode, kind):
    message = stage.hold()
    got = fetched(evil, browser, message.url, method="POST", mode=mode, credentials="include",
                  headers={"Content-Type": kind}, body=urllib.parse.urlencode(good_fields(message)))
    assert got[0] in ("error", "opaque") and got[2] == ""
    assert message.asked_for() == []


@pytest.mark.parametrize("path", ["", "/pow", "/code.png", "/withdraw"])
def test_a_script_of_another_site_reads_nothing(stage, browser, evil, path):
    message = stage.hold()
    for mode in ("cors", "no-cors"):
        got = fetched(evil, browser, message.url + path, mode=mode, credentials="include")
        assert got[0] in ("error", "opaque") and got[2] == "", got


def test_a_window_opened_by_another_site_is_out_of_its_reach(stage, browser, evil):
    message = stage.hold()
    evil.show(browser, "<button>x</button>")
    browser.run("window.it = window.open(arguments[0])", message.url)
    first, second = until(lambda: len(browser.driver.window_handles) == 2
                          and browser.driver.window_handles, "it is open")
    browser.driver.switch_to.window(second)
    browser.shows("is waiting")
    browser.driver.switch_to.window(first)
    assert browser.run("try { return window.it.document.title } catch (e) { return e.name }") == \
        "SecurityError"
    browser.driver.switch_to.window(second)
    browser.driver.close()
    browser.driver.switch_to.window(first)
    assert message.asked_for() == []
