# SPDX-License-Identifier: Apache-2.0
"""The proof `code`: six digits as image and sound, for everybody without scripts."""
import io
import wave
from datetime import datetime

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from testsite.page import post, request

ALICE = "alice@example.com"
JSON = {"Accept": "application/json"}


def code_of(message):
    """Where the code that is shown now is to be had; {} if there is none."""
    return request(message.url, headers=JSON).json().get("code", {})


def wrong(digits):
    return digits[:5] + str((int(digits[5]) + 1) % 10)


def test_a_stranger_without_scripts_reads_the_digits_and_is_done(stage, plain):
    message = stage.hold(authenticated=False)
    plain.open(message.url).shows("Your message to joe@example.org is waiting")
    plain.shows("The six digits in the picture")
    assert "JavaScript" not in plain.text()
    image = plain.driver.find_element(By.CSS_SELECTOR, ".code img")
    assert plain.driver.execute_script("return arguments[0].naturalWidth", image) == 640
    plain.picture("code")
    plain.type(ALICE).type_code(message.digits(plain.code_id())).press()
    plain.shows("is being delivered")
    assert message.requests() == [f"{ALICE} address+code"]
    message.set_state("released")
    plain.driver.get(message.url)
    plain.shows("Delivered on ")
    assert plain.complaints() == []


def test_in_the_dark_the_digits_are_light(stage, plain):
    message = stage.hold(authenticated=False)
    plain.open(message.url)
    plain.scheme("dark")
    plain.driver.refresh()
    shown = plain.driver.execute_script(
        "return document.querySelector('.code img').currentSrc")
    assert shown.endswith("&dark=1")
    plain.picture("code-dark")
    plain.narrow(320)
    assert plain.run("return document.documentElement.scrollWidth") <= 320
    plain.picture("code-narrow")


def test_the_sound_is_a_wav_that_a_browser_plays(stage, browser):
    message = stage.hold(authenticated=False)
    sound = request(stage.url + code_of(message)["sound"])
    assert sound.status == 200 and sound.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(sound.body)) as clip:
        assert (clip.getnchannels(), clip.getframerate(), clip.getsampwidth()) == (1, 8000, 2)
        assert 3 < clip.getnframes() / 8000 < 15
    browser.open(message.url)
    length = browser.driver.execute_async_script("""
      const [url, done] = arguments;
      const audio = new Audio(url);
      audio.onloadedmetadata = () => done(audio.duration);
      audio.onerror = () => done("error " + audio.error.message);
    """, stage.url + code_of(message)["sound"])
    assert 3 < length < 15
    assert browser.complaints() == []


def test_wrong_digits_are_told_calmly_and_others_are_shown(stage, plain):
    message = stage.hold(authenticated=False)
    plain.open(message.url)
    first = plain.code_id()
    plain.type(ALICE).type_code(wrong(message.digits(first))).press()
    plain.shows("Those were not the digits. Nothing is lost; here are others.")
    plain.picture("wrong-code")
    assert plain.code_id() != first
    assert plain.address().get_attribute("value") == ALICE
    assert plain.driver.find_element(By.ID, "code").get_attribute("value") == ""
    assert message.requests() == []
    spoken = " ".join(message.digits(plain.code_id()))
    plain.type_code(spoken).press().shows("is being delivered")
    assert message.requests() == [f"{ALICE} address+code"]


def hold_with_its_codes_for_a_minute(stage):
    """Codes change every ten minutes of the clock: with a minute left at least."""
    message = stage.hold(authenticated=False)
    now = datetime.fromisoformat(request(message.url, headers=JSON).json()["sent"].replace("Z", "+00:00"))
    left = 600 - int(now.timestamp()) % 600
    if left <= 60:
        stage.advance(left + 1)
    return message


def test_other_digits_keep_what_was_typed(stage, plain):
    message = hold_with_its_codes_for_a_minute(stage)
    plain.open(message.url)
    seen = [plain.code_id()]
    plain.type("ali")
    for _ in range(4):
        plain.press("Show other digits").shows("is waiting")
        assert plain.address().get_attribute("value") == "ali"
        assert plain.code_id() not in seen
        seen.append(plain.code_id())
    plain.press("Show other digits").shows("There are no more digits for the moment.")
    plain.picture("no-code-left")
    # It was only pressed: the page, loaded again, shows the first ones, and they count.
    plain.open(message.url)
    assert plain.code_id() == seen[0]
    plain.type(ALICE).type_code(message.digits(seen[0])).press().shows("is being delivered")


