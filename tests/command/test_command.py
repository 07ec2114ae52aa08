# SPDX-License-Identifier: Apache-2.0
"""The command as its users meet it: arguments, exit statuses, files, --json."""
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from conftest import COMMAND

MANUAL = Path(__file__).parents[2] / "docs/man/countersign.8"

VERBS = ["config init", "config check", "config show", "config manual", "held list", "held show",
         "held release", "held drop", "held restore", "contacts list", "contacts allow", "contacts deny",
         "contacts remove", "contacts import", "contacts export", "contacts learn", "policy show", "policy set", "doctor", "setup postfix", "why", "pause",
         "resume", "stats"]

HELD_ID = "7q2mxf4pk9td3hwa7q2mxf4pk9"


def plain(*words):
    return subprocess.run([COMMAND, *words], text=True, capture_output=True, timeout=60,
                          stdin=subprocess.DEVNULL)


def documented_fields(verb):
    """The names that the manual page lists under "JSON:" of a verb."""
    text = MANUAL.read_text().replace("\\-", "-")
    section = re.search(rf"^\.SS {re.escape(verb)}([ ][^\n]*)?$(.*?)(?=^\.S[SH] )", text, re.M | re.S)
    listed = re.search(r"^JSON: (.*?)(?=^\.)", section.group(2) + "\n.", re.M | re.S).group(1)
    return set(re.findall(r"[a-z_]+", re.sub(r'"[^"]*"', "", listed)))


def described(verb, objects):
    assert objects, f"{verb} printed nothing"
    names = {name for line in objects for name in line}
    assert names <= documented_fields(verb), f"{verb}: {names - documented_fields(verb)}"


# Arguments

@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb):
    done = plain(*verb.split(), "--help")
    assert done.returncode == 0 and done.stderr == ""
    assert f"countersign {verb}" in done.stdout and "Example:" in done.stdout


@pytest.mark.parametrize("words, complaint", [
    ([], "a verb is missing"),
    (["freeze"], "freeze"),
    (["held"], "a verb is missing"),
    (["held", "list", "--nope"], "--nope"),
    (["held", "release"], "ID is required"),
    (["contacts", "allow", "site"], "SUBJECT is required"),
    (["setup", "postfix", "--apply", "--undo"], "exclude each other"),
    (["doctor", "--probe"], "--to"),
    (["tokens", "issue", "joe@example.org"], "--label is required"),
    (["tokens", "audit"], "--log is required"),
    (["contacts", "learn"], "--log is required"),
    (["policy", "expect", "joe@example.org", "--domain", "a.example"], "--minutes is required"),
    (["held", "list", "--state", "lost"], "none of its words"),
    (["-c"], "-c"),
])
def test_a_wrong_command_line_is_told(words, complaint):
    done = plain(*words)
    assert done.returncode == os.EX_USAGE and done.stdout == ""
    assert complaint in done.stderr


def test_the_version_is_told():
    assert re.fullmatch(r"countersign \d+\.\d+\S*\n", plain("--version").stdout)


def test_options_stand_before_and_after_the_verb(site):
    lines = [plain("-c", site.config, "--json", "stats"), plain("stats", "-c", site.config, "--json"),
             plain("--json", "stats", "-c", site.config)]
    assert {done.returncode for done in lines} == {0}
    assert len({done.stdout for done in lines}) == 1


# Configuration

def test_a_missing_configuration_is_told():
    done = plain("-c", "/nonexistent/c.toml", "held", "list")
    assert done.returncode == os.EX_CONFIG
    assert done.stderr == ("/nonexistent/c.toml: cannot read /nonexistent/c.toml: "
                           "No such file or directory\n")


def test_all_that_is_wrong_in_a_configuration_is_told(empty_site):
    empty_site.write("[log]\nlevel = \"x\"\ncolour = 1\n")
    try:
        done = empty_site.run("config", "check")
        assert done.returncode == os.EX_CONFIG
        assert done.stderr.splitlines() == [
            f'{empty_site.config}:15: log.level: "x" is none of its words; allowed: "debug", '
            '"info", "warning", "error"',
            f"{empty_site.config}:16: log.colour: no such key; allowed: level, target"]
        problems = empty_site.json("config", "check", status=os.EX_CONFIG)
        described("config check", problems)
        assert [p["line"] for p in problems] == [15, 16]
    finally:
        empty_site.write()


