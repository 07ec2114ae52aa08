# SPDX-License-Identifier: Apache-2.0
"""The web host's configuration and secrets in a thief's hands (law 8): he can answer the challenges
shown to it, and nothing else."""
import hashlib
import hmac
import re
import uuid

import pytest

from testsite.redis import Client, RedisError
from testsite.sender import dkim_pass
from testsite.waiting import until


@pytest.fixture(scope="module")
def thief(place):
    """What stands on the web host: countersign.toml and challenge.secrets."""
    secrets = {}
    for line in open(place.node.keys["secrets.challenge"], encoding="utf-8"):
        words = line.split()
        if words and not line.startswith("#"):
            secrets.setdefault(words[0], []).append(words[1:])
    return secrets


@pytest.fixture()
def store(place, thief):
    user, password = thief["store"][0]
    client = Client(place.redis.socket, user=user, password=password)
    yield client
    client.close()


def test_the_secrets_of_the_web_host_make_no_tokens(thief):
    assert not {"answer", "sent", "token", "operator"} & set(thief)


def test_he_writes_no_contact_policy_or_token(place, store):
    key = "{joe@example.org}"
    denied = [
        ("HSET", f"cs:{key}:contacts", "a:thief@evil.example", "x"),
        ("HSET", "cs:{example.org}:contacts", "d:evil.example", "x"),
        ("HSET", "cs:site:contacts", "d:evil.example", "x"),
        ("HSET", f"cs:{key}:policy", "mode", "observe"),
        ("HSET", "cs:site:policy", "mode", "observe"),
        ("HSET", f"cs:{key}:tokens", "x", "x"),
        ("ZADD", f"cs:{key}:sent", "99999999999", "x"),
        ("SET", f"cs:answer:{'0' * 64}", "x"), ("SET", f"cs:retry:{'0' * 64}", "x"),
        ("HSET", f"cs:held:{'a' * 26}", "x", "x"), ("DEL", f"cs:held:{'a' * 26}"),
        ("XADD", "cs:outbox", "*", "x", "x"), ("SET", "cs:outbox:challenge:x", "1"),
        ("HSET", f"cs:{key}:asked", "x", "1&state=answered"), ("HGETALL", f"cs:{key}:asked"),
        ("HSET", "cs:site", "id", "other"), ("DEL", "cs:site"),
        ("SET", "anything", "x"), ("GET", "anything"),
        ("HGETALL", f"cs:{key}:contacts"), ("HGETALL", f"cs:{key}:policy"),
        ("SMEMBERS", f"cs:{key}:held"), ("ZRANGE", f"cs:{key}:held", "0", "-1"),
        ("KEYS", "*"), ("SCAN", "0"), ("RANDOMKEY",), ("DBSIZE",),
        ("FLUSHALL",), ("FLUSHDB",), ("CONFIG", "GET", "*"), ("CONFIG", "SET", "save", ""),
        ("ACL", "LIST"), ("ACL", "SETUSER", "countersign-web", "~*"), ("EVAL", "return 1", "0"),
        ("SCRIPT", "FLUSH"), ("DEBUG", "SLEEP", "1"), ("SHUTDOWN",), ("MONITOR",),
        ("CLIENT", "LIST"), ("REPLICAOF", "127.0.0.1", "1"), ("SAVE",),
        ("MIGRATE", "127.0.0.1", "1", "cs:web:x", "0", "1"),
        ("RENAME", "cs:web:heartbeat", "cs:site"), ("COPY", "cs:web:heartbeat", "cs:site"),
        ("SORT", "cs:web:x", "STORE", "cs:site:contacts"),
        ("XREAD", "STREAMS", "cs:requests:x", "0"), ("XRANGE", "cs:requests:x", "-", "+"),
        ("XDEL", "cs:requests:x", "0-1"), ("SET", "cs:requests:x", "x"),
        ("SET", f"cs:requests:{node_id(place)}", "x"), ("HSET", "cs:requests:x", "x", "x"),
        ("INCR", "cs:requests:x"), ("GET", "cs:requests:x"),
        ("XADD", "cs:web:x", "*", "x", "x"), ("XADD", f"cs:held:{'a' * 26}", "*", "x", "x"),
        ("PUBLISH", "x", "x"), ("SUBSCRIBE", "x"),
    ]
    allowed = []
    for command in denied:
        try:
            reply = store(*command)
            allowed.append((command, reply))
        except RedisError as e:
            # DEBUG is closed to everybody unless the server's configuration opens it.
            if not re.match(r"NOPERM|ERR DEBUG command not allowed", str(e)):
                allowed.append((command, str(e)))
    assert allowed == []


