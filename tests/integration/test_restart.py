# SPDX-License-Identifier: Apache-2.0
"""Daemons that end, come back, are reloaded; under load, and at bad moments."""
import json
import re
import signal
import threading
from pathlib import Path

from testsite.sender import Smtp, dkim_pass, message, stuffed
from testsite.waiting import until

MTAS = ["postfix", "sendmail"]


def test_what_was_held_can_be_answered_after_a_restart(place):
    entry = place.send("joe@example.org", author="a@restart.example")
    place.node.stop()
    assert place.node.milter.process.returncode == 0
    assert place.node.page.process.returncode == 0
    place.node.start_milter()
    place.node.start_page()
    assert place.answer(entry, "a@restart.example").status == 303
    place.delivered(entry)
    place.account()


def test_without_the_milter_mail_waits_at_its_sender(place):
    place.node.milter.stop()
    assert place.send("joe@example.org").reply.code == 451
    place.node.start_milter()
    assert place.send("joe@example.org").reply.code == 554


def test_a_stale_socket_does_not_hinder_a_start(place):
    place.node.milter.kill()
    assert place.node.socket.exists()
    place.node.milter.start()
    until(lambda: place.send("joe@example.org").reply.code == 554, "serving again")


def test_a_second_daemon_on_the_same_spool_refuses_to_start(place):
    from testsite.process import Daemon
    second = Daemon("second", place.node.milter.argv, place.folder / "second.log").start()
    assert second.wait(timeout=10) == 75
    assert "another process has" in second.output(), second.output()
    assert place.send("joe@example.org").reply.code == 554


def test_sigterm_under_load_loses_nothing(place):
    """Three restarts while twenty senders work; every promise is kept."""
    stop = threading.Event()

    def work(n):
        while not stop.is_set():
            place.send("joe@example.org", author=f"load{n}@busy.example")
            place.send("postmaster@example.org", author=f"load{n}@busy.example")
    threads = [threading.Thread(target=work, args=(n,)) for n in range(12)]
    for t in threads:
        t.start()
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            before = len(place.ledger.entries)
            until(lambda: len(place.ledger.entries) > before + 60, "load")
            assert place.node.milter.stop(number) == 0
            place.node.start_milter()
        before = len(place.ledger.entries)
        until(lambda: len(place.ledger.entries) > before + 60, "load")
    finally:
        stop.set()
        for t in threads:
            t.join()
    codes = {e.reply.code for e in place.ledger.entries}
    assert codes <= {250, 554, 451, 421, 0}, codes
    place.account()


def test_killed_after_the_end_of_a_message_the_sender_tries_again_and_joins(place):
    """The reply is lost, the message is kept; the retry hears of the same hold."""
    tag = "lostreply"
    content = message("a@lostreply.example", ["joe@example.org"], tag)
    smtp = Smtp(place.mta.mx)
    for line in ("MAIL FROM:<a@lostreply.example>", "RCPT TO:<joe@example.org>", "DATA"):
        smtp(line)
    # Stopped before it can read the end of the message, killed when it has.
    until_committed = threading.Event()

    def watch():
        until(lambda: place.node.held_with(tag), "committed", step=0.001)
        place.node.milter.kill()
        until_committed.set()
    watcher = threading.Thread(target=watch)
    watcher.start()
    smtp.write(stuffed(content) + b".\r\n")
    reply = smtp.reply()
    smtp.close()
    watcher.join()
    place.node.start_milter()
    again = place.send("joe@example.org", content=content, tag=tag,
                       reverse_path="a@lostreply.example")
    assert reply.code in (451, 554)
    assert again.reply.code == 554
    assert len(place.node.held_with(tag)) == 1
    assert place.answer(again, "a@lostreply.example").status == 303
    place.delivered(again)


def test_a_bad_configuration_is_not_reloaded_and_a_good_one_is(place):
    place.node.write(first_contact__mode="nonsense")
    place.node.milter.send(signal.SIGUSR1)
    until(lambda: "first_contact.mode" in place.node.milter.output(), "complaint in the log")
    assert place.send("joe@example.org").reply.code == 554
    place.node.write(first_contact__mode="observe")
    place.node.milter.send(signal.SIGUSR1)
    until(lambda: place.send("joe@example.org").reply.code == 250, "observing")
    place.node.write(first_contact__mode="hold")
    place.node.milter.send(signal.SIGUSR1)
    until(lambda: place.send("joe@example.org").reply.code == 554, "holding")