def test_what_a_configuration_names_must_be_there(empty_site, tmp_path):
    empty_site.write('[milter]\nsocket_group = "no-such-group"\n[site]\nlogo = "/nonexistent/x.svg"\n')
    try:
        problems = empty_site.json("config", "check", status=os.EX_CONFIG)
        assert [(p["key"], p["problem"]) for p in problems] == [
            ("milter.socket_group", 'there is no group "no-such-group"'),
            ("site.logo", "/nonexistent/x.svg: there is no such file")]
        empty_site.write(f'[milter]\nsocket = "unix:{tmp_path}/none/m.sock"\n')
        done = empty_site.run("config", "check")
        assert done.returncode == 0
        assert f"milter.socket: {tmp_path}/none: there is no such folder" in done.stderr
    finally:
        empty_site.write()


def test_proofs_that_some_people_cannot_give_are_told(empty_site):
    def allow(proof):
        empty_site.write()
        text = empty_site.config.read_text()
        empty_site.config.write_text(text.replace("[challenge]\n", f'[challenge]\nproofs = ["{proof}"]\n'))

    try:
        allow("wait")
        done = empty_site.run("config", "check")
        assert done.returncode == 0
        assert (f"{empty_site.config}: warning: challenge.proofs: authors whom neither SPF nor DKIM authenticates "
                "can answer nothing") in done.stderr
        allow("code")
        assert "warning" not in empty_site.run("config", "check").stderr
    finally:
        empty_site.write()


def test_init_without_a_configuration_writes_one_that_is_in_order(tmp_path):
    path = tmp_path / "new" / "countersign.toml"
    done = plain("-c", str(path), "config", "init")
    assert done.returncode == os.EX_CONFIG and "Set protect.domains" in done.stderr
    assert plain("-c", str(path), "config", "check").returncode == 0
    assert plain("-c", str(path), "config", "show").returncode == 0


def test_init_makes_a_site_and_may_be_repeated(empty_site):
    first = empty_site.run("config", "init")
    assert first.returncode == 0, first.stderr
    for name in ("milter.secrets", "challenge.secrets"):
        assert stat.S_IMODE((empty_site.folder / name).stat().st_mode) == 0o640
    assert stat.S_IMODE((empty_site.folder / "spool").stat().st_mode) == 0o700
    before = (empty_site.folder / "milter.secrets").read_bytes()
    again = empty_site.run("config", "init")
    assert again.returncode == 0 and again.stdout == first.stdout
    assert (empty_site.folder / "milter.secrets").read_bytes() == before
    described("config init", empty_site.json("config", "init"))


def test_redis_takes_the_users_that_init_prints(site):
    lines = site.ok("config", "init").splitlines()
    assert [line.split()[:2] for line in lines] == [["user", "countersign-node"],
                                                    ["user", "countersign-web"]]
    site.redis.load_users("\n".join(lines))
    site.ok("policy", "show", "site")
    store = [f for f in site.json("doctor", "--no-postfix", status=os.EX_UNAVAILABLE)
             if f["area"] == "store"]
    assert not [f for f in store if f["severity"] == "fail"], store


def test_init_without_redis_makes_the_files_and_says_what_to_do(tmp_path):
    config = tmp_path / "c.toml"
    config.write_text(f"""\
[protect]
domains = ["example.org"]
[authentication]
authserv_id = "mx.example.org"
[challenge]
base_url = "http://127.0.0.1:1"
[store]
url = "unix:{tmp_path}/none.sock"
[spool]
directory = "{tmp_path}/spool"
[secrets]
milter = "{tmp_path}/m"
challenge = "{tmp_path}/c"
""")
    done = plain("-c", str(config), "config", "init")
    assert done.returncode == os.EX_TEMPFAIL
    assert "run this again" in done.stderr and "user countersign-web " in done.stdout
    assert (tmp_path / "m").exists() and (tmp_path / "c").exists() and (tmp_path / "spool").is_dir()


def test_show_reads_back(site, tmp_path):
    shown = tmp_path / "shown.toml"
    shown.write_text(site.ok("config", "show"))
    assert plain("-c", str(shown), "config", "show").stdout == shown.read_text()
    described("config show", site.json("config", "show"))


def test_the_manual_page_of_the_configuration_is_the_one_that_is_shipped():
    assert plain("config", "manual").stdout == (MANUAL.parent / "countersign.toml.5").read_text()


