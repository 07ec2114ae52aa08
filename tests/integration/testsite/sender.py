# SPDX-License-Identifier: Apache-2.0
"""Senders: a raw SMTP client, and the ledger of what each was told.

The ledger is the oracle of every story: what we answered with 250, or with a 554 that said "kept for
you", is in the Maildir or in the spool; a copy too many is allowed only with the same held id.
"""
import base64
import re
import socket
import threading
import uuid
from dataclasses import dataclass, field

from .saslauthd import PASSWORD


@dataclass
class Reply:
    """A reply of all its lines; code 0: the connection was lost."""
    code: int
    text: str

    @property
    def url(self):
        found = re.search(r"(https?://\S+/c/[0-9A-Za-z]+)", self.text)
        return found.group(1) if found else None

    @property
    def kept(self):
        """Whether the reply makes the message ours."""
        return self.code // 100 == 2 or (self.code == 554 and "kept for you" in self.text)


LOST = Reply(0, "connection lost")


class Smtp:
    """One connection. Sends bytes as they are: no dot-stuffing, no line ends mended."""

    def __init__(self, port, host="127.0.0.1", source=None, timeout=60, helo="client.example"):
        self.socket = socket.create_connection(
            (host, port), timeout=timeout, source_address=(source, 0) if source else None)
        self.file = self.socket.makefile("rb")
        self.greeting = self.reply()
        self.helo = self("EHLO " + helo)

    def __call__(self, line):
        self.write(line.encode("utf-8") + b"\r\n")
        return self.reply()

    def write(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass

    def reply(self):
        lines = []
        while True:
            try:
                line = self.file.readline()
            except OSError:
                return LOST
            if not line:
                return LOST
            lines.append(line.rstrip(b"\r\n").decode("utf-8", "replace"))
            if line[3:4] != b"-":
                return Reply(int(line[:3]), "\n".join(lines))

    def send(self, reverse_path, recipients, content, parameters="", recipient_parameters=""):
        """One transaction; returns the reply that decided it."""
        reply = self(f"MAIL FROM:<{reverse_path}>{parameters}")
        if reply.code != 250:
            return reply
        # Pipelined, as real senders do with many recipients (RFC 2920).
        self.write(b"".join(f"RCPT TO:<{r}>{recipient_parameters}\r\n".encode() for r in recipients))
        replies = [self.reply() for _ in recipients]
        if not any(r.code == 250 for r in replies):
            return replies[-1]
        reply = self("DATA")
        if reply.code != 354:
            return reply
        self.write(stuffed(content) + b".\r\n")
        return self.reply()

    def login(self, user):
        """Authenticates as a user of the site: by AUTH (RFC 4616), or where Postfix lets us, by
        saying so."""
        if "XCLIENT" in self.helo.text:
            assert self("XCLIENT LOGIN=" + user).code == 220
            self("EHLO client.example")
            return
        words = base64.b64encode(f"\0{user}\0{PASSWORD}".encode()).decode()
        assert self("AUTH PLAIN " + words).code == 235

    def close(self):
        self.write(b"QUIT\r\n")
        self.file.close()
        self.socket.close()


def stuffed(content):
    """Dot-stuffed (RFC 5321 section 4.5.2), with a line end if the last line has none."""
    content = re.sub(rb"^\.", b"..", content, flags=re.M)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


@dataclass
class Entry:
    """A message sent, and what was answered. `tag` stands in its Subject and its body."""
    tag: str
    reverse_path: str
    recipients: list
    content: bytes
    reply: Reply


@dataclass
class Ledger:
    """All that was sent at one MX. Thread-safe."""
    port: int
    entries: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, recipients, author="alice@example.com", reverse_path=None, verified=None,
             fields=(), body=None, content=None, xclient=None, login=None, tag=None, retry_of=None,
             **transaction):
        """Sends one message and records the reply; returns the entry.

        `verified` is what the earlier milter shall have found; `content` replaces the message that
        would be made; `retry_of` sends the same bytes as an earlier entry; `login` is a user of
        the site who authenticates first."""
        recipients = [recipients] if isinstance(recipients, str) else list(recipients)
        tag = tag or (retry_of.tag if retry_of else uuid.uuid4().hex)
        if content is None:
            content = retry_of.content if retry_of else message(
                author, recipients, tag, verified, fields, body)
        reverse_path = author if reverse_path is None else reverse_path
        reply = LOST
        try:
            smtp = Smtp(self.port)
            if xclient:
                smtp("XCLIENT " + xclient)
                smtp("EHLO client.example")
            if login:
                smtp.login(login)
            reply = smtp.send(reverse_path, recipients, content, **transaction)
            smtp.close()
        except OSError:
            pass
        entry = Entry(tag, reverse_path, recipients, content, reply)
        with self.lock:
            self.entries.append(entry)
        return entry


def message(author, recipients, tag, verified=None, fields=(), body=None):
    """A plain message as a mail program writes it, CRLF lines."""
    lines = []
    if verified:
        lines.append(f"X-Verified: {verified}")
    lines += [
        f"From: {author}",
        f"To: {', '.join(recipients[:20])}",
        f"Subject: Offer {tag}",
        "Date: Mon, 03 May 2027 14:02:00 +0000",
        f"Message-ID: <{tag}@client.example>",
        *fields, "",
        body if body is not None else f"Forty chairs, as agreed.\r\n{tag}"]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8", "surrogateescape")


def dkim_pass(domain):
    return f"dkim=pass header.d={domain} header.s=s1"


def spf_pass(address):
    return f"spf=pass smtp.mailfrom={address}"
