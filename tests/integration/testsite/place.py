# SPDX-License-Identifier: Apache-2.0
"""A whole site, and its book-keeping."""
import os
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from .countersign import Node
from .mailbox import Mailbox
from .outside import Outside
from .page import answer
from .postfix import Postfix
from .redis import Redis
from .sender import Ledger
from .sendmail import Sendmail
from .verifier import Verifier
from .waiting import until



def mta_class(name):
    """The class of "postfix" or "sendmail"."""
    return {"postfix": Postfix, "sendmail": Sendmail}[name]


class Place:
    """Redis, an MTA with an earlier milter, one node, the page, and the outside world.

        with Place(keys={"first_contact.mode": "aside"}, mta="sendmail") as place: ...
    """

    def __init__(self, folder=None, keys=None, start=True, page=True, redis_options=(),
                 mta_extra="", default_action="tempfail", store_url=None, milters=None,
                 port=None, mta="postfix", verified_by="X-Verified"):
        self.mta_name = mta
        self.folder = Path(folder or tempfile.mkdtemp(prefix="countersign-", dir=mta_class(mta).base))
        os.chmod(self.folder, 0o755)
        self.ending = []  # what to stop, last first
        self.keep = False
        try:
            self._build(keys or {}, redis_options, mta_extra, default_action, store_url, milters,
                        port, verified_by)
            if start:
                self.node.start_milter()
                if page:
                    self.node.start_page()
                    self._see_heartbeat((keys or {}).get("store.prefix", "cs:"))
        except BaseException:
            self.close()
            raise

    def _build(self, keys, redis_options, mta_extra, default_action, store_url, milters, port,
               verified_by):
        self.redis = self._ends(Redis(self.folder / "redis", redis_options).start())
        self.outside = self._ends(Outside())
        self.verifier = self._ends(Verifier(self.folder / "verifier.sock",
                                            asked=verified_by))
        socket = self.folder / "node" / "milter.sock"
        mta = mta_class(self.mta_name)
        self.mta = mta(
            self.folder,
            milters or mta.asks(f"{self.folder}/verifier.sock", socket, default_action),
            self.outside.port, mta_extra, port)
        self.node = self._ends(Node(
            self.folder / "node", store_url or f"unix:{self.redis.socket}",
            f"127.0.0.1:{self.mta.reentry}", f"127.0.0.1:{self.mta.notice}", keys))
        self.initialise(self.node)
        self._ends(self.mta.start())
        self.mailbox = Mailbox(self.mta.maildir)
        self.ledger = Ledger(self.mta.mx)

    def _see_heartbeat(self, prefix):
        """Waits until the page has said that it is there: before, senders hear 451. In vain where a story
        keeps it from saying so."""
        client = self.redis.client()
        try:
            until(lambda: client("EXISTS", f"{prefix}web:heartbeat"), "a heartbeat", timeout=5)
        except AssertionError:
            pass

    def initialise(self, node):
        """What an administrator does once: secrets, Redis users, cs:site."""
        # Makes the secrets, and says which users it cannot log in with yet.
        text = node.run("config", "init", check=False).stdout
        self.users = self.redis.load_users(text)
        node.run("config", "init")
        return text

    @property
    def postfix(self):
        """The MTA of a story that is only of Postfix."""
        assert self.mta_name == "postfix"
        return self.mta

    def _ends(self, thing):
        self.ending.append(thing)
        return thing

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.keep = self.keep or kind is not None
        self.close()

    def close(self):
        """Ends everything, even if some of it does not want to; keeps the folder on failure."""
        problems = []
        for thing in reversed(self.ending):
            try:
                thing.stop()
            except Exception as e:  # the others must be ended as well
                problems.append(e)
        self.ending = []
        if self.keep or problems or os.environ.get("CS_KEEP"):
            print(f"logs are kept in {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        if problems:
            raise problems[0]

    # Stories.

    def send(self, recipients, **how):
        return self.ledger.send(recipients, **how)

    def answer(self, entry, address):
        """Answers the challenge in the reply to `entry`; returns the page's response."""
        assert entry.reply.url, f"no URL in {entry.reply}"
        return answer(entry.reply.url, address)

    def delivered(self, entry, recipient=None, count=1, timeout=30.0):
        """Waits for `count` copies; returns them."""
        until(lambda: len(self.mailbox.find(entry.tag, recipient)) >= count,
              f"{count} copies of {entry.tag} delivered", timeout)
        return self.mailbox.find(entry.tag, recipient)

    def held(self, entry):
        """The held ids of an entry on this node."""
        return self.node.held_with(entry.tag)

    def account(self, nodes=None):
        """Fails unless all that we took is delivered or held, and no copy is one too many."""
        nodes = nodes or [self.node]

        def missing():
            out = []
            spooled = b"\n".join(raw for node in nodes for raw in node.held_files().values())
            for entry in self.ledger.entries:
                if not entry.reply.kept or entry.tag.encode() in spooled:
                    continue
                reached = {c.recipient.lower() for c in self.mailbox.find(entry.tag)}
                out += [(entry.tag, recipient, entry.reply.text) for recipient in entry.recipients
                        if recipient.lower() not in reached]
            return out

        try:
            until(lambda: not missing(), "everything that was taken is delivered or held", 20)
        except AssertionError:
            raise AssertionError(f"lost: {missing()}") from None
        self.no_stranger_twice()

    def no_stranger_twice(self):
        """A recipient has an entry twice only from retries, or from one hold delivered again."""
        tries = Counter(e.tag for e in self.ledger.entries if e.reply.kept)
        for tag in {e.tag for e in self.ledger.entries}:
            copies = {}
            for copy in self.mailbox.find(tag):
                copies.setdefault(copy.recipient, []).append(copy.held_id)
            for recipient, ids in copies.items():
                if len(ids) > max(tries[tag], 1) and len(set(ids)) != 1:
                    raise AssertionError(f"{tag} reached {recipient} {len(ids)} times: {ids}")