def test_what_counts_only_after_a_restart_is_named_at_a_reload(place):
    def named(daemon):
        return [line for line in daemon.output().splitlines() if "count only after a restart" in line]
    daemons = {place.node.milter: ["store.prefix", "spool.limit"], place.node.page: ["store.prefix"]}
    assert not any(named(daemon) for daemon in daemons)
    before = {key: place.node.keys.get(key, default)
              for key, default in (("store.prefix", "cs:"), ("spool.limit", "10 GB"))}
    place.node.write(store__prefix="other:", spool__limit="20 GB", log__level="info")
    try:
        for daemon, keys in daemons.items():
            daemon.send(signal.SIGUSR1)
            until(lambda: named(daemon), f"{daemon.name} names them")
            [line] = named(daemon)
            assert [word for word in re.findall(r"[a-z]+\.[a-z]+", line)] == keys, line
        assert place.send("joe@example.org").reply.code == 554
    finally:
        place.node.write(**before)


def test_secrets_that_count_only_after_a_restart_are_named_by_purpose(place):
    def named(daemon):
        return [line for line in daemon.output().splitlines() if "changed secrets count" in line]
    daemons = {place.node.milter: ("milter", "answer, sent"), place.node.page: ("challenge", "wait")}
    for daemon, (role, purposes) in daemons.items():
        path = Path(place.node.keys[f"secrets.{role}"])
        before = path.read_text()
        added = [f"{purpose} new {'7' * 64}\n" for purpose in [*purposes.split(", "), "token"]]
        path.write_text("".join(added) + before)
        try:
            daemon.send(signal.SIGUSR1)
            until(lambda: named(daemon), f"{daemon.name} names them")
            [line] = named(daemon)
            assert f"secrets.{role} ({purposes})" in line
        finally:
            path.write_text(before)


def test_mail_whose_answer_key_is_gone_is_counted_until_the_key_is_back(place):
    def told():
        return [line for line in place.node.milter.output().splitlines()
                if "answer key that is gone" in line]

    def doctor():
        done = place.node.run("--json", "doctor", "--no-postfix", check=False)
        return [f["what"] for f in map(json.loads, done.stdout.splitlines())
                if f["area"] == "secrets" and "answer key that is gone" in f["what"]]
    path = Path(place.node.keys["secrets.milter"])
    before = path.read_text()
    [old] = [line for line in before.splitlines() if line.startswith("answer ")]
    entry = place.send("joe@example.org", author="a@oldkey.example")
    assert len(place.held(entry)) == 1
    new = f"answer new {'7' * 64}"
    path.write_text(before.replace(old, f"{new}\n{old}"))
    place.node.milter.send(signal.SIGUSR1)
    until(lambda: "changed secrets count" in place.node.milter.output(), "the reload")
    assert not told() and not doctor()
    path.write_text(before.replace(old, new))
    try:
        place.node.milter.send(signal.SIGUSR1)
        until(told, "the warning at a reload")
        assert "keys=" + old.split()[1] in told()[0]
        [what] = doctor()
        assert int(what.split()[0]) >= 1
        named = set(re.findall(r"\b[0-9a-z]{26}\b", what))
        assert named and named <= {m["id"] for m in place.node.run("held", "list", json_lines=True)}
        place.node.milter.stop()
        place.node.start_milter()
        until(lambda: len(told()) == 2, "the warning at start")
        assert place.answer(entry, "a@oldkey.example").status == 422
    finally:
        path.write_text(before)
        place.node.milter.stop()
        place.node.start_milter()
    assert len(told()) == 2 and not doctor()
    assert place.answer(entry, "a@oldkey.example").status == 303
    place.delivered(entry)


def test_a_bad_configuration_does_not_start(place):
    from testsite.process import Daemon
    place.node.write(first_contact__mode="nonsense")
    for daemon in (place.node.milter, place.node.page):
        other = Daemon("other", daemon.argv, place.folder / f"{daemon.name}-other.log").start()
        assert other.wait(timeout=10) == 78
        assert "countersign.toml" in other.output() and "nonsense" in other.output()
    place.node.write(first_contact__mode="hold")


def test_a_session_in_the_middle_of_its_message_hears_a_temporary_error(place):
    place.node.run("contacts", "allow", "joe@example.org", "mid@session.example")
    smtp = Smtp(place.mta.mx)
    for line in ("MAIL FROM:<mid@session.example>", "RCPT TO:<joe@example.org>", "DATA"):
        smtp(line)
    place.node.milter.stop()
    smtp.write(stuffed(message("mid@session.example", ["joe@example.org"], "midsession",
                               verified=dkim_pass("session.example"))) + b".\r\n")
    assert smtp.reply().code == 451
    smtp.close()
    place.node.start_milter()