def framed(*fields):
    return "".join(f"{len(f.encode())}:{f}" for f in fields)


def request_entry(thief, node, kind, held_id, token="", address="", proof="address+pow"):
    """A request with a MAC that is right: he has the web host's key."""
    nonce = uuid.uuid4().hex
    key = bytes.fromhex(thief["web"][0][1])
    mac = hmac.new(key, framed(node, kind, held_id, token, address, proof, nonce).encode(),
                   hashlib.sha256).hexdigest()
    return ["kind", kind, "id", held_id, "token", token, "address", address, "proof", proof,
            "nonce", nonce, "mac", mac]


def node_id(place):
    return (place.node.spool / "node").read_text().strip()


def test_he_lets_nothing_in_without_its_token(place, thief, store):
    hidden = place.send("joe@example.org", author="thief@evil.example",
                        fields=["Auto-Submitted: auto-generated"])
    challenged = place.send("joe@example.org", author="thief@evil.example")
    node = node_id(place)
    for entry in (hidden, challenged):
        [held_id] = place.held(entry)
        for kind in ("answer", "release", "drop", "withdraw", "allow"):
            for token in ("", "0" * 26, "7Q2MXF4PK9TD3HWA7Q2MXF4PK9"):
                store("XADD", f"cs:requests:{node}", "*", *request_entry(
                    thief, node, kind, held_id, token, "thief@evil.example"))
    # A genuine answer behind them is done: all of them were judged before.
    genuine = place.send("joe@example.org", author="honest@person.example")
    assert place.answer(genuine, "honest@person.example").status == 303
    place.delivered(genuine)
    for entry in (hidden, challenged):
        assert len(place.held(entry)) == 1
        assert place.mailbox.find(entry.tag) == []


def test_with_the_token_of_one_message_he_frees_only_that_one(place, thief, store):
    """Shown a challenge, he answers it (that he can), as who he is, unverified; it makes no contact
    and frees nothing else, with whatever address he claims."""
    shown = place.send("joe@example.org", author="thief@evil.example")
    victim = place.send("joe@example.org", author="alice@friend.example",
                        verified=dkim_pass("friend.example"))
    token = shown.reply.url.rsplit("/", 1)[1]
    [shown_id], [victim_id] = place.held(shown), place.held(victim)
    node = node_id(place)
    for address in ("alice@friend.example", "joe@example.org", ""):
        store("XADD", f"cs:requests:{node}", "*",
              *request_entry(thief, node, "answer", shown_id, token, address))
        store("XADD", f"cs:requests:{node}", "*",
              *request_entry(thief, node, "answer", victim_id, token, address))
    store("XADD", f"cs:requests:{node}", "*",
          *request_entry(thief, node, "answer", shown_id, token, "thief@evil.example"))
    [mail] = place.delivered(shown)
    assert "author=unverified" in mail.mark
    assert len(place.held(victim)) == 1 and not place.mailbox.find(victim.tag)
    again = place.send("joe@example.org", author="thief@evil.example")
    assert again.reply.code == 554 and again.reply.url


