# SPDX-License-Identifier: Apache-2.0
"""OpenDKIM as the earlier milter, and authors who sign, with one key and no name server."""
import subprocess

import dkim

from .process import Daemon

SELECTOR = b"s1"


class OpenDkim:
    """Verifies signatures of `domain` in `folder`; authserv-id mx.example.org."""

    def __init__(self, folder, domain):
        folder.mkdir(parents=True, exist_ok=True)
        self.domain = domain
        self.socket = folder / "opendkim.sock"
        key = folder / "key.pem"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        public = subprocess.run(["openssl", "rsa", "-in", key, "-pubout"], check=True,
                                capture_output=True, text=True).stdout
        self.key = key.read_bytes()
        self.record = "v=DKIM1; k=rsa; p=" + "".join(public.splitlines()[1:-1])
        (folder / "keys").write_text(f"{SELECTOR.decode()}._domainkey.{domain} {self.record}\n")
        conf = folder / "opendkim.conf"
        # Nobody is internal: whoever connects is verified, nobody is signed for.
        conf.write_text(
            f"Mode v\nSocket local:{self.socket}\nUMask 000\nAuthservID mx.example.org\n"
            f"TestPublicKeys {folder}/keys\nAlwaysAddARHeader yes\nSyslog no\n"
            f"RequireSafeKeys no\nUserID root\nInternalHosts 192.0.2.99\n")
        self.daemon = Daemon("opendkim", ["opendkim", "-f", "-x", conf], folder / "opendkim.log")

    def start(self):
        self.daemon.start(ready=self.socket.exists)
        return self

    def stop(self):
        self.daemon.stop()

    def signed(self, content, **options):
        """`content` with a signature above it."""
        return dkim.sign(content, SELECTOR, self.domain.encode(), self.key, linesep=b"\r\n",
                         **options) + content

    def verifies(self, content):
        """Whether a signature of ours on `content` (CRLF lines) verifies."""
        name = b"%s._domainkey.%s" % (SELECTOR, self.domain.encode())
        return dkim.verify(content, dnsfunc=lambda asked, timeout=5:
                           self.record.encode() if asked.rstrip(b".") == name else None)
