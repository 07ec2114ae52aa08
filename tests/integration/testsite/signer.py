# SPDX-License-Identifier: Apache-2.0
"""Who signs mail by DKIM, by dkimpy, with a key that a name server of the story publishes."""
import base64
import subprocess
import tempfile
from pathlib import Path

import dkim
import nacl.encoding
import nacl.signing


class Signer:
    """Signs for `domain`; `dns` (a NameServer) has the key from now on."""

    def __init__(self, dns, domain, selector="s1", kind="rsa", bits=2048, record=None):
        self.domain, self.selector, self.kind = domain.encode(), selector.encode(), kind
        public = self.make_rsa(bits) if kind == "rsa" else self.make_ed25519()
        self.name = f"{selector}._domainkey.{domain}"
        self.record = (record or "v=DKIM1; k={kind}; p={public}").format(kind=kind, public=public)
        dns.add(self.name, "TXT", self.record)

    def make_rsa(self, bits):
        with tempfile.TemporaryDirectory(prefix="countersign-") as folder:
            key = Path(folder) / "key.pem"
            subprocess.run(["openssl", "genrsa", "-out", key, str(bits)], check=True,
                           capture_output=True)
            public = subprocess.run(["openssl", "rsa", "-in", key, "-pubout"], check=True,
                                    capture_output=True, text=True).stdout
            self.key = key.read_bytes()
        return "".join(public.splitlines()[1:-1])

    def make_ed25519(self):
        key = nacl.signing.SigningKey.generate()
        self.key = key.encode(nacl.encoding.Base64Encoder)
        return base64.b64encode(key.verify_key.encode()).decode()

    def sign(self, content, **options):
        """`content` (CRLF lines) with a signature above it."""
        if self.kind == "ed25519":
            options["signature_algorithm"] = b"ed25519-sha256"
        return dkim.sign(content, self.selector, self.domain, self.key, linesep=b"\r\n",
                         **options) + content

    def verifies(self, content):
        """Whether `content` still verifies by this key."""
        return dkim.verify(content, dnsfunc=lambda asked, timeout=5: self.record.encode()
                           if asked.rstrip(b".").decode() == self.name else None)