def test_he_answers_for_no_refused_mail_that_was_not_shown_to_him(place, thief, store):
    """What is refused or deferred is in no spool: its answer is judged by the token all the same."""
    for mode in ("refuse", "defer"):
        place.node.run("policy", "set", f"{mode}@example.org", f"mode={mode}")
        shown = until(lambda: (lambda e: e if e.reply.url and "kept" not in e.reply.text else None)(
            place.send(f"{mode}@example.org", author=f"thief@{mode}.evil.example")), "asked")
        token = shown.reply.url.rsplit("/", 1)[1]
        hidden = place.send(f"{mode}@example.org", author="alice@friend.example",
                            verified=dkim_pass("friend.example"))
        assert hidden.reply.url and "kept" not in hidden.reply.text
        # He may read the views, and so knows ids, authors, and what the tokens hash to.
        ids = [e["id"] for e in asked_views(place, f"{mode}@example.org")]
        assert len(ids) == 2
        for asked in ids:
            for forged in ("", "0" * 26, token):
                for address in ("alice@friend.example", ""):
                    store("XADD", "cs:requests:any", "*", *request_entry(
                        thief, "any", "answer", asked, forged, address))
            for kind in ("release", "free", "allow", "drop"):
                store("XADD", "cs:requests:any", "*", *request_entry(
                    thief, "any", kind, asked, token, f"thief@{mode}.evil.example"))
        drained(place, store)
        for author, how in (("alice@friend.example", {"verified": dkim_pass("friend.example")}),
                            (f"thief@{mode}.evil.example", {})):
            assert place.send(f"{mode}@example.org", author=author, **how).reply.code in (450, 554)
        assert place.node.run("contacts", "list", f"{mode}@example.org", json_lines=True) == []
        # What was shown to him he can answer: one message, unverified; and no second one.
        for _ in range(2):
            store("XADD", "cs:requests:any", "*", *request_entry(
                thief, "any", "answer", view_of(place, f"{mode}@example.org", "evil.example"), token,
                f"thief@{mode}.evil.example"))
        drained(place, store)
        passed = place.send(f"{mode}@example.org", author=f"thief@{mode}.evil.example")
        assert passed.reply.code == 250
        assert "author=unverified" in place.delivered(passed)[0].mark
        again = place.send(f"{mode}@example.org", author=f"thief@{mode}.evil.example")
        assert again.reply.url and again.reply.url != shown.reply.url
        # The token that he kept answers for nothing that comes later.
        store("XADD", "cs:requests:any", "*", *request_entry(
            thief, "any", "answer", view_of(place, f"{mode}@example.org", "evil.example"), token,
            f"thief@{mode}.evil.example"))
        drained(place, store)
        assert place.send(f"{mode}@example.org",
                          author=f"thief@{mode}.evil.example").reply.code in (450, 554)


def asked_views(place, owner):
    """The views of what was refused or deferred for a mailbox, as the web host may read them."""
    client = place.redis.client()
    try:
        found = []
        for key in client.text("KEYS", "cs:held:*"):
            view = client.pairs("HGETALL", key)
            if view.get("copy") and view["owners"] == owner:
                found.append({"id": key.rsplit(":", 1)[1], **view})
        return found
    finally:
        client.close()


def view_of(place, owner, part):
    [view] = [v for v in asked_views(place, owner) if part in v["author"]]
    return view["id"]


def drained(place, store):
    """Waits until the nodes have judged all that stands in the stream of all nodes."""
    until(lambda: place.redis.client()("XLEN", "cs:requests:any") == 0, "all are judged")


def test_garbage_in_the_stream_hinders_nobody(place, store):
    node = node_id(place)
    for fields in (["x", "y"], ["kind", "answer"], ["kind", "\0" * 100, "id", "../../etc/passwd"],
                   ["id", "a" * 100000], ["kind", "release", "id", "%s%n\r\n"]):
        for _ in range(20):
            store("XADD", f"cs:requests:{node}", "*", *fields)
            store("XADD", "cs:requests:any", "*", *fields)
    entry = place.send("joe@example.org", author="honest@patient.example")
    assert place.answer(entry, "honest@patient.example").status == 303
    place.delivered(entry)
    for stream in (node, "any"):
        until(lambda: place.redis.client()("XLEN", f"cs:requests:{stream}") == 0, "stream is empty")


def test_he_mails_nobody(place, store):
    for command in (("XADD", "cs:outbox", "*", "to", "x@victim.example"),
                    ("RPUSH", "cs:outbox", "x"), ("SET", "cs:outbox:x", "x")):
        with pytest.raises(RedisError):
            store(*command)
    assert place.outside.messages == []
