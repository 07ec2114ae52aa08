# SPDX-License-Identifier: Apache-2.0
"""A correspondent's browser without a screen: opens the page, solves the proof, answers."""
import base64
import hashlib
import http.client
import json
import random
import urllib.parse
from dataclasses import dataclass


@dataclass
class Response:
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.body)


def request(url, method="GET", body=None, headers=None, timeout=30):
    """One request on a connection of its own; follows nothing.

    Comes from a network of its own, as another correspondent's does: the page believes the proxy
    that we play."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body,
                       {"X-Forwarded-For": f"10.{random.randrange(256)}.{random.randrange(256)}.7",
                        **(headers or {})})
    answer = connection.getresponse()
    response = Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    connection.close()
    return response


def post(url, fields, headers=None):
    return request(url, "POST", urllib.parse.urlencode(fields),
                   {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})})


def solve(challenge):
    """Solves an ALTCHA v2 challenge; returns the form field `altcha`."""
    p = challenge["parameters"]
    nonce, salt = bytes.fromhex(p["nonce"]), bytes.fromhex(p["salt"])
    counter = 0
    while True:
        key = hashlib.pbkdf2_hmac("sha256", nonce + counter.to_bytes(4, "big"), salt, p["cost"],
                                  p["keyLength"])
        if key.hex().startswith(p["keyPrefix"]):
            break
        counter += 1
    solution = {"counter": counter, "derivedKey": key.hex(), "time": 1}
    return base64.b64encode(json.dumps(
        {"challenge": challenge, "solution": solution}).encode()).decode()


def proof_of_work(url):
    """Fetches a challenge of the page and solves it."""
    response = request(url + "/pow")
    assert response.status == 200, (response.status, response.text)
    return solve(response.json())


def answer(url, address, **fields):
    """Answers by proof of work as the page's script does; returns the response to the POST."""
    return post(url, {"address": address, "altcha": proof_of_work(url), **fields})
