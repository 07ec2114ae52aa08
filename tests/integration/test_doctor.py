# SPDX-License-Identifier: Apache-2.0
"""doctor, and what else tells an administrator of trouble: that it is the right trouble."""
import json
import os
import shutil
import signal
import subprocess

import pytest

from testsite.place import Place
from testsite.waiting import free_port, until

PLACE = {"mta_extra": "message_reject_characters = \\0"}


def findings(place, *words):
    done = place.node.run("--json", "doctor", *(words or ("--no-postfix",)), check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def failed(place, *words):
    return [f for f in findings(place, *words) if f["severity"] == "fail"]


def test_a_key_of_another_type_where_requests_arrive_is_logged_and_found(place):
    node = (place.node.spool / "node").read_text().strip()
    key = f"cs:requests:{node}"
    admin = place.redis.client()
    entry = place.send("joe@example.org", author="bob@waits.example")
    admin("DEL", key)
    admin("SET", key, "no stream")
    log = place.node.folder / "milter.log"
    until(lambda: "requests of pages cannot be read" in log.read_text(), "the milter says so")
    assert "WRONGTYPE" in log.read_text()
    [finding] = failed(place)
    assert "requests of pages cannot be read" in finding["what"] and key in finding["todo"]
    admin("DEL", key)
    assert place.answer(entry, "bob@waits.example").status == 303
    place.delivered(entry)
    assert failed(place) == []
    # Once a minute, not once a try.
    assert log.read_text().count("requests of pages cannot be read") <= 2


def test_who_may_not_look_is_told_so(place):
    """As another user: 77, and no guesses."""
    program = place.folder / "countersign"
    shutil.copy(place.node.command_path, program)
    program.chmod(0o755)
    spool_mode = place.node.spool.stat().st_mode
    os.chmod(place.node.spool, 0o700)

    def run(*words):
        return subprocess.run([program, "-c", place.node.path, *words], user="nobody", text=True,
                              group="nogroup", extra_groups=[], capture_output=True, timeout=60)
    try:
        for words in (["held", "list"], ["stats"], ["contacts", "list", "site"],
                      ["policy", "show", "site"], ["why", "a@b.example", "joe@example.org"]):
            done = run(*words)
            assert done.returncode == 77, (words, done.stderr)
            assert "no permission; run this as root" in done.stderr
        done = run("--json", "doctor", "--no-postfix")
        found = [json.loads(line) for line in done.stdout.splitlines()]
        for area in ("secrets", "store", "spool"):
            [one] = [f for f in found if f["area"] == area]
            assert one["severity"] == "fail" and "could not be looked at: no permission" in one["what"]
        text = " ".join(f["what"] + f["todo"] for f in found)
        for guess in ("start Redis", "config init", "no countersign-milter", "start countersign-chal"):
            assert guess not in text
    finally:
        os.chmod(place.node.spool, spool_mode & 0o7777)


def test_an_emptied_redis_is_diagnosed_and_the_page_is_not_to_be_started():
    with Place() as place:
        entry = place.send("joe@example.org", author="ann@before.example")
        assert entry.reply.code == 554
        place.redis.client()("FLUSHALL")
        until(lambda: place.send("joe@example.org", author="x@y.example").reply.code == 451, "451")
        done = place.node.run("config", "init")
        assert "made just now" in done.stderr
        assert "Restart countersign-milter and countersign-challenge on every host" in done.stderr
        assert "made just now" not in place.node.run("config", "init").stderr
        # To the daemons it is another's site: unknown, hence 451.
        assert place.send("joe@example.org", author="x@y.example").reply.code == 451
        until(lambda: any("countersign-milter has no store" in f["what"] for f in failed(place)),
              "the milter's loss is found")
        found = findings(place)
        [page] = [f for f in found if f["area"] == "page" and f["severity"] != "ok"]
        assert "countersign-challenge runs, but has no store" in page["what"]
        assert "restart countersign-milter and countersign-challenge" in page["todo"]
        text = " ".join(f["what"] + f["todo"] for f in found)
        assert "start countersign-challenge" not in text.replace("restart countersign-", "")
        assert "held silently" not in text
        [told] = [json.loads(line) for line in place.node.run(
            "--json", "why", "x@y.example", "joe@example.org", check=False).stdout.splitlines()]
        assert told["disposition"] == "defer"
        place.node.milter.stop()
        place.node.page.stop()
        place.node.start_milter()
        place.node.start_page()
        until(lambda: place.send("joe@example.org", author="x@y.example").reply.code == 554,
              "screening again")
        until(lambda: failed(place) == [], "all is well")
        # What was held is still there, and its answer counts.
        assert place.answer(entry, "ann@before.example").status == 303
        place.delivered(entry)


def test_why_defers_while_the_page_is_down():
    with Place(page=False) as place:
        for mode in ("hold", "refuse", "defer"):
            place.node.run("policy", "set", "joe@example.org", f"mode={mode}")
            assert place.send("joe@example.org", author="eve@down.example").reply.code == 451
            told = place.node.run("why", "eve@down.example", "joe@example.org").stdout
            assert told.startswith("defer (first-contact)\n") and "with 451, as the page" in told


def test_a_mode_without_a_source_is_told_as_what_it_is():
    with Place() as place:
        place.node.run("policy", "set", "joe@example.org", "mode=hold")
        place.node.write(authentication__source="none", first_contact__mode="observe")
        place.node.milter.send(signal.SIGUSR1)
        remark = 'mode hold acts as aside, as authentication.source is "none"'

        def sent():
            return place.send("joe@example.org", author="eve@none.example")
        until(lambda: sent().reply.code == 250, "read anew")
        [mail] = place.delivered(sent())
        assert mail.mark.startswith("aside")
        told = place.node.run("policy", "show", "joe@example.org")
        assert told.stdout.startswith("mode=hold (mailbox)\n") and remark in told.stderr
        told = place.node.run("why", "eve@none.example", "joe@example.org").stdout
        assert told.startswith("aside (first-contact)\n") and remark in told
        found = findings(place)
        [warned] = [f for f in found if f["area"] == "config" and f["severity"] == "warn"]
        assert warned["todo"].endswith("countersign policy set joe@example.org mode=aside")


def default_action(place):
    master = subprocess.run(["postconf", "-c", place.folder / "etc", "-h", "smtpd_milters"],
                            check=True, capture_output=True, text=True).stdout
    return master.rsplit("default_action=", 1)[1].split()[0]


def test_setup_and_doctor_go_by_policies_as_well():
    with Place(start=False, milters="unset", keys={"first_contact.mode": "observe"}) as place:
        etc = place.folder / "etc"
        socket = place.folder / "queue" / "countersign" / "milter.sock"
        place.node.write(milter__socket=f"unix:{socket}", release__smtp=f"127.0.0.1:{free_port()}",
                         notices__smtp=f"127.0.0.1:{free_port()}")
        subprocess.run(["postconf", "-c", etc, "-e", f"smtpd_milters = unix:{place.folder}/verifier.sock",
                        "non_smtpd_milters = $smtpd_milters"], check=True)

        def setup():
            return place.node.run("setup", "postfix", "--postfix-dir", etc, "--apply")

        def found_of_action():
            return [f["what"] for f in findings(place, "--postfix-dir", etc)
                    if "default_action" in f["what"] or "non_smtpd_milters" in f["what"]]

        setup()
        assert default_action(place) == "accept"
        assert found_of_action() == []
        local = subprocess.run(["postconf", "-c", etc, "-x", "-h", "non_smtpd_milters"], check=True,
                               capture_output=True, text=True).stdout.strip()
        assert local == f"unix:{place.folder}/verifier.sock"
        done = place.node.run("policy", "set", "joe@example.org", "mode=hold")
        assert "countersign setup postfix --apply" in done.stderr
        assert any("default_action is accept" in what for what in found_of_action())
        assert "setup postfix" not in place.node.run(
            "policy", "set", "ann@example.org", "mode=aside").stderr
        setup()
        assert default_action(place) == "tempfail"
        assert found_of_action() == []
        for whom in ("joe@example.org", "ann@example.org"):
            place.node.run("policy", "set", whom, "mode=")
        assert any("default_action is tempfail" in what for what in found_of_action())
        setup()
        assert default_action(place) == "accept"
        place.redis.stop()
        done = setup()
        assert "the policies in the store cannot be read" in done.stderr
        assert default_action(place) == "tempfail"
        place.redis.start()
