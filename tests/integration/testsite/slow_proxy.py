# SPDX-License-Identifier: Apache-2.0
"""A proxy before Redis that can drip, stall, cut, or put its own words in."""
import socket
import threading

from .waiting import free_port


class SlowProxy:
    """Passes bytes between 127.0.0.1:port and a Unix socket. `mode` may change at any time:

    "pass"; "drip": one byte of each reply every 0.2 s; "stall": replies are kept back;
    "cut": connections end at the next reply; or bytes: what the client gets in place of replies.

    `trap` is a word: the connection whose request has it ends, once, before the server sees the
    request, or, with `trap_after`, once the server has answered it."""

    def __init__(self, target):
        self.target = str(target)
        self.mode = "pass"
        self.trap = None
        self.trap_after = False
        self.port = free_port()
        self.trapped = set()
        self.stopping = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.stopping.is_set():
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.target)
            except OSError:
                client.close()
                continue
            threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
            threading.Thread(target=self._replies, args=(client, server), daemon=True).start()

    def _requests(self, client, server):
        try:
            while data := client.recv(65536):
                if self.trap and self.trap in data:
                    self.trap = None
                    if not self.trap_after:
                        break
                    self.trapped.add(server)
                server.sendall(data)
        except OSError:
            pass
        _close(client, server)

    def _replies(self, client, server):
        try:
            while data := server.recv(65536):
                mode = "cut" if server in self.trapped else self.mode
                if mode == "pass":
                    client.sendall(data)
                elif mode == "cut":
                    break
                elif isinstance(mode, bytes):
                    client.sendall(mode)
                elif mode == "stall":
                    while self.mode == "stall" and not self.stopping.wait(0.1):
                        pass
                    client.sendall(data)  # late: must never answer the next question
                else:
                    for i in range(len(data)):
                        if self.mode != "drip" or self.stopping.wait(0.2):
                            client.sendall(data[i:])
                            break
                        client.sendall(data[i:i + 1])
        except OSError:
            pass
        _close(client, server)

    def stop(self):
        self.stopping.set()
        self.listener.close()


def _close(*sockets):
    for s in sockets:
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        s.close()
