# SPDX-License-Identifier: Apache-2.0
"""The outside world: an SMTP server that takes what we send, or answers as the test says."""
import socketserver
import threading
from dataclasses import dataclass, field

from .waiting import free_port, until


@dataclass
class Taken:
    """A message that the server took: content with CRLF, unstuffed."""
    reverse_path: str
    recipients: list
    content: bytes


@dataclass
class Script:
    """Replies by command ("MAIL", "RCPT", "DATA", ".", "EHLO"): a reply line, or a function of the
    argument that returns one; b"" closes the connection instead."""
    replies: dict = field(default_factory=dict)
    extensions: tuple = ("8BITMIME", "SIZE 60000000", "DSN", "PIPELINING", "SMTPUTF8")


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 outside.example ESMTP")
        sender, recipients = None, []
        while True:
            line = self.rfile.readline()
            if not line:
                return
            self.server.seen.append(line.rstrip(b"\r\n").decode("utf-8", "replace"))
            verb = line[:4].strip().upper().decode("ascii", "replace")
            argument = line[4:].strip().decode("utf-8", "replace")
            if verb == "QUIT":
                self.say("221 bye")
                return
            if verb in ("EHLO", "HELO"):
                lines = ["outside.example", *self.server.script.extensions]
                for text in lines[:-1]:
                    self.say("250-" + text)
                if not self.reply("EHLO", argument, "250 " + lines[-1]):
                    return
            elif verb == "MAIL":
                sender, recipients = argument[5:], []
                if not self.reply("MAIL", argument, "250 ok"):
                    return
            elif verb == "RCPT":
                reply = self.reply("RCPT", argument, "250 ok")
                if not reply:
                    return
                if reply.startswith("2"):
                    recipients.append(argument[3:])
            elif verb == "DATA":
                if not recipients:
                    self.say("554 no recipients")
                    continue
                reply = self.reply("DATA", "", "354 go ahead")
                if not reply:
                    return
                if not reply.startswith("3"):
                    continue
                content = self.content()
                if content is None:
                    return
                reply = self.reply(".", content, "250 taken", taken=Taken(sender, recipients, content))
                if not reply:
                    return
            elif verb == "RSET":
                sender, recipients = None, []
                self.say("250 ok")
            else:
                self.say("250 ok")

    def content(self):
        lines = []
        while True:
            line = self.rfile.readline()
            if not line:
                return None
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)

    def reply(self, command, argument, default, taken=None):
        answer = self.server.script.replies.get(command, default)
        if callable(answer):
            answer = answer(argument) or default
        if taken and (answer.startswith("2") or answer == "take and close"):
            self.server.take(taken)
        if answer in ("", "take and close"):
            return None
        self.say(answer)
        return answer

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")


class Outside(socketserver.ThreadingTCPServer):
    """Listens on `port` of 127.0.0.1 until stop(). `messages` has all that was taken, `seen` all
    command lines."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, script=None, port=None):
        self.port = port or free_port()
        self.script = script or Script()
        self.messages = []
        self.seen = []
        super().__init__(("127.0.0.1", self.port), _Session)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def take(self, taken):
        self.messages.append(taken)

    def to(self, address):
        """The messages for an address."""
        return [m for m in self.messages if f"<{address}>" in " ".join(m.recipients)]

    def wait_for(self, address, count=1, timeout=30.0):
        until(lambda: len(self.to(address)) >= count, f"{count} messages to {address}", timeout)
        return self.to(address)

    def stop(self):
        self.shutdown()
        self.server_close()
