# SPDX-License-Identifier: Apache-2.0
"""Web servers before the page, by our own snippets, and one that is not ours at all."""
import http.server
import os
import re
import socket
import subprocess
import threading
from pathlib import Path

from .process import Daemon
from .waiting import free_port

SNIPPETS = Path(__file__).parents[3] / "contrib" / "web"


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        return True
    except OSError:
        return False


class WebServer:
    """A snippet of contrib/web with ports, names and certificate of a test: plain HTTP on `plain`, where
    the snippet would only redirect, and TLS on `secure`, trusted by chain.pem in `folder`."""

    def __init__(self, folder, page_port):
        self.folder = folder
        self.page_port = page_port
        self.plain, self.secure = free_port(), free_port()
        folder.mkdir()
        os.chmod(folder, 0o755)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", folder / "key.pem", "-out", folder / "chain.pem"],
                       check=True, capture_output=True)
        self.configuration = folder / "web.conf"
        self.configuration.write_text(self.written((SNIPPETS / self.snippet).read_text()))
        self.daemon = Daemon(self.snippet, [str(word) for word in self.command()], folder / "web.log",
                             env={"HOME": str(folder), "XDG_DATA_HOME": str(folder),
                                  "XDG_CONFIG_HOME": str(folder)})

    def replaced(self, text, *pairs):
        """`text` with each old text, which must be there, replaced."""
        for old, new in pairs:
            assert old in text, f"contrib/web/{self.snippet} has no {old}"
            text = text.replace(old, new)
        return text

    def start(self):
        self.daemon.start(ready=lambda: answers(self.plain) and answers(self.secure))
        return self

    def stop(self):
        self.daemon.stop()


class Nginx(WebServer):
    snippet = "nginx.conf"

    def written(self, text):
        text = re.sub(r"^    listen \[::\].*\n", "", text, flags=re.M)
        both = text.index("listen 443 ssl http2;")
        redirect = text.rindex("server {", 0, both)
        text = self.replaced(
            text[:text.index("server {", text.index("upstream") + 60)] + text[redirect:],
            ("127.0.0.1:8480", f"127.0.0.1:{self.page_port}"),
            ("listen 443 ssl http2;",
             f"listen 127.0.0.1:{self.secure} ssl http2; listen 127.0.0.1:{self.plain};"),
            ("gate.example.org;", "localhost 127.0.0.1;"),
            ("/etc/letsencrypt/live/gate.example.org/fullchain.pem", f"{self.folder}/chain.pem"),
            ("/etc/letsencrypt/live/gate.example.org/privkey.pem", f"{self.folder}/key.pem"))
        temporary = "".join(f"  {kind}_temp_path {self.folder}/{kind};\n" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return (f"pid {self.folder}/pid;\nerror_log {self.folder}/error.log;\ndaemon off;\n"
                "events { worker_connections 1000; }\n"
                f"http {{\n{temporary}{text}\n}}\n")

    def command(self):
        return ["nginx", "-p", self.folder, "-c", self.configuration]


class Apache(WebServer):
    snippet = "apache.conf"

    def written(self, text):
        [host] = re.findall(r"<VirtualHost \*:443>.*?</VirtualHost>", text, re.S)
        host = self.replaced(
            host, ("http://127.0.0.1:8480/", f"http://127.0.0.1:{self.page_port}/"),
            ("ServerName gate.example.org", "ServerName localhost"),
            ("/etc/letsencrypt/live/gate.example.org/fullchain.pem", f"{self.folder}/chain.pem"),
            ("/etc/letsencrypt/live/gate.example.org/privkey.pem", f"{self.folder}/key.pem"))
        plain = re.sub(r"^ +SSL.*\n", "", host, flags=re.M)
        modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in
                          ("mpm_event", "authz_core", "alias", "socache_shmcb", "ssl", "proxy",
                           "proxy_http"))
        return (f"ServerRoot {self.folder}\nDefaultRuntimeDir {self.folder}\nPidFile {self.folder}/pid\n"
                f"ErrorLog {self.folder}/error.log\nUser www-data\nGroup www-data\nServerName localhost\n"
                f"{modules}Listen 127.0.0.1:{self.plain}\nListen 127.0.0.1:{self.secure}\n" +
                plain.replace("*:443", f"*:{self.plain}") + "\n" +
                host.replace("*:443", f"*:{self.secure}") + "\n")

    def command(self):
        return ["/usr/sbin/apache2", "-f", self.configuration, "-DFOREGROUND"]


class Caddy(WebServer):
    snippet = "Caddyfile"

    def written(self, text):
        text = self.replaced(text, ("127.0.0.1:8480", f"127.0.0.1:{self.page_port}"))
        body = text[text.index("gate.example.org {") + len("gate.example.org {"):]
        return ("{\n\tadmin off\n\tauto_https off\n}\n"
                f"http://127.0.0.1:{self.plain} {{\n\tbind 127.0.0.1{body}"
                f"https://localhost:{self.secure} {{\n\tbind 127.0.0.1\n"
                f"\ttls {self.folder}/chain.pem {self.folder}/key.pem{body}")

    def command(self):
        return ["caddy", "run", "--config", self.configuration, "--adapter", "caddyfile"]


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
