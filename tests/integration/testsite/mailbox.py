# SPDX-License-Identifier: Apache-2.0
"""What was delivered: one Maildir for all recipients."""
import functools
import re
from dataclasses import dataclass


@dataclass
class Delivered:
    """A delivered message, LF lines as Maildir has them."""
    path: object
    raw: bytes

    @property
    def header(self):
        return self.raw.split(b"\n\n", 1)[0].decode("utf-8", "replace")

    def fields(self, name):
        """The values of all fields of that name, unfolded."""
        text = re.sub(r"\n(?=[ \t])", "", self.header)
        return [m.strip() for m in re.findall(rf"(?im)^{re.escape(name)}:(.*)$", text)]

    def field(self, name):
        values = self.fields(name)
        return values[0] if values else None

    @functools.cached_property
    def recipient(self):
        return self.field("Delivered-To")

    @property
    def reverse_path(self):
        return self.field("Return-Path").strip("<>")

    @property
    def mark(self):
        return self.field("Countersign")

    @property
    def held_id(self):
        found = re.search(r"held=([0-9a-z]+)", self.mark or "")
        return found.group(1) if found else None


class Mailbox:
    def __init__(self, folder):
        self.folder = folder
        self.known = {}

    def all(self):
        """All messages delivered so far. A file of new/ never changes, so it is read once."""
        new = self.folder / "new"
        if not new.exists():
            return []
        for path in new.iterdir():
            if path.name not in self.known:
                try:
                    self.known[path.name] = Delivered(path, path.read_bytes())
                except FileNotFoundError:
                    continue
        return list(self.known.values())

    def find(self, tag, recipient=None):
        """The copies of a ledger's entry, for one recipient or all."""
        needle = tag.encode()
        return [m for m in self.all()
                if needle in m.raw and (recipient is None or m.recipient == recipient)]
