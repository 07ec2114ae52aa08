# SPDX-License-Identifier: Apache-2.0
"""The two ports that the MTA has for us: that setup makes them such that mail passes, whatever
main.cf says of all services; that it takes no port which is somebody else's; and that doctor sees
when one does not take our mail."""
import json
import os
import socket
import subprocess

import pytest

from testsite.outside import Outside
from testsite.place import Place
from testsite.sender import spf_pass
from testsite.waiting import free_port, until

# What stops mail at a port that has it of main.cf, and what the MX has instead.
HOSTILE = {
    "smtpd_upstream_proxy_protocol": ("haproxy", ""),
    "smtpd_upstream_proxy_timeout": ("2s", None),
    "smtpd_tls_security_level": ("encrypt", "none"),
    "smtpd_tls_wrappermode": ("yes", "no"),
    "smtpd_tls_req_ccert": ("yes", "no"),
    "smtpd_sasl_auth_enable": ("yes", "no"),
    "smtpd_sasl_type": ("dovecot", None),
    "smtpd_sasl_path": ("private/nobody", None),
    "smtpd_sender_login_maps": ("static:nobody", None),
    "smtpd_client_restrictions": ("reject", ""),
    "smtpd_helo_required": ("yes", None),
    "smtpd_helo_restrictions": ("reject", ""),
    "smtpd_sender_restrictions": ("reject_sender_login_mismatch,reject", ""),
    "smtpd_relay_restrictions": ("reject", "permit_auth_destination,reject"),
    "smtpd_recipient_restrictions": ("reject", ""),
    "smtpd_data_restrictions": ("reject", ""),
    "smtpd_end_of_data_restrictions": ("reject", ""),
    "smtpd_delay_reject": ("no", "yes"),
    "smtpd_reject_unlisted_sender": ("yes", "no"),
    # Who may use XCLIENT is not counted.
    "smtpd_authorized_xclient_hosts": ("", "127.0.0.0/8"),
    "smtpd_client_event_limit_exceptions": ("", "127.0.0.0/8"),
    "smtpd_client_connection_rate_limit": ("1", None),
    "smtpd_client_message_rate_limit": ("1", None),
    "smtpd_client_recipient_rate_limit": ("1", None),
    "smtpd_proxy_filter": ("127.0.0.1:1", ""),
    "smtpd_milter_maps": ("static:inet:127.0.0.1:1", ""),
    "smtpd_command_filter": ("regexp:{etc}/commands", ""),
    "smtpd_discard_ehlo_keywords": ("smtputf8,8bitmime,dsn,size,pipelining", ""),
    "smtpd_discard_ehlo_keyword_address_maps": ("static:smtputf8", ""),
    "smtpd_forbid_bare_newline": ("yes", None),
    "smtpd_forbid_unauth_pipelining": ("yes", None),
    "strict_rfc821_envelopes": ("yes", None),
    "smtpd_recipient_limit": ("1", None),
    "smtpd_hard_error_limit": ("1", "100"),
    "smtpd_error_sleep_time": ("20s", "0"),
    "local_header_rewrite_clients": ("static:all", ""),
    "mynetworks": ("192.0.2.0/24", "127.0.0.0/8"),
    "header_checks": ("regexp:{etc}/rejects", None),
    "body_checks": ("regexp:{etc}/rejects", None),
    "receive_override_options": ("", "no_header_body_checks"),
}


def postconf(place, *words):
    return subprocess.run(["postconf", "-c", place.folder / "etc", *words], check=True,
                          capture_output=True, text=True).stdout


def reload(place):
    subprocess.run(["postfix", "-c", place.folder / "etc", "reload"], check=True,
                   capture_output=True)


