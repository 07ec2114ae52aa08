# SPDX-License-Identifier: Apache-2.0
"""A use is a use: in parallel, on two hosts, when the milter dies, and when Redis does."""
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from testsite.place import Place
from testsite.second import add_second
from testsite.sender import dkim_pass
from testsite.slow_proxy import SlowProxy
from testsite.tracing import Tracer
from testsite.waiting import until

OVER = "554 5.7.1 This address is no longer in use"
TRY_LATER = "451 4.3.0 Temporary problem, please try again later"
REVERSE_PATH = "orders@shop.example"
# What the milter does between the end of a message and its answer to the MTA.
CALLS = ("sendto", "recvfrom", "read", "write", "writev", "poll")
MOST_EACH = 8
# A line of the store's script that spends, and of no other.
SPENDING = b"add('left', -1)"


@pytest.fixture(scope="module")
def place():
    """Two hosts; the first reaches its store through a proxy that can misbehave."""
    with Place(start=False) as made:
        proxy = SlowProxy(made.redis.socket)
        made.ending.append(proxy)
        made.proxy = proxy
        made.node.write(store__url=f"redis://127.0.0.1:{proxy.port}/0")
        made.node.start_milter()
        made.node.start_page()
        add_second(made)
        yield made


def issue(place, *options, mailbox="joe@example.org"):
    return place.second.run("tokens", "issue", mailbox, "--label", "shop", *options).stdout.strip()


def token(place, address):
    # By the host that the proxy does not stand before.
    mailbox = address.split("+")[0] + "@example.org"
    listed = place.second.run("tokens", "list", mailbox, json_lines=True)
    return {one["address"]: one for one in listed}[address]


def shop(place, address, ledger=None, **how):
    return (ledger or place.ledger).send(
        address, author=REVERSE_PATH, verified=dkim_pass("shop.example"),
        fields=("Auto-Submitted: auto-generated",), **how)


def again(place, entry, ledger=None):
    """A second try, as a sender's MTA makes it."""
    return (ledger or place.ledger).send(entry.recipients, retry_of=entry,
                                         reverse_path=REVERSE_PATH)


def test_one_hundred_at_once_at_two_hosts_get_ten(place):
    address = issue(place, "--uses", "10")
    barrier = threading.Barrier(20)

    def five(n):
        barrier.wait()
        ledger = place.second_ledger if n % 2 else place.ledger
        return [shop(place, address, ledger) for _ in range(5)]

    with ThreadPoolExecutor(20) as threads:
        sent = [entry for five_sent in threads.map(five, range(20)) for entry in five_sent]
    passed = [entry for entry in sent if entry.reply.code == 250]
    assert len(passed) == 10
    assert {entry.reply.text for entry in sent if entry not in passed} == {OVER}
    known = token(place, address)
    assert (known["uses"], known["uses_left"]) == (10, 0)
    for entry in passed:
        place.delivered(entry)


def test_one_mail_one_hundred_times_takes_one_use(place):
    address = issue(place, "--uses", "10")
    first = shop(place, address)
    ledgers = (place.ledger, place.second_ledger)
    with ThreadPoolExecutor(20) as threads:
        tries = list(threads.map(lambda n: again(place, first, ledgers[n % 2]), range(99)))
    assert {entry.reply.text[:9] for entry in (first, *tries)} == {"250 2.0.0"}
    assert token(place, address)["uses_left"] == 9


def test_of_many_firsts_at_once_one_binds(place):
    address = issue(place)

    def one(n):
        ledger = place.second_ledger if n % 2 else place.ledger
        return ledger.send(address, author=f"x@d{n}.example", verified=dkim_pass(f"d{n}.example"))

    with ThreadPoolExecutor(10) as threads:
        sent = list(threads.map(one, range(30)))
    [winner] = [entry for entry in sent if entry.reply.code == 250]
    assert token(place, address)["bound_to"] == winner.reverse_path.split("@")[1]


@pytest.mark.parametrize("spent", [False, True], ids=["before", "after"])
def test_the_store_is_lost_at_spending(place, spent):
    address = issue(place, "--uses", "1")
    # The look-up comes through; the script that spends does not, or its answer does not.
    place.proxy.trap_after = spent
    place.proxy.trap = SPENDING
    entry = shop(place, address)
    assert entry.reply.text == TRY_LATER
    assert token(place, address)["uses_left"] == (0 if spent else 1)
    # The next try passes, at either host; another mail does not.
    until(lambda: again(place, entry).reply.code == 250, "the second try taken")
    assert again(place, entry, place.second_ledger).reply.code == 250
    assert token(place, address)["uses"] == 1
    assert shop(place, address).reply.text == OVER


def test_the_store_is_lost_at_spending_where_mail_is_only_watched(place):
    place.second.run("policy", "set", "watched@example.org", "mode=observe")
    address = issue(place, "--uses", "1", mailbox="watched@example.org")
    place.proxy.trap_after = False
    place.proxy.trap = SPENDING
    entry = shop(place, address)
    assert entry.reply.code == 250
    [copy] = place.delivered(entry)
    assert copy.mark == "observed; would=defer; reason=unscreened"
    assert token(place, address)["uses_left"] == 1


def test_a_store_that_is_down_spends_nothing(place):
    address = issue(place, "--uses", "1")
    place.redis.daemon.stop()
    entry = shop(place, address)
    assert entry.reply.text == TRY_LATER
    place.redis.start()
    until(lambda: again(place, entry).reply.code == 250, "the second try taken")
    assert token(place, address)["uses"] == 1


@pytest.mark.parametrize("call", CALLS)
def test_killed_around_spending(place, call):
    """kill -9 at the n-th such call of a mail to a token: whatever was said is true, the sender's
    next try passes, and takes no second use."""
    killed_at = 0
    for when in range(1, MOST_EACH + 1):
        address = issue(place, "--uses", "1")
        tracer = Tracer(place.node.milter.pid, place.folder / "crash.trace", call,
                        f"{call}:signal=KILL:when={when}")
        entry = shop(place, address)
        if not tracer.killed(place.node.milter, call, when):
            assert entry.reply.code == 250, entry.reply
            continue
        killed_at += 1
        assert entry.reply.code in (250, 451, 421, 0), entry.reply
        place.node.milter.kill()
        place.node.start_milter()
        assert again(place, entry).reply.code == 250, f"{call} {when}"
        known = token(place, address)
        assert (known["uses"], known["uses_left"]) == (1, 0), f"{call} {when}: {known}"
        assert shop(place, address).reply.text == OVER
    place.killed = getattr(place, "killed", 0) + killed_at


def test_it_was_killed_at_all(place):
    assert place.killed >= 5


def test_nothing_is_lost(place):
    place.account(nodes=[place.node, place.second])
