# SPDX-License-Identifier: Apache-2.0
"""An earlier milter that says what the test wants it to have verified.

A message's field `X-Verified: dkim=pass header.d=example.com` becomes
`Authentication-Results: mx.example.org; dkim=pass header.d=example.com`, and the field goes. As the
real ones do, it removes fields of its own authserv-id that came in.
"""
import os
import re
import socketserver
import struct
import threading

ADD_HEADERS, CHANGE_HEADERS = 0x01, 0x10
NO_CONNECT, NO_HELO, NO_MAIL, NO_RCPT, NO_BODY, NO_EOH = 0x01, 0x02, 0x04, 0x08, 0x10, 0x40
NO_REPLY_HEADER, NO_UNKNOWN, NO_DATA = 0x80, 0x100, 0x200


def names(value, authserv_id):
    """Whether a field may be taken for one of this authserv-id, however that is written."""
    return authserv_id.lower() in re.sub(rb'[\s"\\\\]', b"", value).lower()


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            size = self.rfile.read(4)
            if len(size) < 4:
                return
            packet = self.rfile.read(struct.unpack(">I", size)[0])
            command, data = packet[:1], packet[1:]
            if command == b"O":
                self._negotiate(data)
            elif command == b"L":
                name, value = data.split(b"\0")[:2]
                self.fields.append((name, value))
            elif command == b"E":
                self._end_of_message()
                self._reset()
            elif command in (b"A", b"K"):
                self._reset()
            elif command == b"Q":
                return
            elif command != b"D":
                self._send(b"c")

    def setup(self):
        super().setup()
        self._reset()

    def _reset(self):
        self.fields = []

    def _send(self, packet):
        self.wfile.write(struct.pack(">I", len(packet)) + packet)

    def _negotiate(self, data):
        offered = struct.unpack(">III", data[:12])[2]
        wanted = (NO_CONNECT | NO_HELO | NO_MAIL | NO_RCPT | NO_BODY | NO_EOH | NO_REPLY_HEADER |
                  NO_UNKNOWN | NO_DATA)
        self._send(b"O" + struct.pack(">III", 6, ADD_HEADERS | CHANGE_HEADERS, wanted & offered))

    def _end_of_message(self):
        forged = [n for n, (name, value) in enumerate(self._of(b"authentication-results"), 1)
                  if names(value, self.server.authserv_id)]
        for index in reversed(forged):
            self._send(b"m" + struct.pack(">I", index) + b"Authentication-Results\0\0")
        asked = self._of(self.server.asked.lower())
        for index in range(len(asked), 0, -1):
            self._send(b"m" + struct.pack(">I", index) + self.server.asked + b"\0\0")
        for _, value in asked:
            self._send(b"i" + struct.pack(">I", 0) + b"Authentication-Results\0" +
                       self.server.authserv_id + b"; " + value.strip() + b"\0")
        self._send(b"c")

    def _of(self, name):
        return [field for field in self.fields if field[0].lower() == name]


class Verifier(socketserver.ThreadingUnixStreamServer):
    """Serves on a Unix socket that Postfix can connect to, until stop()."""

    daemon_threads = True
    request_queue_size = 128  # a full one makes Postfix answer 451

    def __init__(self, path, authserv_id="mx.example.org", asked="X-Verified"):
        super().__init__(str(path), _Session)
        os.chmod(path, 0o777)
        self.authserv_id = authserv_id.encode()
        self.asked = asked.encode()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()