def set_up(place, *words, status=0):
    done = place.node.run("setup", "postfix", "--postfix-dir", place.folder / "etc", *words,
                          check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def findings(place, *words):
    done = place.node.run("--json", "doctor", *(words or ("--postfix-dir", place.folder / "etc")),
                          check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def failed(place, area, *words):
    return [f for f in findings(place, *words) if f["severity"] == "fail" and f["area"] == area]


def configuration(place):
    return [(place.folder / "etc" / name).read_bytes() for name in ("main.cf", "master.cf")]


def spoil(place):
    """Writes a main.cf that stops mail at every port, and an MX that takes it all the same."""
    etc = place.folder / "etc"
    (etc / "commands").write_text("/^(MAIL|DATA).*/ NOOP\n")
    (etc / "rejects").write_text("/./ REJECT not here\n")
    mx = f"127.0.0.1:{place.mta.mx}/inet/"
    postconf(place, "-P", "-e", *[f"{mx}{name}={value}" for name, (_, value) in HOSTILE.items()
                                  if value is not None])
    postconf(place, "-e", *[f"{name} = {value.format(etc=etc)}"
                            for name, (value, _) in HOSTILE.items()])


@pytest.fixture
def place():
    """A site before its setup: Postfix runs, and knows nothing of us."""
    with Place(start=False, milters="unset",
               keys={"challenge.channels": ["reply", "mail"]}) as made:
        listener = made.folder / "queue" / "countersign" / "milter.sock"
        made.release, made.notices = free_port(), free_port()
        made.node.socket = listener
        made.node.write(milter__socket=f"unix:{listener}",
                        release__smtp=f"127.0.0.1:{made.release}",
                        notices__smtp=f"127.0.0.1:{made.notices}")
        postconf(made, "-e", f"smtpd_milters = unix:{made.folder}/verifier.sock")
        yield made


def test_released_mail_and_notices_pass_whatever_main_cf_has(place):
    spoil(place)
    set_up(place, "--apply")
    assert "nothing to do" in set_up(place, "--apply").stderr
    assert failed(place, "postfix") == []
    # Postfix has not been told yet.
    for found in failed(place, "ports"):
        assert found["what"].startswith("nothing listens at ") and "though Postfix runs" in found["what"]
        assert found["todo"].startswith(f"postfix -c {place.folder}/etc reload, ")
    assert len(failed(place, "ports")) == 2
    place.node.start_milter()
    place.node.start_page()
    reload(place)
    assert failed(place, "ports") == [] and failed(place, "postfix") == []
    entries = [place.send("joe@example.org", author="ann@example.com"),
               place.send("grün@example.org", author="bob@example.com", parameters=" SMTPUTF8")]
    for entry in entries:
        assert entry.reply.code == 554, entry.reply
        [held_id] = place.held(entry)
        place.node.run("held", "release", held_id)
        [mail] = place.delivered(entry)
        assert mail.held_id == held_id
    asked = place.send("joe@example.org", author="eve@mailed.example",
                       verified=spf_pass("eve@mailed.example"))
    assert asked.reply.code == 250, asked.reply
    place.outside.wait_for("eve@mailed.example")


def test_a_port_of_another_program_is_not_taken(place):
    """As amavis at 127.0.0.1:10026: Postfix would end at once, and no mail would come in."""
    amavis = place._ends(Outside())
    before = configuration(place)
    place.node.write(release__smtp=f"127.0.0.1:{amavis.port}")
    for words in ((), ("--apply",)):
        done = set_up(place, *words, status=os.EX_CANTCREAT)
        assert done.stdout == ""
        assert done.stderr.startswith(
            f"release.smtp is 127.0.0.1:{amavis.port}, and another program listens there already: "
            "choose another port for release.smtp in countersign.toml")
    assert configuration(place) == before
    # Who did it by hand is told.
    name = f"127.0.0.1:{amavis.port}"
    postconf(place, "-M", "-e", f"{name}/inet={name} inet n - n - - smtpd")
    reload(place)
    until(lambda: not place.mta.daemon.running(), "the end of Postfix")
    other, nobody = failed(place, "ports")
    assert other["what"].startswith(
        f"at release.smtp ({name}) another program answers than Postfix: it says '")
    assert f"ss -ltnp 'sport = :{amavis.port}'" in other["todo"]
    assert nobody["what"].startswith(
        f"nothing listens at notices.smtp (127.0.0.1:{place.notices}), as Postfix does not run")
    assert nobody["todo"].startswith(f"postfix -c {place.folder}/etc start; ")


def test_a_service_of_the_sites_own_is_not_taken(place):
    """The way back from a content filter, say."""
    name = f"127.0.0.1:{place.release}"
    postconf(place, "-M", "-e", f"{name}/inet={name} inet n - n - - smtpd")
    postconf(place, "-P", "-e", f"{name}/inet/content_filter=smtp:[127.0.0.1]:1")
    before = configuration(place)
    done = set_up(place, "--apply", status=os.EX_CANTCREAT)
    assert f"{name}/inet (smtpd -o content_filter=smtp:[127.0.0.1]:1)" in done.stderr
    assert done.stdout == "" and configuration(place) == before
    # It says how to take it all the same.
    mark = f"{name}/inet/syslog_name=postfix/countersign-release"
    assert f"postconf -P -e {mark}" in done.stderr
    postconf(place, "-P", "-e", mark)
    set_up(place, "--apply")
    assert failed(place, "postfix") == []


def test_a_port_that_turns_us_away_is_found(place):
    set_up(place, "--apply")
    reload(place)
    assert failed(place, "ports") == []
    port = f"127.0.0.1:{place.release}/inet/"
    postconf(place, "-P", "-e", f"{port}smtpd_upstream_proxy_protocol=haproxy",
             f"{port}smtpd_upstream_proxy_timeout=1s")
    reload(place)
    until(lambda: any(": 421 4.3.0 " in f["what"] for f in failed(place, "ports")), "turned away")
    [found] = failed(place, "postfix")
    assert "lacks -o smtpd_upstream_proxy_protocol=: Postfix waits there" in found["what"]
    [found] = failed(place, "ports")
    assert found["what"].startswith(f"at release.smtp (127.0.0.1:{place.release}) connections are "
                                    "turned away: 421 4.3.0 ")
    set_up(place, "--apply")
    reload(place)
    until(lambda: failed(place, "ports") == [], "it answers")
    assert failed(place, "postfix") == []


def test_a_port_that_says_nothing_is_found_in_time(place):
    silent_port = free_port()
    with socket.create_server(("127.0.0.1", silent_port)):
        place.node.write(release__smtp=f"127.0.0.1:{silent_port}",
                         notices__smtp=f"127.0.0.1:{place.mta.notice}")
        [found] = failed(place, "ports", "--no-postfix")
    assert found["what"].startswith(f"at release.smtp (127.0.0.1:{silent_port}) somebody listens, "
                                    "but sends no greeting (the peer took too long)")


def test_sendmail_gets_no_port_of_another_program():
    with Place(start=False, mta="sendmail", milters="dnl none yet") as place:
        mc = place.mta.etc / "sendmail.mc"
        before = mc.read_bytes()
        place.node.write(release__smtp=f"127.0.0.1:{place.outside.port}",
                         notices__smtp=f"127.0.0.1:{free_port()}")
        done = place.node.run("setup", "sendmail", "--sendmail-dir", place.mta.etc, "--apply",
                              check=False)
        assert done.returncode == os.EX_CANTCREAT and done.stdout == ""
        assert done.stderr.startswith(
            f"release.smtp is 127.0.0.1:{place.outside.port}, and another program listens there")
        assert mc.read_bytes() == before
        # Its own ports it may have; before it reads its settings nothing listens at a new one.
        release = free_port()
        place.node.write(release__smtp=f"127.0.0.1:{release}",
                         notices__smtp=f"127.0.0.1:{place.mta.notice}")
        place.node.run("setup", "sendmail", "--sendmail-dir", place.mta.etc, "--apply")
        [found] = failed(place, "ports", "--sendmail-dir", place.mta.etc)
        assert found["what"].startswith(f"nothing listens at release.smtp (127.0.0.1:{release})")
        assert found["todo"].endswith(
            f"after countersign setup: make -C {place.mta.etc} && systemctl restart sendmail")
