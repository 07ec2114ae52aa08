# SPDX-License-Identifier: Apache-2.0
"""The MTA's side of the milter protocol, for stories of more mails than an MTA would want to see."""
import socket
import struct

ALL_STEPS = 0x1fffff


class MilterPeer:
    """One connection, from one client. Speaks version 6."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rb")
        self.pending = b""
        self._send(b"O", struct.pack(">III", 6, 0x1ff, ALL_STEPS))
        kind, data = self._read()
        assert kind == b"O", kind
        self.steps = struct.unpack(">III", data[:12])[2]

    def connect(self, address, name="unknown"):
        self._send(b"C", name.encode() + b"\0" + b"4" + struct.pack(">H", 25) + address.encode() +
                   b"\0")
        self._answer("NR_CONN")
        self._send(b"H", b"client.example\0")
        self._answer("NR_HELO")

    def play(self, reverse_path, recipient, fields, body=b"Buy.\r\n"):
        """One message; returns the text of the last reply ("" for none of ours)."""
        self._send(b"M", b"<%s>\0" % reverse_path.encode())
        self._answer("NR_MAIL")
        self._send(b"D", b"R{rcpt_addr}\0%s\0" % recipient.encode())
        self._send(b"R", b"<%s>\0" % recipient.encode())
        kind, data = self._answer("NR_RCPT")
        if kind == b"c":
            for name, value in fields:
                self._send(b"L", name.encode() + b"\0 " + value.encode() + b"\0")
                self._answer("NR_HDR")
            self._send(b"N")
            kind, data = self._read()
            if kind == b"c":
                self._send(b"B", body)
                kind, data = self._read()
                if kind in (b"c", b"s"):
                    self._send(b"E")
                    kind, data = self._read()
                    while kind in (b"h", b"i", b"m", b"-", b"+"):
                        kind, data = self._read()
        if kind not in (b"a", b"c", b"d"):
            self._send(b"A")
        return data.rstrip(b"\0").decode() if kind == b"y" else {b"d": "discard"}.get(kind, "")

    def close(self):
        self._send(b"Q")
        self._flush()
        self.file.close()
        self.socket.close()

    def _send(self, command, data=b""):
        self.pending += struct.pack(">I", len(data) + 1) + command + data

    def _flush(self):
        self.socket.sendall(self.pending)
        self.pending = b""

    def _answer(self, step):
        flag = {"NR_CONN": 0x1000, "NR_HELO": 0x2000, "NR_MAIL": 0x4000, "NR_RCPT": 0x8000,
                "NR_HDR": 0x80}[step]
        return (b"c", b"") if self.steps & flag else self._read()

    def _read(self):
        self._flush()
        size = struct.unpack(">I", self.file.read(4))[0]
        packet = self.file.read(size)
        return packet[:1], packet[1:]
