# SPDX-License-Identifier: Apache-2.0
"""Web servers before the page: nginx by our own snippet, and one that is not ours at all."""
import http.server
import os
import re
import socket
import subprocess
import threading
from pathlib import Path

from .process import Daemon
from .waiting import free_port

SNIPPET = Path(__file__).parents[3] / "contrib" / "web" / "nginx.conf"


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        return True
    except OSError:
        return False


class Nginx:
    """contrib/web/nginx.conf, with ports, names and certificate of a test: plain HTTP on `plain`,
    where the snippet would only redirect, and TLS on `secure`."""

    def __init__(self, folder, page_port):
        self.plain, self.secure = free_port(), free_port()
        folder.mkdir()
        os.chmod(folder, 0o755)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-keyout", folder / "key.pem",
                        "-out", folder / "chain.pem"], check=True, capture_output=True)
        text = SNIPPET.read_text()
        text = re.sub(r"^    listen \[::\].*\n", "", text, flags=re.M)
        both = text.index("listen 443 ssl http2;")
        redirect = text.rindex("server {", 0, both)
        text = text[:text.index("server {", text.index("upstream") + 60)] + text[redirect:]
        for old, new in (("127.0.0.1:8480", f"127.0.0.1:{page_port}"),
                         ("listen 443 ssl http2;",
                          f"listen 127.0.0.1:{self.secure} ssl http2; listen 127.0.0.1:{self.plain};"),
                         ("gate.example.org;", "localhost 127.0.0.1;"),
                         ("/etc/letsencrypt/live/gate.example.org/fullchain.pem",
                          f"{folder}/chain.pem"),
                         ("/etc/letsencrypt/live/gate.example.org/privkey.pem",
                          f"{folder}/key.pem")):
            assert old in text, f"contrib/web/nginx.conf has no {old}"
            text = text.replace(old, new)
        temporary = "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"pid {folder}/pid;\nerror_log {folder}/error.log;\ndaemon off;\n"
            "events { worker_connections 1000; }\n"
            f"http {{\n{temporary}{text}\n}}\n")
        self.daemon = Daemon("nginx", ["nginx", "-p", folder, "-c", folder / "nginx.conf"],
                             folder / "nginx.log")

    def start(self):
        self.daemon.start(ready=lambda: answers(self.plain))
        return self

    def stop(self):
        self.daemon.stop()


class OtherServer(http.server.ThreadingHTTPServer):
    """Says 200 to everything, as a web server's default page does."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = b"<h1>It works!</h1>{\"status\":\"ok\"}"
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.port = free_port()
        super().__init__(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()