# Verbs

def test_contacts(site):
    described("contacts list", site.json("contacts", "allow", "joe@example.org", "Alice@Example.com",
                                          "--fingerprint", "example.com", "--note", "x"))
    described("contacts list", site.json("contacts", "deny", "site", "spam.example", "--final"))
    [entry] = site.json("contacts", "list", "joe@example.org")
    described("contacts list", [entry])
    assert entry["subject"] == "alice@example.com" and entry["fingerprints"] == ["example.com"]
    described("contacts remove", site.json("contacts", "remove", "site", "spam.example"))
    assert site.run("contacts", "remove", "site", "spam.example").returncode == os.EX_NOINPUT
    assert site.run("contacts", "allow", "example.com", "a@x.example").returncode == os.EX_DATAERR


def test_policy(site):
    described("policy set", site.json("policy", "set", "joe@example.org", "mode=hold", "blocked=hold"))
    shown = site.json("policy", "show", "joe@example.org")
    described("policy show", shown)
    assert {(p["key"], p["value"], p["from"]) for p in shown} == {
        ("mode", "hold", "mailbox"), ("machines", "hold", "configuration"),
        ("blocked", "hold", "mailbox"), ("unauthentic", "hold", "configuration"),
        ("challenge_from", None, "configuration")}
    done = site.run("policy", "set", "joe@example.org", "mode=aside", "machines=x")
    assert done.returncode == os.EX_DATAERR and "allowed: hold, aside" in done.stderr
    assert site.json("policy", "show", "joe@example.org") == shown


def test_why(site):
    site.ok("contacts", "allow", "ann@example.org", "bob@example.com")
    answers = site.json("why", "bob@example.com", "ann@example.org", "--spf")
    described("why", answers)
    assert (answers[0]["disposition"], answers[0]["reason"]) == ("pass", "contact")
    assert site.run("why", "bob", "ann@example.org").returncode == os.EX_DATAERR


def test_held_without_mail(site):
    assert site.ok("held", "list") == ""
    for verb in ("show", "release", "drop", "restore"):
        done = site.run("held", verb, HELD_ID, "../x")
        assert done.returncode == os.EX_NOINPUT and done.stdout == ""
        assert done.stderr.splitlines()[0] == f"{HELD_ID}: not held here"
        assert '"../x": not a held id' in done.stderr
        assert site.run("held", verb, "../x").returncode == os.EX_DATAERR


def test_pause_and_stats_work_without_redis(site):
    described("stats", site.json("stats"))
    described("pause", site.json("pause"))
    assert (site.folder / "spool" / "paused").exists()
    described("resume", site.json("resume"))
    assert not (site.folder / "spool" / "paused").exists()


def test_doctor_tells_what_to_do(site):
    findings = site.json("doctor", "--no-postfix", status=os.EX_UNAVAILABLE)
    described("doctor", findings)
    assert {f["severity"] for f in findings} <= {"ok", "warn", "fail"}
    assert any(f["area"] == "spool" and f["todo"] == "start countersign-milter" for f in findings)


def test_setup_postfix_prints_what_it_would_do(site, tmp_path):
    import getpass
    (tmp_path / "main.cf").write_text(f"compatibility_level = 3.6\nmail_owner = {getpass.getuser()}\n"
                                      f"queue_directory = {tmp_path}\n")
    (tmp_path / "master.cf").write_text("smtp inet n - y - - smtpd\n")
    edits = site.json("setup", "postfix", "--postfix-dir", tmp_path)
    described("setup postfix", edits)
    assert not any(edit["done"] for edit in edits)
    assert sorted(os.listdir(tmp_path)) == ["main.cf", "master.cf"]


def test_output_that_cannot_be_written_is_told(site):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = site.run("config", "show", stdout=full)
    assert done.returncode == os.EX_IOERR and "could not be written" in done.stderr


def test_a_reader_that_goes_away_ends_nothing_badly(site):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as gone:
        done = site.run("config", "show", stdout=gone)
    assert done.returncode == os.EX_IOERR


@pytest.mark.parametrize("page", sorted(MANUAL.parent.glob("*.[1-8]")), ids=lambda p: p.name)
def test_manual_pages_render_without_a_warning(page):
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(page)],
                          capture_output=True, text=True, timeout=60,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0 and done.stderr == ""
