# SPDX-License-Identifier: Apache-2.0
"""That Postfix can reach our socket: from within a chroot, and as its user. Where it cannot, all mail
of everybody waits (451), so setup makes no such site, and doctor tells who made one by hand."""
import os
import subprocess

import pytest

from testsite.place import Place
from testsite.waiting import free_port


def postconf(place, *words):
    subprocess.run(["postconf", "-c", place.folder / "etc", *words], check=True,
                   capture_output=True)


def reload(place):
    subprocess.run(["postfix", "-c", place.folder / "etc", "reload"], check=True,
                   capture_output=True)


def set_up(place, *words):
    return place.node.run("setup", "postfix", "--postfix-dir", place.folder / "etc", *words,
                          check=False)


def failures(place, word):
    """What doctor fails by and says `word` about, after what it ends with."""
    done = place.node.run("doctor", "--postfix-dir", place.folder / "etc", check=False)
    lines = done.stdout.splitlines()
    return done.returncode, [(line, after) for line, after in zip(lines, lines[1:] + [""])
                             if line.startswith("FAIL postfix: ") and word in line]


def replies(place):
    """What the MX answers to mail for a mailbox that is exempt, and for one that holds."""
    return [place.send(f"{name}@example.org", author="ann@example.com").reply.code
            for name in ("postmaster", "joe")]


@pytest.mark.parametrize("column, level", [("y", "3.6"), ("-", "0")])
def test_a_chroot_that_hides_our_socket(column, level):
    with Place(start=False, milters="unset") as place:
        etc = place.folder / "etc"
        place.node.write(release__smtp=f"127.0.0.1:{free_port()}",
                         notices__smtp=f"127.0.0.1:{free_port()}")
        mx = f"127.0.0.1:{place.mta.mx}/inet"
        postconf(place, "-F", "-e", f"{mx}/chroot={column}")
        postconf(place, "-e", f"compatibility_level = {level}", "smtpd_milters =")
        before = [(etc / name).read_bytes() for name in ("main.cf", "master.cf")]
        for words in ((), ("--apply",)):
            done = set_up(place, *words)
            # What would be done can be looked at.
            assert done.returncode == (os.EX_CANTCREAT if words else 0), done.stderr
            assert ("smtpd_milters" in done.stdout) == (not words), done.stdout
            assert done.stderr.startswith(f"milter.socket is unix:{place.node.socket}, and services")
            assert f"run in a chroot, {place.folder}/queue (master.cf): {mx};" in done.stderr
            assert f'"unix:{place.folder}/queue/countersign/milter.sock"' in done.stderr
        assert [(etc / name).read_bytes() for name in ("main.cf", "master.cf")] == before
        # By hand.
        postconf(place, "-e", f"smtpd_milters = unix:{place.node.socket}")
        place.node.start_milter()
        place.node.start_page()
        reload(place)
        assert replies(place) == [451, 451]
        status, [(what, todo)] = failures(place, "chroot")
        assert status == os.EX_UNAVAILABLE
        assert f"the service {mx} runs in a chroot" in what and "set milter.socket to" in todo
        # What both say works.
        place.node.milter.stop()
        place.node.socket = place.folder / "queue" / "countersign" / "milter.sock"
        place.node.write(milter__socket=f"unix:{place.node.socket}")
        postconf(place, "-e", "smtpd_milters =")
        done = set_up(place, "--apply")
        assert done.returncode == 0, done.stderr
        place.node.start_milter()
        reload(place)
        assert replies(place) == [250, 554]
        assert failures(place, "chroot")[1] == failures(place, "may not be")[1] == []
        # The whole path is no longer what it was by.
        postconf(place, "-e",
                 f"smtpd_milters = {{ unix:{place.node.socket}, default_action=tempfail }}")
        assert len(failures(place, "chroot")[1]) == 1
        assert set_up(place, "--apply").returncode == 0
        reload(place)
        assert replies(place) == [250, 554] and failures(place, "chroot")[1] == []


def test_a_socket_that_postfix_may_not_use():
    with Place(keys={"milter.socket_group": ""}) as place:
        assert replies(place) == [451, 451]
        status, [(what, todo)] = failures(place, "may not be")
        assert status == os.EX_UNAVAILABLE
        assert f"{place.node.socket} (root:root, mode 0660) may not be written by Postfix's user" in what
        assert 'set milter.socket_group = "postfix", and restart countersign-milter' in todo
        place.node.milter.stop()
        place.node.write(milter__socket_group="postfix")
        place.node.start_milter()
        assert replies(place) == [250, 554]
        assert failures(place, "may not be")[1] == []
        folder = place.node.folder
        os.chmod(folder, 0o700)
        assert replies(place) == [451, 451]
        _, [(what, todo)] = failures(place, "may not be")
        assert f"{folder} (root:root, mode 0700) may not be entered by Postfix's user postfix" in what
        assert f"chgrp postfix {folder} && chmod g+x {folder}" in todo
        subprocess.run(["chgrp", "postfix", folder], check=True)
        os.chmod(folder, 0o710)
        assert replies(place) == [250, 554]
        assert failures(place, "may not be")[1] == []
