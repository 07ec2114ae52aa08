# SPDX-License-Identifier: Apache-2.0
"""What a message costs: round trips to the store and system calls, which no machine's speed changes."""
import collections
import re
import threading

from testsite.page import request
from testsite.redis import Client
from testsite.sender import Smtp, dkim_pass, message
from testsite.tracing import Tracer
from testsite.waiting import until

AUTHOR = "alice@costs.example"


class Monitor:
    """What Redis is asked while it lasts: (client, words) of each command."""

    def __init__(self, place):
        self.client = Client(place.redis.socket, timeout=60)
        self.lines = []
        assert self.client("MONITOR") == b"OK"
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        self.place = place

    def _read(self):
        try:
            while line := self.client.file.readline():
                self.lines.append(line.decode("utf-8", "replace"))
        except (OSError, ValueError):
            pass

    def stop(self):
        """Returns the commands; all that was asked before is among them."""
        other = self.place.redis.client()
        other("ECHO", "the end")
        until(lambda: any("the end" in line for line in self.lines), "monitored")
        other.close()
        self.client.socket.close()
        return [line for line in self.lines if "the end" not in line]


def send(place, smtp, recipients, n, author=AUTHOR):
    content = message(author, recipients, f"costs{n}", verified=dkim_pass("costs.example"))
    return smtp.send(author, recipients, content)


def asked_for_mail(lines):
    """The number of look-ups: each asks for the site's contacts once."""
    return sum(1 for line in lines if '"cs:site:contacts"' in line)


def test_a_message_asks_the_store_once_whatever_the_number_of_recipients(place):
    for i in range(30):
        place.node.run("contacts", "allow", f"m{i}@example.org", AUTHOR)
    smtp = Smtp(place.postfix.mx)
    one, many = ["m0@example.org"], [f"m{i}@example.org" for i in range(30)]
    assert send(place, smtp, many, "warm").code == 250
    for recipients in (one, many):
        monitor = Monitor(place)
        for n in range(5):
            assert send(place, smtp, recipients, f"{len(recipients)}-{n}").code == 250
        lines = monitor.stop()
        assert asked_for_mail(lines) == 5, "\n".join(lines)
    smtp.close()


def test_a_hold_asks_the_store_three_times_and_no_script_copies_its_view(place):
    smtp = Smtp(place.postfix.mx)
    assert send(place, smtp, ["m0@example.org"], "warm-hold", "once@elsewhere.example").code == 554
    monitor = Monitor(place)
    for n in range(5):
        assert send(place, smtp, ["m0@example.org"], f"hold{n}", "once@elsewhere.example").code == 554
    lines = monitor.stop()
    smtp.close()
    asked = []
    for line in lines:
        words = re.findall(r'"([^"]*)"', line)
        if words[:2] == ["HMGET", "cs:site"]:
            asked.append([])
        elif asked:
            asked[-1].append(words)
    of_holds = [words for words in asked
                if any(word.startswith(("cs:retry:", "cs:held:", "cs:answer:"))
                       for command in words for word in command)]
    assert collections.Counter(words[0][0] for words in of_holds) == {"SETRANGE": 5, "MULTI": 5}, lines
    assert asked_for_mail(lines) == 5
    assert not [line for line in lines if " lua]" in line and '"cs:held:' in line], lines


def trips(lines):
    """What each round trip of looking up pages asked: each begins with a look at the site."""
    words = [re.findall(r'"([^"]*)"', line) for line in lines]
    out = []
    for word in words:
        if word[:2] == ["HMGET", "cs:site"]:
            out.append([])
        elif out and len(word) > 1 and re.match(r"cs:(answer|held|web:answered|web:failures:code)", word[1]):
            out[-1].append(word[1].removeprefix("cs:").split(":")[0])
    return [trip for trip in out if trip]


def test_a_page_asks_the_store_twice_at_first_and_once_from_then_on(place):
    url = place.send("joe@example.org").reply.url
    message = ["held", "web", "web"]

    def asked(*urls):
        monitor = Monitor(place)
        for each in urls:
            request(each, headers={"Accept": "text/html"})
        return trips(monitor.stop())

    assert asked(url) == [["answer"], message]
    assert asked(url) == [["answer"] + message]
    assert asked(url + "/pow", url + "/withdraw") == [["answer"] + message] * 2
    # What is not there costs as much, however often it is asked for.
    other = url[:-4] + ("0000" if url[-4:] != "0000" else "1111")
    assert asked(other, other, url[:-1]) == [["answer"], message] * 3


def traced(place, author, messages):
    """(thread, system call) of the milter while it gets messages over one SMTP session."""
    smtp = Smtp(place.postfix.mx)
    assert send(place, smtp, ["m0@example.org"], f"warm{author}", author).code in (250, 554)
    tracer = Tracer(place.node.milter.pid, place.folder / "costs.trace", "all")
    for n in range(messages):
        assert send(place, smtp, ["m0@example.org"], f"{author}{n}", author).code in (250, 554)
    tracer.detach()
    smtp.close()
    return re.findall(r"^(\d+) +(\w+)\(", "\n".join(tracer.calls()), re.M)


def calls_per_message(place, author, messages=40):
    """System calls a message by name; background threads included, waiting for locks left out."""
    counts = collections.Counter(name for _, name in traced(place, author, messages)
                                 if name != "futex")
    return {name: count / messages for name, count in counts.items()}


# Three in four are libmilter's: two reads and three polls for each packet of the MTA.

def test_the_system_calls_of_a_message_that_passes(place):
    place.node.run("contacts", "allow", "m0@example.org", AUTHOR)
    calls = calls_per_message(place, AUTHOR)
    assert sum(calls.values()) < 160, calls
    assert calls["sendto"] < 1.5, calls
    assert "fsync" not in calls


def test_the_system_calls_of_a_message_that_is_held(place):
    calls = calls_per_message(place, "held@elsewhere.example")
    # A young spool makes its folders, 32 at a time: these calls are none of the message's.
    folders = {"mkdirat", "unlinkat", "openat", "close"}
    assert sum(count for name, count in calls.items() if name not in folders) < 180, calls
    # The file, its folder, and the folder's folder when it is new.
    assert 2 <= calls["fsync"] <= 3, calls
    assert calls["sendto"] < 3.5, calls


def test_the_store_looks_for_an_earlier_try_while_the_disk_writes(place):
    threads = collections.defaultdict(list)
    for thread, name in traced(place, "sealed@elsewhere.example", messages=10):
        if name in ("sendto", "recvfrom", "fsync", "renameat"):
            threads[thread].append(name)
    # Asked before the first fsync, read after it, and known before the rename.
    # Where the folder is new, its own folder is fsynced in between.
    hold = r"sendto fsync (recvfrom )+(fsync )?renameat fsync sendto"
    holds = sum(len(re.findall(hold, " ".join(names))) for names in threads.values())
    assert holds >= 5, "\n".join(" ".join(names) for names in threads.values())
