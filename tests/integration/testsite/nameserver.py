# SPDX-License-Identifier: Apache-2.0
"""A name server on loopback, over UDP and TCP: it answers what a story puts into it.

    with NameServer({"example.com": [("TXT", "v=spf1 ip4:192.0.2.0/24 -all")]}) as dns:
        dns.add("s1._domainkey.example.com", "TXT", key)
        ... resolver = dns.address

Names are matched in any case. A name that is not there does not exist (NXDOMAIN), unless others
below it are. CNAMEs are followed within the answer. What is hostile is said by odd types: "SILENT"
(never answered), "SERVFAIL", "REFUSED".
"""
import socket
import socketserver
import threading

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from .waiting import free_port


def txt_record(text):
    """RDATA of TXT in strings of 255 octets."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    pieces = [data[i:i + 255] for i in range(0, len(data), 255)] or [b""]
    wire = b"".join(bytes([len(p)]) + p for p in pieces)
    return dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.TXT, wire, 0, len(wire))


class NameServer:
    def __init__(self, zone=None, ttl=0):
        self.records = {}
        self.ttl = ttl
        self.asked = []  # (name, type) of each question
        self.made = {}  # (name, type) -> records of the answer: a thousand are slow to make
        for name, records in (zone or {}).items():
            for kind, value in records:
                self.add(name, kind, value)
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.servers = []

    def add(self, name, kind, value=""):
        """`value` as in a zone file; of TXT the text itself, or a list of strings."""
        self.records.setdefault(name.lower().rstrip("."), []).append((kind, value))
        self.made.clear()
        return self

    def clear(self):
        self.records.clear()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        outer = self

        class Datagram(socketserver.BaseRequestHandler):
            def handle(self):
                answer = outer.answer(self.request[0])
                if answer is None:
                    return
                large = sum(map(len, answer.answer)) > 50
                wire = b"" if large else answer.to_wire(max_size=65535)
                if large or len(wire) > 1232:
                    answer.answer, answer.flags = [], answer.flags | dns.flags.TC
                    wire = answer.to_wire()
                self.request[1].sendto(wire, self.client_address)

        class Stream(socketserver.StreamRequestHandler):
            def handle(self):
                while size := self.rfile.read(2):
                    answer = outer.answer(self.rfile.read(int.from_bytes(size, "big")))
                    if answer is None:
                        threading.Event().wait(60)
                        return
                    wire = answer.to_wire(max_size=65535)
                    self.wfile.write(len(wire).to_bytes(2, "big") + wire)

        for kind, handler in ((socketserver.ThreadingUDPServer, Datagram),
                              (socketserver.ThreadingTCPServer, Stream)):
            kind.daemon_threads = True
            kind.block_on_close = False
            kind.allow_reuse_address = True
            server = kind(("127.0.0.1", self.port), handler)
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            self.servers.append(server)
        return self

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()
        self.servers = []

    def answer(self, wire):
        """The answer to a question, or None for silence."""
        try:
            query = dns.message.from_wire(wire)
            question = query.question[0]
        except (dns.exception.DNSException, IndexError):
            return None
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        reply = dns.message.make_response(query, recursion_available=True)
        reply.flags |= dns.flags.AA
        owner = question.name
        for _ in range(20):
            records = self.records.get(name)
            if records is None:
                below = any(n.endswith("." + name) for n in self.records)
                reply.set_rcode(dns.rcode.NOERROR if below or reply.answer else dns.rcode.NXDOMAIN)
                return reply
            kinds = {k for k, _ in records}
            if "SILENT" in kinds:
                return None
            for odd in ("SERVFAIL", "REFUSED"):
                if odd in kinds:
                    reply.set_rcode(dns.rcode.from_text(odd))
                    return reply
            alias = [v for k, v in records if k == "CNAME"]
            if not alias or kind == "CNAME":
                self.put(reply, owner, kind, [v for k, v in records if k == kind])
                return reply
            self.put(reply, owner, "CNAME", alias[:1])
            owner = dns.name.from_text(alias[0])
            name = alias[0].lower().rstrip(".")
        return reply

    def put(self, reply, owner, kind, values):
        if not values:
            return
        if (owner, kind) in self.made:
            reply.answer.append(self.made[owner, kind])
            return
        rdtype = dns.rdatatype.from_text(kind)
        rrset = dns.rrset.RRset(owner, dns.rdataclass.IN, rdtype)
        rrset.ttl = self.ttl
        for value in values:
            if kind == "TXT":
                texts = value if isinstance(value, list) else [value]
                wire = b"".join(txt_record(t).to_wire() for t in texts)
                rdata = dns.rdata.from_wire(dns.rdataclass.IN, rdtype, wire, 0, len(wire))
            else:
                rdata = dns.rdata.from_text(dns.rdataclass.IN, rdtype, value,
                                            origin=dns.name.root, relativize=False)
            rrset.add(rdata, self.ttl)
        self.made[owner, kind] = rrset
        reply.answer.append(rrset)
