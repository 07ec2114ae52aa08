# SPDX-License-Identifier: Apache-2.0
"""A private redis-server on a Unix socket, and as much of a client as tests need."""
import socket

from .process import Daemon


class RedisError(Exception):
    """An error reply."""


class Client:
    """Speaks RESP2. `where` is a socket path or a (host, port)."""

    def __init__(self, where, user=None, password=None, db=0, timeout=10):
        if isinstance(where, tuple):
            self.socket = socket.create_connection(where, timeout=timeout)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(str(where))
        self.file = self.socket.makefile("rb")
        if user:
            self("AUTH", user, password)
        if db:
            self("SELECT", db)

    def __call__(self, *words):
        self.socket.sendall(encode(words))
        return self._reply()

    def text(self, *words):
        """The reply with every byte string decoded."""
        return _decoded(self(*words))

    def pairs(self, *words):
        """A flat reply (HGETALL) as a dictionary of texts."""
        flat = self.text(*words)
        return dict(zip(flat[::2], flat[1::2]))

    def close(self):
        self.file.close()
        self.socket.close()

    def _reply(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            size = int(rest)
            return None if size < 0 else self.file.read(size + 2)[:-2]
        if kind == b"*":
            return None if int(rest) < 0 else [self._reply() for _ in range(int(rest))]
        raise ConnectionError(f"not RESP: {line!r}")


def encode(words):
    out = [b"*%d\r\n" % len(words)]
    for word in words:
        raw = word if isinstance(word, bytes) else str(word).encode()
        out.append(b"$%d\r\n%s\r\n" % (len(raw), raw))
    return b"".join(out)


def _decoded(reply):
    if isinstance(reply, bytes):
        return reply.decode("utf-8", "replace")
    if isinstance(reply, list):
        return [_decoded(r) for r in reply]
    return reply


class Redis:
    """One server in `folder`, which keeps what it is told, as ours must."""

    def __init__(self, folder, options=()):
        folder.mkdir(parents=True, exist_ok=True)
        self.socket = folder / "redis.sock"
        self.daemon = Daemon("redis-server", [
            "redis-server", "--port", 0, "--unixsocket", self.socket, "--unixsocketperm", 777,
            "--dir", folder, "--save", "", "--appendonly", "yes", *options], folder / "redis.log")
        self.acl = []

    def start(self):
        self.socket.unlink(missing_ok=True)
        self.daemon.start(ready=self._answers)
        for line in self.acl:
            self.client()("ACL", "SETUSER", *line)
        return self

    def client(self, **how):
        return Client(self.socket, **how)

    def load_users(self, text):
        """Loads the `user ...` lines of an ACL file; they come back when the server restarts."""
        lines = [line.split() for line in text.splitlines() if line.strip().startswith("user ")]
        self.acl = [words[1:] for words in lines]
        client = self.client()
        for words in self.acl:
            client("ACL", "SETUSER", *words)
        client.close()
        return [words[0] for words in self.acl]

    def _answers(self):
        try:
            client = self.client()
            client("PING")
            client.close()
            return True
        except (OSError, RedisError):
            return False

    def stop(self):
        self.daemon.stop()