def test_the_enter_key_delivers_and_does_not_ask_for_other_digits(stage, plain):
    message = stage.hold(authenticated=False)
    plain.open(message.url).type(ALICE).type_code(message.digits(plain.code_id()))
    plain.driver.find_element(By.ID, "code").send_keys(Keys.ENTER)
    plain.shows("is being delivered")
    assert message.requests() == [f"{ALICE} address+code"]


def test_after_a_wrong_address_the_digits_need_not_be_read_again(stage, plain):
    message = stage.hold(authenticated=False)
    plain.open(message.url)
    plain.type("mallory@example.com").type_code(message.digits(plain.code_id())).press()
    plain.shows("This message came from another address.")
    assert "It looks like this" not in plain.text()
    plain.type("malory@example.com").press().shows("It looks like this: al...@....com")
    plain.picture("hint")
    plain.type(ALICE).press().shows("is being delivered")


def test_who_is_known_to_be_himself_may_wait_instead(stage, plain):
    message = stage.hold()
    plain.open(message.url).shows("Or leave this empty, and wait ten seconds instead.")
    plain.picture("code-or-wait")
    plain.type(ALICE).press().shows("Please wait ten seconds")
    assert "digits" not in plain.text()
    stage.advance(10)
    plain.press().shows("is being delivered")
    assert message.requests() == [f"{ALICE} address+wait"]


def test_where_workers_are_forbidden_a_stranger_gets_the_digits(stage, browser):
    message = stage.hold(authenticated=False)
    browser.open(message.url)
    assert "digits" not in browser.text()
    browser.run("window.Worker = function () { throw new Error('forbidden'); }")
    browser.type(ALICE).press().shows("Please type the digits instead.")
    browser.picture("code-instead")
    assert browser.driver.switch_to.active_element.get_attribute("id") == "code"
    browser.type_code(message.digits(browser.code_id())).press().shows("is being delivered")
    assert message.requests() == [f"{ALICE} address+code"]


def test_with_scripts_no_image_is_loaded(stage, browser):
    message = stage.hold(authenticated=False)
    browser.open(message.url).type(ALICE).press().shows("is being delivered")
    assert not any("code." in url for url in browser.asked())


def test_the_digits_stand_in_no_answer(stage):
    message = stage.hold(authenticated=False)
    code = code_of(message)
    digits = message.digits(code["id"])
    for path in (f"/c/{message.token}", code["image"], code["sound"], code["image"] + "&dark=1"):
        response = request(stage.url + path)
        assert response.status == 200
        assert digits not in str(response.headers) and digits not in path
        assert digits.encode() not in response.body


def test_guessing_ends_after_five(stage):
    message = stage.hold(authenticated=False)
    statuses = []
    for _ in range(8):
        code = code_of(message).get("id", "1.0.x")
        guess = wrong(message.digits(code)) if code != "1.0.x" else "000000"
        statuses.append(post(message.url, {"address": ALICE, "code": guess, "code_id": code}))
    assert [r.status for r in statuses] == [422] * 5 + [429] * 3
    assert statuses[-1].headers["retry-after"] == "3600"
    assert message.requests() == []


def test_a_guess_cannot_be_repeated_with_all_digits(stage):
    """One image, every number: only the first is looked at."""
    message = stage.hold(authenticated=False)
    code = code_of(message)["id"]
    right = message.digits(code)
    answers = [post(message.url, {"address": ALICE, "code": guess, "code_id": code}).status
               for guess in (wrong(right), right, right, right)]
    assert answers == [422] * 4
    assert message.requests() == []


def test_a_code_is_of_one_message(stage):
    one, two = stage.hold(authenticated=False), stage.hold(authenticated=False)
    code = code_of(one)["id"]
    fields = {"address": ALICE, "code": one.digits(code), "code_id": code}
    assert post(two.url, fields).status == 422
    assert request(f"{two.url}/code.png?id={code}").status == 404
    assert two.requests() == []
    assert post(one.url, fields).status == 303
