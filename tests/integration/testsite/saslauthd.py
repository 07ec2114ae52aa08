# SPDX-License-Identifier: Apache-2.0
"""Who may log in at an MTA (RFC 4954): a saslauthd that knows the users of this site.

An MTA with Cyrus SASL, `pwcheck_method: saslauthd` and `saslauthd_path: FOLDER` asks it.
"""
import os
import socketserver
import struct
import threading

PASSWORD = "open sesame"


class _Question(socketserver.StreamRequestHandler):
    def handle(self):
        # User, password, service, realm: each with its length before it.
        words = []
        for _ in range(4):
            size = struct.unpack(">H", self.rfile.read(2))[0]
            words.append(self.rfile.read(size).decode())
        answer = b"OK" if words[1] == PASSWORD else b"NO"
        self.wfile.write(struct.pack(">H", len(answer)) + answer)


class Saslauthd(socketserver.ThreadingUnixStreamServer):
    """Lets everybody in who knows the PASSWORD, until stop()."""

    daemon_threads = True

    def __init__(self, folder):
        folder.mkdir(exist_ok=True)
        path = folder / "mux"
        path.unlink(missing_ok=True)
        super().__init__(str(path), _Question)
        os.chmod(path, 0o777)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()
