# SPDX-License-Identifier: Apache-2.0
"""A scratch Postfix: own configuration, queue and data, loopback only, mail into one Maildir.

Three services, as `countersign setup postfix` describes them: the MX with an earlier milter and
ours, the re-entry port without milters, and the notice port. Mail for other than our domains goes to
a sink that plays the outside world.
"""
import grp
import os
import pwd
import signal
import subprocess

from .process import Daemon
from .waiting import accepts, free_port, until

REENTRY = """\
  -o smtpd_milters= -o local_header_rewrite_clients= -o smtpd_proxy_filter=
  -o smtpd_client_restrictions= -o smtpd_helo_restrictions= -o smtpd_sender_restrictions=
  -o smtpd_data_restrictions= -o smtpd_end_of_data_restrictions= -o smtpd_relay_restrictions=
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
  -o receive_override_options=no_header_body_checks,no_unknown_recipient_checks"""

MASTER = """\
127.0.0.1:{mx} inet n - n - - smtpd
127.0.0.1:{reentry} inet n - n - - smtpd
{reentry_options}
127.0.0.1:{notice} inet n - n - - smtpd
  -o smtpd_milters= -o smtpd_relay_restrictions=permit_mynetworks,reject
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
"""

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/maillog
maillog_file_prefixes = {folder}/log
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.example.org
myorigin = example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
local_header_rewrite_clients =
smtpd_relay_restrictions = permit_auth_destination, reject
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_soft_error_limit = 10000
smtpd_hard_error_limit = 10000
smtpd_banner = mx.example.org ESMTP
in_flow_delay = 0
milter_default_action = tempfail
smtpd_milters = {milters}
message_size_limit = 60000000
virtual_mailbox_limit = 0
virtual_mailbox_domains = example.org, example.net, open.example
virtual_mailbox_maps = static:mailbox/
virtual_mailbox_base = {folder}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
default_transport = smtp:[127.0.0.1]:{outside}
smtp_host_lookup = native
smtp_dns_support_level = disabled
minimal_backoff_time = 2s
maximal_backoff_time = 5s
queue_run_delay = 2s
alias_maps =
alias_database =
local_recipient_maps =
smtputf8_enable = yes
{extra}
"""


class Postfix:
    """`milters` is the value of smtpd_milters; `outside` the port of the sink for other domains."""

    base = "/tmp"

    def __init__(self, folder, milters, outside, extra="", port=None):
        self.folder = folder
        self.mx, self.reentry, self.notice = port or free_port(), free_port(), free_port()
        self.milters = milters
        self.outside = outside
        self.extra = extra
        self.maildir = folder / "mailbox"
        self.daemon = Daemon("postfix", ["/usr/sbin/postfix", "-c", folder / "etc", "start-fg"],
                             folder / "postfix.out")

    @staticmethod
    def asks(earlier, ours, action="tempfail"):
        """smtpd_milters by which milters on Unix sockets are asked: `earlier`, then `ours`."""
        return f"unix:{earlier}" + (
            f", {{ unix:{ours}, default_action={action} }}" if ours else "")

    def write_configuration(self):
        nobody = pwd.getpwnam("nobody")
        etc = self.folder / "etc"
        for name in ("etc", "queue", "data", "log", "mailbox"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder, 0o755)
        os.chown(self.folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
        os.chown(self.maildir, nobody.pw_uid, nobody.pw_gid)
        (etc / "main.cf").write_text(MAIN.format(
            folder=self.folder, uid=nobody.pw_uid, gid=nobody.pw_gid, outside=self.outside,
            milters=self.milters, extra=self.extra))
        (etc / "master.cf").write_text(MASTER.format(
            mx=self.mx, reentry=self.reentry, notice=self.notice,
            reentry_options=REENTRY))

    def start(self):
        if not (self.folder / "etc").exists():
            self.write_configuration()
        self.daemon.start(ready=lambda: accepts(self.mx))
        return self

    def stop(self):
        """Ends the master, which has left the session of the script that started it."""
        try:
            pid = int((self.folder / "queue" / "pid" / "master.pid").read_text())
            os.kill(pid, signal.SIGTERM)
            self.daemon.wait()
        except (FileNotFoundError, ProcessLookupError):
            pass
        self.daemon.stop()
        # Its children share the listening socket, and may outlive it for a moment.
        until(lambda: not accepts(self.mx), "no smtpd left")

    def flush(self):
        subprocess.run(["/usr/sbin/postqueue", "-c", self.folder / "etc", "-f"], check=True)

    def queue(self):
        """The queue's listing, as `postqueue -j` has it."""
        return subprocess.run(["/usr/sbin/postqueue", "-c", self.folder / "etc", "-j"],
                              check=True, capture_output=True, text=True).stdout

    def log(self):
        path = self.folder / "log" / "maillog"
        return path.read_text(errors="replace") if path.exists() else ""


def postfix_group():
    return grp.getgrnam("postfix").gr_gid
