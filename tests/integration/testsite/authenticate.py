# SPDX-License-Identifier: Apache-2.0
"""countersign-authenticate by itself: what the milter says to it, said by a story."""
import array
import os
import socket
import struct
import subprocess

from .countersign import build_folder


class Authenticate:
    """The process, started as the milter starts it, with a control socket as descriptor 3."""

    def __init__(self, resolver, log):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control = ours
        self.log = open(log, "ab")
        os.set_inheritable(theirs.fileno(), True)
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", f"exec 3<&{theirs.fileno()}; exec \"$@\"", "bash",
             build_folder() / "countersign-authenticate", "--level", "debug",
             "--resolver", resolver],
            stdin=subprocess.DEVNULL, stderr=self.log, env={}, pass_fds=[theirs.fileno()])
        theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.control.close()
        self.process.wait(timeout=20)
        self.log.close()

    def connect(self):
        """A socket for one message."""
        ours, theirs = socket.socketpair()
        self.control.sendmsg([b"M"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                       array.array("i", [theirs.fileno()]))])
        theirs.close()
        ours.settimeout(60)
        return ours

    def examine(self, client="", helo="", reverse_path="", author="", content=b"\r\n", patience=20.0):
        """Says a whole message; returns the results as {method: [text, ...]}."""
        header, _, body = content.partition(b"\r\n\r\n")
        with self.connect() as peer:
            origin = struct.pack(">I", int(patience * 1000)) + b"".join(
                struct.pack(">I", len(t)) + t
                for t in (x.encode("utf-8", "surrogateescape")
                          for x in (client, helo, reverse_path, author)))
            peer.sendall(frame(b"O", origin) + frame(b"H", header + b"\r\n"))
            for at in range(0, len(body), 65536):
                peer.sendall(frame(b"B", body[at:at + 65536]))
            peer.sendall(frame(b"E", b""))
            answer = peer.makefile("rb").read()
        assert answer[:1] == b"R", answer
        assert len(answer) == 5 + struct.unpack(">I", answer[1:5])[0], answer
        results = {}
        for text in answer[5:].decode().split(";\n\t")[1:]:
            results.setdefault(text.split("=")[0], []).append(text)
        return results


def frame(kind, payload):
    return kind + struct.pack(">I", len(payload)) + payload
