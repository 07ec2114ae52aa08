# SPDX-License-Identifier: Apache-2.0
"""Redis out of service in every way: 451 while holding, no delay while observing, nothing lost."""
import signal
import time

import pytest

from testsite.place import Place
from testsite.redis import Client
from testsite.sender import dkim_pass
from testsite.slow_proxy import SlowProxy
from testsite.waiting import until

MTAS = ["postfix", "sendmail"]
TRY_LATER = "451 4.3.0 Temporary problem, please try again later"
SENDMAIL_PATIENCE = 10  # seconds, facts of MTAs


@pytest.fixture(scope="module")
def place(mta):
    """A site whose store is reached through a proxy that can misbehave."""
    with Place(start=False, mta=mta) as made:
        proxy = SlowProxy(made.redis.socket)
        made.ending.append(proxy)
        made.proxy = proxy
        made.node.write(store__url=f"redis://127.0.0.1:{proxy.port}/0")
        made.node.start_milter()
        made.node.start_page()
        # Two mailboxes that the milter has seen: joe holds, watch observes.
        made.node.run("contacts", "allow", "joe@example.org", "friend@known.example")
        made.node.run("policy", "set", "watch@example.org", "mode=observe")
        assert made.send("watch@example.org", author="x@seen.example").reply.code == 250
        assert healthy(made)
        yield made


def friend(place, **how):
    return place.send("joe@example.org", author="friend@known.example",
                      verified=dkim_pass("known.example"), **how)


def healthy(place):
    return friend(place).reply.code == 250


class Stopped:
    def __init__(self, place):
        self.place = place

    def __enter__(self):
        self.place.redis.daemon.stop()

    def __exit__(self, *_):
        self.place.redis.start()


class Paused:
    def __init__(self, place):
        self.place = place

    def __enter__(self):
        self.place.redis.daemon.send(signal.SIGSTOP)

    def __exit__(self, *_):
        self.place.redis.daemon.send(signal.SIGCONT)


class Misbehaving:
    def __init__(self, place, mode):
        self.place, self.mode = place, mode

    def __enter__(self):
        self.place.proxy.mode = self.mode

    def __exit__(self, *_):
        self.place.proxy.mode = "pass"


class Configured:
    """CONFIG SET while it lasts."""

    def __init__(self, place, during, after):
        self.place, self.during, self.after = place, during, after

    def __enter__(self):
        self.apply(self.during)

    def __exit__(self, *_):
        self.apply(self.after)

    def apply(self, commands):
        client = self.place.redis.client()
        for command in commands:
            client(*command)
        client.close()


class WithoutSite:
    """Another Redis than ours: empty, as after a wrong database number or a FLUSHALL."""

    def __init__(self, place):
        self.place = place

    def __enter__(self):
        self.client = self.place.redis.client()
        self.client("RENAME", "cs:site", "elsewhere")

    def __exit__(self, *_):
        self.client("RENAME", "elsewhere", "cs:site")
        self.client.close()


