# SPDX-License-Identifier: Apache-2.0
"""The page behind each web server of contrib/web, and what it makes of being reached, or not, at its address."""
import http.client
import ssl
import urllib.parse
import urllib.request

import pytest

from testsite.page import post, proof_of_work, request
from testsite.place import Place
from testsite.waiting import free_port, until
from testsite.web import Apache, Caddy, Nginx, OtherServer
from test_page_down import age

LATER = "451 4.3.0 Temporary problem, please try again later"


def log_of(place):
    return (place.node.folder / "challenge.log").read_text()


@pytest.fixture(scope="module", params=[Nginx, Apache, Caddy])
def place(request):
    with Place(start=False) as made:
        made.web = made._ends(request.param(made.folder / "web", made.node.page_port).start())
        made.node.write(challenge__base_url=f"http://127.0.0.1:{made.web.plain}",
                        challenge__proxies=["127.0.0.1"])
        made.node.start_milter()
        made.node.start_page()
        until(lambda: "page: serving" in log_of(made), "served")
        yield made


def named(place, author):
    """A first mail whose reply names the URL: as soon as the page has seen itself."""
    return until(lambda: (lambda e: e if e.reply.url else None)(
        place.send("joe@example.org", author=author)), "a URL named")


def test_through_it_mail_is_answered(place):
    entry = named(place, "a@proxied.example")
    assert f":{place.web.plain}/c/" in entry.reply.url
    assert "waiting" in request(entry.reply.url).text
    assert place.answer(entry, "a@proxied.example").status == 303
    place.delivered(entry)
    secure = entry.reply.url.replace(f"http://127.0.0.1:{place.web.plain}/",
                                     f"https://localhost:{place.web.secure}/")
    context = ssl.create_default_context(cafile=place.web.folder / "chain.pem")
    with urllib.request.urlopen(secure, context=context) as got:
        assert got.status == 200 and got.headers["X-Frame-Options"] == "DENY"


def test_many_requests_go_over_few_connections(place):
    entry = named(place, "b@proxied.example")
    parts = urllib.parse.urlsplit(entry.reply.url)
    client = http.client.HTTPConnection(parts.hostname, place.node.page_port, timeout=20)
    for _ in range(20):
        client.request("GET", parts.path)
        own = client.sock
        got = client.getresponse()
        assert got.status == 200 and got.read() and client.sock is own is not None
    client.close()


@pytest.mark.parametrize("name, fields", [
    ("nothing", {}),
    ("another's address", {"X-Forwarded-For": "203.0.113.9"}),
    ("a proxy's address", {"X-Forwarded-For": "127.0.0.1"}),
    ("a list", {"X-Forwarded-For": "203.0.113.9, 127.0.0.1, 203.0.113.10"}),
    ("two fields", {"X-Forwarded-For": "203.0.113.9,", "X-Real-IP": "203.0.113.9"}),
    ("the other field", {"Forwarded": "for=203.0.113.9"}),
    ("nonsense", {"X-Forwarded-For": "\"<script>\", ;"}),
])
def test_what_a_client_says_of_himself_is_not_believed(place, name, fields):
    author = f"c{abs(hash(name)) % 10**8}@proxied.example"
    entry = named(place, author)
    parts = urllib.parse.urlsplit(entry.reply.url)
    before = log_of(place).count("outcome=wrong-address network=127.0.0.0/24")
    client = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20,
                                        source_address=("127.0.0.5", 0))
    client.request("POST", parts.path, "address=x%40wrong.example",
                   {"Content-Type": "application/x-www-form-urlencoded", **fields})
    assert client.getresponse().status == 422
    client.close()
    until(lambda: log_of(place).count("outcome=wrong-address network=127.0.0.0/24") == before + 1,
          "counted against who sent it")


def test_a_strange_host_changes_no_link(place):
    author = "d@hosts.example"
    entry = named(place, author)
    parts = urllib.parse.urlsplit(entry.reply.url)
    for host in ("evil.example", "127.0.0.1@evil.example", "[::1", "a b", ""):
        client = http.client.HTTPConnection("127.0.0.1", place.node.page_port, timeout=20)
        client.putrequest("GET", parts.path, skip_host=True)
        client.putheader("Host", host)
        client.putheader("X-Forwarded-Host", "evil.example")
        client.putheader("X-Forwarded-Proto", "ftp")
        client.endheaders()
        got = client.getresponse()
        assert got.status in (200, 400) and b"evil" not in got.read()
        assert "evil" not in str(got.getheaders())
        client.close()
    # A redirect names no host at all.
    done = post(entry.reply.url, {"address": author, "altcha": proof_of_work(entry.reply.url)})
    assert done.status == 303 and done.headers["location"] == parts.path
    place.delivered(entry)


def test_no_url_is_named_while_the_web_server_is_down(place):
    named(place, "e@down.example")
    place.web.stop()
    until(lambda: "no heartbeat, so no URL is named" in log_of(place), "noticed", timeout=60)
    # The page itself runs, and its milter goes by what it was told last.
    assert request(f"http://127.0.0.1:{place.node.page_port}/healthz").status == 200
    age(place, 61)
    assert place.send("joe@example.org", author="f@down.example").reply.text == LATER
    place.web.start()
    until(lambda: "heartbeat is back" in log_of(place), "back", timeout=60)
    named(place, "g@down.example")


def test_no_url_is_named_where_another_server_answers():
    with Place(start=False) as place:
        other = place._ends(OtherServer())
        place.node.write(challenge__base_url=f"http://127.0.0.1:{other.port}")
        place.node.start_milter()
        place.node.start_page()
        until(lambda: "another server answers" in log_of(place), "noticed")
        assert place.send("joe@example.org", author="h@other.example").reply.text == LATER
        # Who cannot reach his own address may say so.
        place.node.write(challenge__self_check="listen",
                         challenge__base_url=f"http://127.0.0.1:{free_port()}")
        place.node.page.stop()
        place.node.start_page()
        named(place, "i@other.example")


def test_no_url_is_named_with_a_certificate_that_nobody_trusts():
    with Place(start=False) as place:
        nginx = place._ends(Nginx(place.folder / "nginx", place.node.page_port).start())
        place.node.write(challenge__base_url=f"https://localhost:{nginx.secure}")
        place.node.start_milter()
        place.node.start_page()
        until(lambda: "no heartbeat, so no URL is named" in log_of(place), "noticed")
        assert "ertificate" in log_of(place)
        assert place.send("joe@example.org", author="j@cert.example").reply.text == LATER
