# SPDX-License-Identifier: Apache-2.0
"""Every page and every state of it: how to get there, and what it says in English."""
from .page import post, request

ALICE = "alice@example.com"
JSON = {"Accept": "application/json"}


def _waiting(stage, browser, lang):
    browser.open(stage.hold().url + lang)


def _by_mail(stage, browser, lang):
    browser.open(stage.hold(by_mail=True).url + lang)


def _stranger(stage, browser, lang):
    browser.open(stage.hold(authenticated=False).url + lang)


def _no_subject(stage, browser, lang):
    browser.open(stage.hold(subject="").url + lang)


def _refused(stage, browser, lang):
    browser.open(stage.ask("refused").url + lang)


def _deferred(stage, browser, lang):
    browser.open(stage.ask("deferred").url + lang)


def _answered(copy):
    def go(stage, browser, lang):
        message = stage.ask(copy)
        message.set_state("answered")
        browser.open(message.url + lang)
    return go


def _typed(address, times=1, mails=True):
    def go(stage, browser, lang):
        message = stage.hold(authenticated=mails)
        for _ in range(times - 1):
            post(message.url, {"address": address})
        browser.open(message.url + lang)
        browser.submit(address=address)
    return go


def _wrong_code(stage, browser, lang):
    message = stage.hold(authenticated=False)
    browser.open(message.url + lang)
    browser.submit(address=ALICE, code="12345x")


def _another_code(stage, browser, lang):
    browser.open(stage.hold(authenticated=False).url + lang)
    browser.submit(address="", another="1")


def _no_code_left(stage, browser, lang):
    message = stage.hold(authenticated=False)
    for _ in range(4):
        shown = request(message.url, headers=JSON).json()["code"]["id"]
        post(message.url, {"address": ALICE, "code": "1", "code_id": shown})
    browser.open(message.url + lang)
    for _ in range(2):
        if browser.has("[name=code_id]"):
            browser.submit(address="", another="1")


def _wrong_proof(stage, browser, lang):
    browser.open(stage.hold(authenticated=False).url + lang)
    browser.submit(address=ALICE, altcha="AAAA")


def _no_proof(stage, browser, lang):
    browser.open(stage.hold(authenticated=False).url + lang)
    browser.submit(address=ALICE, code="")


def _first_step(stage, browser, lang):
    browser.open(stage.hold().url + lang)
    browser.submit(address=ALICE, code="")


def _early(stage, browser, lang):
    _first_step(stage, browser, lang)
    browser.submit(address=ALICE)


def _working(stage, browser, lang):
    browser.open(stage.hold().url + lang)
    browser.run("Worker.prototype.postMessage = () => {}")
    browser.type(ALICE).press()


def _status(word):
    def go(stage, browser, lang):
        message = stage.hold()
        message.set_state(word)
        browser.open(message.url + lang)
    return go


def _retract(what, **fields):
    def go(stage, browser, lang):
        browser.open(f"{stage.hold(by_mail=True).url}/{what}{lang}")
        if fields:
            browser.submit(**fields)
    return go


def _limited(stage, browser, lang):
    message = stage.hold()
    for _ in range(5):
        post(message.url, {"address": "m@example.com"})
    browser.open(message.url + lang)
    browser.submit(address=ALICE)


def _unavailable(stage, browser, lang):
    message = stage.hold()
    assert stage.do("down 1") == "so be it"
    browser.open(message.url + lang)
    assert stage.do("down 0") == "so be it"


def _refused_request(stage, browser, lang):
    browser.open(stage.hold().url + lang)
    browser.submit(address="a" * 5000)


def _plain_page(path):
    def go(stage, browser, lang):
        browser.open(stage.url + path + lang)
    return go


STATES = {
    "waiting": (_waiting, "is waiting"),
    "waiting-by-mail": (_by_mail, "I did not send this"),
    "waiting-stranger": (_stranger, "is waiting"),
    "waiting-no-subject": (_no_subject, "It has no subject"),
    "waiting-refused": (_refused, "is not delivered yet"),
    "waiting-deferred": (_deferred, "Your mail server has it"),
    "working": (_working, "One moment, please."),
    "no-address": (_typed(""), "Please type the address"),
    "wrong-address": (_typed("m@example.com"), "came from another address"),
    "hint": (_typed("m@example.com", times=2), "It looks like this: "),
    "wrong-code": (_wrong_code, "Those were not the digits."),
    "another-code": (_another_code, "Here are other digits."),
    "no-code-left": (_no_code_left, "There are no more digits for the moment."),
    "wrong-proof": (_wrong_proof, "That took too long"),
    "no-proof": (_no_proof, "Only one thing is missing"),
    "first-step": (_first_step, "Please wait ten seconds"),
    "early": (_early, "a little early"),
    "delivering": (_status("answered"), "is being delivered"),
    "delivered": (_status("released"), "Delivered on "),
    "failed": (_status("failed"), "refused it on "),
    "withdrawn": (_status("withdrawn"), "Taken back on "),
    "expired": (_status("expired"), "It was kept until "),
    "answered-refused": (_answered("refused"), "Now please send your message"),
    "answered-deferred": (_answered("deferred"), "Your mail server tries again by itself"),
    "withdraw": (_retract("withdraw"), "Take your message back?"),
    "withdraw-no-address": (_retract("withdraw", address=""), "First, please type the address"),
    "withdraw-wrong": (_retract("withdraw", address="m@example.com"), "Nothing has happened"),
    "withdraw-confirm": (_retract("withdraw", address=ALICE), "Please press the button once more"),
    "not-me": (_retract("not-me"), "Did you not send this?"),
    "not-me-confirm": (_retract("not-me", address=ALICE), "is not yours."),
    "limited": (_limited, "There were too many wrong answers."),
    "unavailable": (_unavailable, "cannot look after your message"),
    "refused": (_refused_request, "cannot take that request"),
    "not-found": (_plain_page("/c/00000000000000000000000000"), "Nothing is waiting under this link."),
    "why": (_plain_page("/why"), "Who runs this"),
}