FAULTS = {
    "stopped": Stopped,
    "paused": Paused,
    "dripping": lambda p: Misbehaving(p, "drip"),
    "stalled": lambda p: Misbehaving(p, "stall"),
    "cut": lambda p: Misbehaving(p, "cut"),
    "loading": lambda p: Misbehaving(
        p, b"-LOADING Redis is loading the dataset in memory\r\n" * 40),
    "misconf": lambda p: Misbehaving(
        p, b"-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to\r\n" * 40),
    "nonsense": lambda p: Misbehaving(p, b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "empty": WithoutSite,
    "no permission": lambda p: Configured(
        p, [("ACL", "SETUSER", "countersign-node", "-@all")],
        [("ACL", "SETUSER", *words) for words in p.redis.acl]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_held_mail_is_deferred_and_observed_mail_passes_at_once(place, fault):
    until(lambda: healthy(place), "healthy before")
    with FAULTS[fault](place):
        for _ in range(2):
            began = time.monotonic()
            stranger = place.send("joe@example.org", author="new@stranger.example")
            took = time.monotonic() - began
            assert stranger.reply.text == TRY_LATER, fault
            assert took < SENDMAIL_PATIENCE
            # Never "not listed": a friend is not asked to prove anything.
            assert friend(place).reply.text == TRY_LATER
            began = time.monotonic()
            observed = place.send("watch@example.org", author="new@stranger.example")
            took = time.monotonic() - began
            assert observed.reply.code == 250, fault
            assert took < 2, f"observing delayed mail by {took:.1f} s"
            [mail] = place.delivered(observed)
            assert mail.mark.startswith("observed; ") and "unscreened" in mail.mark, mail.mark
        assert not place.held(stranger)
    until(lambda: healthy(place), "healthy again by itself", timeout=20)
    place.account()


@pytest.mark.parametrize("name,during,after", [
    ("out of memory", [("CONFIG", "SET", "maxmemory", "1")], [("CONFIG", "SET", "maxmemory", "0")]),
    ("read only", [("REPLICAOF", "127.0.0.1", "1")], [("REPLICAOF", "NO", "ONE")]),
])
def test_what_cannot_be_written_is_not_promised(place, name, during, after):
    until(lambda: healthy(place), "healthy before")
    with Configured(place, during, after):
        stranger = place.send("joe@example.org", author="new@stranger.example")
        observed = place.send("watch@example.org", author="new@stranger.example")
        assert observed.reply.code == 250
        # A URL would say that nothing is waiting under it.
        assert stranger.reply.text == TRY_LATER and not place.held(stranger)
    until(lambda: healthy(place), "healthy again")
    place.account()


def test_a_late_answer_never_serves_the_next_question(place):
    """A friend's answer that comes late must not let a stranger pass."""
    until(lambda: healthy(place), "healthy before")
    place.proxy.mode = "stall"
    assert friend(place).reply.text == TRY_LATER
    place.proxy.mode = "pass"
    for _ in range(5):
        stranger = place.send("joe@example.org", author="late@stranger.example")
        assert stranger.reply.code in (554, 451)
        assert place.mailbox.find(stranger.tag) == []
    until(lambda: healthy(place), "healthy again")


def test_redis_dies_in_the_middle_of_a_message(place):
    from testsite.sender import Smtp, message, stuffed
    until(lambda: healthy(place), "healthy before")
    smtp = Smtp(place.mta.mx)
    smtp("MAIL FROM:<mid@stranger.example>")
    smtp("RCPT TO:<joe@example.org>")
    smtp("DATA")
    smtp.write(stuffed(message("mid@stranger.example", ["joe@example.org"], "middle")))
    with Stopped(place):
        smtp.write(b".\r\n")
        assert smtp.reply().text == TRY_LATER
    smtp.close()
    until(lambda: healthy(place), "healthy again", timeout=20)


def test_answers_given_while_the_node_cannot_hear_are_not_lost(place):
    until(lambda: healthy(place), "healthy before")
    entry = place.send("joe@example.org", author="patient@stranger.example")
    assert entry.reply.url, entry.reply
    place.node.milter.stop()
    assert place.answer(entry, "patient@stranger.example").status == 303
    place.node.start_milter()
    place.delivered(entry)
    place.account()


def test_held_mail_is_listed_shown_and_released_without_redis(place):
    until(lambda: healthy(place), "healthy before")
    entry = place.send("joe@example.org", author="offline@stranger.example")
    [held_id] = place.held(entry)
    with Stopped(place):
        listed = place.node.run("held", "list", json_lines=True)
        assert held_id in [line["id"] for line in listed]
        assert "offline@stranger.example" in place.node.run("held", "show", held_id).stdout
        place.node.run("held", "release", held_id)
        [mail] = place.delivered(entry)
        assert mail.held_id == held_id
    until(lambda: healthy(place), "healthy again")
    until(lambda: not place.held(entry), "removed from the spool")


def test_everything_passes_while_paused_even_without_redis(place):
    until(lambda: healthy(place), "healthy before")
    with Stopped(place):
        place.node.run("pause")
        def passes():
            entry = place.send("joe@example.org", author="paused@stranger.example")
            return entry if entry.reply.code == 250 else None
        entry = until(passes, "paused", timeout=5)
        [mail] = place.delivered(entry)
        assert "paused" in (mail.mark or "")
        place.node.run("resume")
        until(lambda: place.send("joe@example.org", author="x@stranger.example").reply.code == 451,
              "screening again", timeout=5)
    until(lambda: healthy(place), "healthy again")


def test_after_a_flush_held_mail_is_found_again(place):
    until(lambda: healthy(place), "healthy before")
    entry = place.send("joe@example.org", author="flushed@stranger.example")
    [held_id] = place.held(entry)
    client = Client(place.redis.socket)
    client("FLUSHALL")
    assert place.send("joe@example.org", author="x@stranger.example").reply.text == TRY_LATER
    place.node.run("config", "init")
    assert held_id in [x["id"] for x in place.node.run("held", "list", json_lines=True)]
    place.node.stop()
    place.node.start_milter()
    place.node.start_page()
    # The index is built again from the spool: the URL in the sender's hands works.
    until(lambda: place.answer(entry, "flushed@stranger.example").status == 303, "page is back")
    place.delivered(entry)
    client.close()
    place.node.run("contacts", "allow", "joe@example.org", "friend@known.example")
    place.node.run("policy", "set", "watch@example.org", "mode=observe")
