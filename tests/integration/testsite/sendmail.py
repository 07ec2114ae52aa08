# SPDX-License-Identifier: Apache-2.0
"""A scratch Sendmail: the Debian packages unpacked beside Postfix, own configuration and queue,
loopback only, mail into one Maildir.

Three daemon ports, as `countersign setup sendmail` describes them: the MX with an earlier milter and
ours, the re-entry port and the notice port without milters. Mail for other than our domains goes to
a sink that plays the outside world. The same methods as Postfix has.
"""
import os
import subprocess
from pathlib import Path

from .maildir_server import MaildirServer
from .process import Daemon
from .saslauthd import Saslauthd
from .waiting import accepts, free_port

# confREFUSE_LA and confQUEUE_LA: a busy machine is no reason to turn tests away.
MC = """\
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mx.example.org')dnl
define(`confSERVICE_SWITCH_FILE', `{folder}/etc/service.switch')dnl
define(`confPID_FILE', `{folder}/sendmail.pid')dnl
define(`QUEUE_DIR', `{folder}/queue')dnl
define(`STATUS_FILE', `')dnl
define(`HELP_FILE', `')dnl
define(`ALIAS_FILE', `{folder}/etc/aliases')dnl
define(`confTO_IDENT', `0')dnl
define(`confREFUSE_LA', `1000')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confMIN_QUEUE_AGE', `0')dnl
define(`confAUTH_MECHANISMS', `PLAIN')dnl
TRUST_AUTH_MECH(`PLAIN')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {outside}')dnl
RELAY_DOMAIN(`{domains}')dnl
LOCAL_DOMAIN(`{local}')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port={mx}')dnl
DAEMON_OPTIONS(`Name=countersign-reentry, Addr=127.0.0.1, Port={reentry}, InputMailFilters=')dnl
DAEMON_OPTIONS(`Name=countersign-notices, Addr=127.0.0.1, Port={notice}, InputMailFilters=')dnl
{milters}
{extra}
MAILER(`local')dnl
MAILER(`smtp')dnl
MAILER_DEFINITIONS
Mmailbox, P=[IPC], F=mDFMuXa8, S=EnvFromSMTP/HdrFromSMTP, R=MasqSMTP, E=\\r\\n, L=0,
	T=DNS/RFC822/SMTP, A=TCP $h {mailbox}
LOCAL_RULE_0
{routes}
LOCAL_CONFIG
ESASL_CONF_PATH={folder}/etc
"""
DOMAINS = ("example.org", "example.net", "open.example")
# A domain whose users are aliases of this host's.
LOCAL_DOMAIN = "local.example.org"
ALIASES = """\
chairs: jane@example.org, jim@example.org
postmaster: joe@example.org
"""


def unpacked():
    """Where contrib/install-packages unpacked Sendmail: $CS_SENDMAIL."""
    root = Path(os.environ.get("CS_SENDMAIL", ""))
    assert (root / "usr/libexec/sendmail/sendmail").exists(), \
        "CS_SENDMAIL names no folder of contrib/install-packages --unpack"
    return root


class Sendmail:
    """`milters` are lines for the .mc file; `outside` the port of the sink for other domains."""

    # Sendmail trusts no socket below a folder that everybody can write to.
    base = "/var/spool"

    def __init__(self, folder, milters, outside, extra="", port=None):
        self.folder = folder
        self.mx, self.reentry, self.notice = port or free_port(), free_port(), free_port()
        self.milters = milters
        self.outside = outside
        self.extra = extra
        self.maildir = folder / "mailbox"
        self.etc = folder / "etc"
        self.mailbox_port = free_port()
        self.mailboxes = None
        self.logins = None
        self.program = [unpacked() / "usr/libexec/sendmail/sendmail", "-C", self.etc / "sendmail.cf"]
        self.env = {"LD_PRELOAD": str(folder / "sandbox.so")}
        self.daemon = Daemon("sendmail", [*self.program, "-bD", "-q2s", "-X", folder / "traffic"],
                             folder / "sendmail.out", env=self.env)

    @staticmethod
    def asks(earlier, ours, action="tempfail"):
        """The lines by which milters on Unix sockets are asked: `earlier`, then `ours`."""
        flag = {"tempfail": "F=T, ", "reject": "F=R, ", "accept": ""}
        times = "T=C:30s;S:30s;R:30s;E:5m"
        lines = [f"INPUT_MAIL_FILTER(`earlier', `S=local:{earlier}, F=T, {times}')dnl"]
        if ours:
            lines.append(f"INPUT_MAIL_FILTER(`countersign', `S=local:{ours}, {flag[action]}{times}')dnl")
        return "\n".join(lines)

    def write_configuration(self):
        for name in ("etc", "queue", "mailbox/new"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder, 0o755)
        os.chmod(self.folder / "queue", 0o700)
        (self.etc / "aliases").write_text(ALIASES)
        (self.etc / "service.switch").write_text("hosts files\naliases files\n")
        (self.etc / "Sendmail.conf").write_text(
            f"pwcheck_method: saslauthd\nmech_list: PLAIN\nsaslauthd_path: {self.folder}/saslauthd/mux\n")
        (self.etc / "sendmail.mc").write_text(MC.format(
            folder=self.folder, outside=self.outside, mailbox=self.mailbox_port, mx=self.mx,
            reentry=self.reentry, notice=self.notice, milters=self.milters, extra=self.extra,
            domains=" ".join(DOMAINS), local=LOCAL_DOMAIN,
            routes="\n".join(f"R$* < @ {d}. > $*\t$#mailbox $@ [127.0.0.1] $: $1 < @ {d}. > $2"
                             for d in DOMAINS)))
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.folder / "sandbox.so",
                        Path(__file__).with_name("sandbox.c")], check=True)
        self.make(self.etc)
        subprocess.run([*self.program, "-bi"], check=True, env={**os.environ, **self.env},
                       capture_output=True)

    @staticmethod
    def make(folder):
        """sendmail.cf from sendmail.mc."""
        cf = unpacked() / "usr/share/sendmail/cf"
        made = subprocess.run(["m4", f"-D_CF_DIR_={cf}/", cf / "m4/cf.m4", folder / "sendmail.mc"],
                              check=True, capture_output=True, text=True)
        assert not made.stderr, made.stderr
        (folder / "sendmail.cf").write_text(made.stdout)

    def start(self):
        if not self.etc.exists():
            self.write_configuration()
        self.mailboxes = MaildirServer(self.maildir, self.mailbox_port)
        self.logins = Saslauthd(self.folder / "saslauthd")
        self.daemon.start(ready=lambda: accepts(self.mx))
        return self

    def stop(self):
        try:
            self.daemon.stop()
        finally:
            for server in (self.mailboxes, self.logins):
                if server:
                    server.stop()
            self.mailboxes = self.logins = None

    def log(self):
        return self.daemon.output()
