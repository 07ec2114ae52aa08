# SPDX-License-Identifier: Apache-2.0
"""Local delivery for an MTA that has none: SMTP in, a file in a Maildir for each recipient out."""
import itertools
import os
import re

from .outside import Outside


class MaildirServer(Outside):
    """What was taken stands in `folder`/new before the MTA hears so."""

    def __init__(self, folder, port):
        self.folder = folder
        self.numbers = itertools.count()
        super().__init__(port=port)

    def take(self, taken):
        content = taken.content.replace(b"\r\n", b"\n")
        reverse_path = re.match("<(.*?)>", taken.reverse_path).group(1)
        for recipient in taken.recipients:
            address = re.match("<(.*)>", recipient).group(1)
            name = f"{os.getpid()}.{self.port}.{next(self.numbers)}"
            hidden, shown = self.folder / f".{name}", self.folder / "new" / name
            hidden.write_bytes(f"Return-Path: <{reverse_path}>\nDelivered-To: {address}\n".encode() +
                               content)
            hidden.rename(shown)
