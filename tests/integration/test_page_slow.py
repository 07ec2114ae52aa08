# SPDX-License-Identifier: Apache-2.0
"""Clients that are slow on purpose (slowhttptest): heads, bodies and reads that drip, and ranges; directly, and
through a proxy that passes them on as they come. Meanwhile strangers are challenged and answer."""
import os
import socket
import subprocess
import threading

import pytest

from testsite.place import Place
from testsite.waiting import free_port, until

ATTACKS = {
    "headers": ["-H", "-i", "1", "-x", "24"],
    "body": ["-B", "-i", "1", "-s", "4000", "-x", "10", "-t", "POST"],
    "read": ["-X", "-w", "10", "-y", "20", "-n", "1", "-z", "5", "-k", "3"],
    "range": ["-R", "-a", "1", "-b", "3000", "-t", "HEAD"],
}
CONNECTIONS, RATE, SECONDS = 800, 400, 12
GOOD = "127.8.8.8"  # of another network than the attacker, who comes from 127.0.0.1


class Road:
    """Passes connections on to the page, from an address of its own: the way of everybody else."""

    def __init__(self, target):
        self.target = target
        self.port = free_port()
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=100)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client):
        try:
            page = socket.create_connection(("127.0.0.1", self.target), 20, source_address=(GOOD, 0))
        except OSError:
            client.close()
            return
        threading.Thread(target=self._pass, args=(page, client), daemon=True).start()
        self._pass(client, page)

    @staticmethod
    def _pass(one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        # Wakes who waits in accept().
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture(scope="module", params=["directly", "through a proxy"])
def place(request):
    with Place(start=False) as made:
        made.road = made._ends(Road(made.node.page_port))
        # A proxy may bring any number of connections; whoever else comes has a share.
        made.limited = request.param == "directly"
        made.node.write(challenge__base_url=f"http://127.0.0.1:{made.road.port}",
                        challenge__proxies=[GOOD] if made.limited else [GOOD, "127.0.0.1"],
                        challenge__work=["authenticated 0 20", "unauthenticated 0 20"],
                        log__level="info")
        made.node.start_milter()
        made.node.page.start(ready=lambda: "page: serving" in made.node.page.output())
        until(lambda: made.send("joe@example.org", author="first@slow.example").reply.url, "a URL named")
        yield made


def answered(place, tag):
    """A first mail, challenged, answered and delivered."""
    author = f"{tag}@slow.example"
    entry = place.send("joe@example.org", author=author)
    assert entry.reply.code == 554 and entry.reply.url, entry.reply
    assert place.answer(entry, author).status == 303
    place.delivered(entry)


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident(pid):
    """Megabytes."""
    for line in open(f"/proc/{pid}/status", encoding="ascii"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) // 1024
    raise AssertionError("no VmRSS")


@pytest.mark.parametrize("name", ATTACKS)
def test_people_answer_while_others_are_slow_on_purpose(place, name):
    answered(place, f"{name}before")
    entry = place.send("joe@example.org", author=f"{name}target@slow.example")
    target = entry.reply.url.replace(f":{place.road.port}/", f":{place.node.page_port}/")
    milter, page = place.node.milter.pid, place.node.page.pid
    quiet = open_files(page)
    log = place.folder / f"slowhttptest-{name}.log"
    with open(log, "wb") as out:
        attack = subprocess.Popen(
            ["slowhttptest", *ATTACKS[name], "-u", target, "-c", str(CONNECTIONS), "-r", str(RATE),
             "-l", str(SECONDS), "-p", "3", "-v", "1"], stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        try:
            until(lambda: open_files(page) > quiet + 40
                  or attack.poll() is not None, "the attack is under way")
            count = 0
            while attack.poll() is None and count < 8:
                answered(place, f"{name}{count}")
                count += attack.poll() is None
            assert resident(page) < 300
        finally:
            attack.terminate()
            attack.wait(20)
    assert count >= 1 or name == "range", log.read_text(errors="replace")
    assert (place.node.milter.pid, place.node.page.pid) == (milter, page)
    assert place.node.milter.running() and place.node.page.running()
    turned = {why: place.node.page_metrics()[f'countersign_http_turned_away_total{{reason="{why}"}}']
              for why in ("slow", "crowded")}
    assert turned["crowded"] > 0 if place.limited else turned["crowded"] == 0
    # Nobody of them stays (the workers may have got connections to the store), and afterwards all is as before.
    until(lambda: open_files(page) <= quiet + 16, "they are gone")
    answered(place, f"{name}after")
    assert place.held(entry)
