# SPDX-License-Identifier: Apache-2.0
"""Our programs: configuration, daemons, command."""
import datetime
import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

from .process import Daemon
from .waiting import free_port


def build_folder():
    """The build whose programs are tested: $CS_BUILD."""
    return Path(os.environ.get("CS_BUILD", "."))


def listens(path):
    """Whether somebody takes connections on a Unix socket; a stale file does not."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
            return True
        except OSError:
            return False


def toml(value):
    """A value as TOML spells it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml(v) for v in value) + "]"
    if isinstance(value, int):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


class Node:
    """One MX host's Countersign: a configuration, a spool, and the daemons that use them."""

    def __init__(self, folder, store_url, release, notices, keys=None, page_port=None):
        """`keys` are set over the defaults here: {"first_contact.mode": "aside"}."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        os.chmod(folder, 0o755)
        self.socket = folder / "milter.sock"
        self.spool = folder / "spool"
        self.spool.mkdir(exist_ok=True)
        listen = (keys or {}).get("challenge.listen")
        self.page_port = page_port or (int(listen.rsplit(":", 1)[1]) if listen else free_port())
        self.metrics_port = free_port()
        self.page_metrics_port = free_port()
        self.path = folder / "countersign.toml"
        self.keys = {
            "milter.socket": f"unix:{self.socket}",
            "milter.socket_group": "postfix",
            "protect.domains": ["example.org"],
            "first_contact.mode": "hold",
            "authentication.source": "header",
            "authentication.authserv_id": "mx.example.org",
            "store.url": store_url,
            "spool.directory": str(self.spool),
            "release.smtp": release,
            "notices.smtp": notices,
            # Whatever the time of day, no digest comes between.
            "notices.digest": (datetime.datetime.now() +
                               datetime.timedelta(hours=12)).strftime("%H:%M"),
            "challenge.base_url": f"http://127.0.0.1:{self.page_port}",
            "challenge.listen": f"127.0.0.1:{self.page_port}",
            "challenge.proxies": ["127.0.0.1"],
            "secrets.milter": str(folder / "milter.secrets"),
            "secrets.challenge": str(folder / "challenge.secrets"),
            "metrics.milter": f"127.0.0.1:{self.metrics_port}",
            "metrics.challenge": f"127.0.0.1:{self.page_metrics_port}",
            "log.level": "debug",
            **(keys or {})}
        self.write()
        build = build_folder()
        self.command_path = build / "countersign"
        self.milter = Daemon("countersign-milter",
                             [build / "countersign-milter", "-c", self.path], folder / "milter.log")
        self.page = Daemon("countersign-challenge",
                           [build / "countersign-challenge", "-c", self.path],
                           folder / "challenge.log")

    def write(self, **changes):
        """Writes the configuration; changes: first_contact__mode="aside"."""
        self.keys.update({k.replace("__", "."): v for k, v in changes.items()})
        tables = {}
        for key, value in self.keys.items():
            table, name = key.split(".", 1)
            tables.setdefault(table, []).append(f"{name} = {toml(value)}")
        self.path.write_text("".join(
            f"[{table}]\n" + "\n".join(lines) + "\n\n" for table, lines in tables.items()))

    def copy_secrets(self, other):
        """Takes another node's secrets: nodes of one site share them."""
        for key in ("secrets.milter", "secrets.challenge"):
            shutil.copy(other.keys[key], self.keys[key])

    # The command.

    def run(self, *arguments, check=True, json_lines=False, stdin=None, timeout=60):
        """Runs `countersign -c FILE ...`; returns the completed process, or its JSON lines."""
        options = ["--json"] if json_lines else []
        done = subprocess.run(
            [self.command_path, "-c", self.path, *options, *map(str, arguments)], input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True, text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"countersign {' '.join(map(str, arguments))}: status "
                                 f"{done.returncode}\n{done.stdout}{done.stderr}")
        if json_lines:
            return [json.loads(line) for line in done.stdout.splitlines()]
        return done

    # The daemons.

    def start_milter(self):
        self.milter.start(ready=lambda: listens(self.socket))
        return self

    def start_page(self):
        from .page import request
        def ready():
            try:
                return request(f"http://127.0.0.1:{self.page_port}/healthz", timeout=2).status == 200
            except OSError:
                return False
        self.page.start(ready=ready)
        return self

    def stop(self):
        try:
            self.page.stop()
        finally:
            self.milter.stop()

    # The spool, seen from outside.

    def held_files(self):
        """Held id -> bytes of each .msg file."""
        found = {}
        for path in (self.spool / "held").rglob("*.msg"):
            try:
                found[path.stem] = path.read_bytes()
            except FileNotFoundError:
                continue
        return found

    def held_with(self, tag):
        """The held ids of the messages with this tag."""
        return [name for name, raw in self.held_files().items() if tag.encode() in raw]

    def metrics(self):
        """Name with labels -> value, of the milter."""
        return scrape(self.metrics_port)

    def page_metrics(self):
        return scrape(self.page_metrics_port)


def scrape(port):
    from .page import request
    values = {}
    for line in request(f"http://127.0.0.1:{port}/metrics").text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    return values
