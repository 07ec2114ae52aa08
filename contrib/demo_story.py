# SPDX-License-Identifier: Apache-2.0
"""The demo's story, told with swaks; contrib/demo runs it.

    demo_story.py FOLDER      FOLDER: of the site; made, and removed at the end
"""
import re
import shutil
import subprocess
import sys
import threading
import signal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "integration"))

from testsite.opendkim import OpenDkim  # noqa: E402
from testsite.page import answer, request  # noqa: E402
from testsite.place import Place  # noqa: E402
from testsite.waiting import accepts, until  # noqa: E402

PORT = 2525
PAGE_PORT = 8480
JOE = "joe@example.org"
TERMINAL = sys.stdout.isatty() and sys.stdin.isatty()


def bold(text):
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def say(title):
    print(f"\n{bold(title)}", flush=True)


def show(text):
    for line in str(text).splitlines():
        print("    " + line)
    sys.stdout.flush()


def check(truth, what):
    print(f"  {'ok' if truth else 'FAILED'}: {what}", flush=True)
    if not truth:
        raise SystemExit(1)


def mail(author, subject, text, fields=()):
    lines = [f"From: {author}", f"To: {JOE}", f"Subject: {subject}",
             "Date: Mon, 03 May 2027 14:02:00 +0000",
             f"Message-ID: <{re.sub('[^a-z0-9]', '', subject.lower())}@{author.split('@')[1]}>",
             *fields, "", text]
    return ("\r\n".join(lines) + "\r\n").encode()


def swaks(folder, author, content):
    """Sends by swaks, shows the end of the dialogue; returns the MTA's last reply."""
    data = folder / "mail.eml"
    # swaks ends lines and stuffs dots itself.
    data.write_bytes(content.replace(b"\r\n", b"\n"))
    command = ["swaks", "--server", f"127.0.0.1:{PORT}", "--from", author, "--to", JOE,
               "--ehlo", "client.example", "--data", f"@{data}"]
    print(f"    $ {' '.join(command)}")
    out = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    lines = out.splitlines()
    end = max(i for i, line in enumerate(lines) if line.strip() == "-> .")
    reply = [line for line in lines[end + 1:] if re.match(r"<(-|\*\*|~\*) +\d{3}", line)]
    reply = [line for line in reply if not re.search(r"221 ", line)]
    show("\n".join(reply))
    return "\n".join(re.sub(r"^<\S+ +", "", line) for line in reply)


def url_in(reply):
    found = re.search(r"(http://\S+/c/\w+)", reply)
    return found.group(1) if found else None


def delivered(place, subject):
    found = until(lambda: [m for m in place.mailbox.all() if m.field("Subject") == subject],
                  f"'{subject}' delivered")
    return found


def stranger(place, folder):
    say("1. Bob writes to Joe for the first time; nothing proves that it is Bob")
    reply = swaks(folder, "bob@stranger.example", mail("bob@stranger.example", "Offer for 40 chairs",
                                                       "As we discussed."))
    url = url_in(reply)
    check(reply.startswith("554") and "kept for you" in reply and url,
          "he hears 554, that the mail is kept, and where to answer")
    check(not place.mailbox.all(), "nothing has been delivered")
    page = request(url)
    check(page.status == 200 and JOE in page.text and "Offer for 40 chairs" in page.text,
          "the page says what waits, and for whom; reading it changes nothing")
    wrong = answer(url, "someone@else.example")
    check(wrong.status == 422, "another address than his does not open it")
    done = answer(url, "bob@stranger.example")
    check(done.status == 303, "he types his address, his browser proves some work")
    mails = delivered(place, "Offer for 40 chairs")
    show(f"Countersign: {mails[0].mark}")
    check(len(mails) == 1 and "author=unverified" in mails[0].mark,
          "the mail is in Joe's Maildir, once, marked as unverified")
    again = swaks(folder, "bob@stranger.example", mail("bob@stranger.example", "Another offer",
                                                       "As nobody discussed."))
    check(again.startswith("554"), "his next mail is asked again: a name is not an identity")


def authenticated(place, folder, opendkim):
    say("2. Alice writes for the first time; her server signs (DKIM)")
    alice = f"alice@{opendkim.domain}"
    first = opendkim.signed(mail(alice, "Minutes of Monday", "See below."))
    reply = swaks(folder, alice, first)
    url = url_in(reply)
    check(reply.startswith("554") and url, "held as well, with a page of its own")
    check(answer(url, alice).status == 303, "she answers")
    [got] = delivered(place, "Minutes of Monday")
    show(f"Countersign: {got.mark}")
    check("unverified" not in got.mark and opendkim.verifies(got.raw.replace(b"\n", b"\r\n")),
          "it arrives, and her signature still verifies after the hold")

    def known():
        return "a:" + alice in place.node.run("contacts", "list", JOE).stdout or \
            alice in place.node.run("contacts", "list", JOE).stdout
    until(known, "Alice is a contact of Joe's")
    reply = swaks(folder, alice, opendkim.signed(mail(alice, "Minutes of Tuesday", "See below.")))
    check(reply.startswith("250"), "her next mail is taken at once")
    [got] = delivered(place, "Minutes of Tuesday")
    show(f"Countersign: {got.mark}")
    check(got.mark.startswith("pass; reason=contact"), "and delivered, as a contact's")


def machine(place, folder):
    say("3. A machine writes, which could not answer anything")
    reply = swaks(folder, "robot@shop.example", mail(
        "robot@shop.example", "Your order", "has been sent.", ["Auto-Submitted: auto-generated"]))
    check(reply.startswith("250") and not url_in(reply), "it is told nothing but 250")
    listed = place.node.run("held", "list").stdout
    show("$ countersign held list\n" + listed)
    check("robot@shop.example" in listed, "its mail waits, silently, for Joe to let it in")


def leave_running(place, folder):
    reply = swaks(folder, "you@visitor.example", mail(
        "you@visitor.example", "Hello from the demo", "Answer for this one yourself."))
    command = f"{place.node.command_path} -c {place.node.path}"
    say("All of it is running now. Try:")
    show(f"""\
open the page            {url_in(reply)}
  and type               you@visitor.example
send another             swaks --server 127.0.0.1:{PORT} --from you@visitor.example --to {JOE}
see what waits           {command} held list
let something in         {command} held release ID
Joe's Maildir            {place.postfix.maildir}/new
metrics                  http://127.0.0.1:{place.node.metrics_port}/metrics
logs                     {place.node.folder}/*.log""")
    say("Ctrl-C ends it and removes the folder.")
    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()


def page_keys():
    """The page's usual port, if nobody else has it."""
    if accepts(PAGE_PORT):
        return {}
    return {"challenge.listen": f"127.0.0.1:{PAGE_PORT}",
            "challenge.base_url": f"http://127.0.0.1:{PAGE_PORT}"}


def main():
    folder = Path(sys.argv[1])
    if accepts(PORT):
        print(f"Port {PORT} of 127.0.0.1 is in use.", file=sys.stderr)
        return 75
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o755)
    say(f"Starting Redis, Postfix on 127.0.0.1:{PORT}, OpenDKIM and Countersign in {folder}")
    opendkim = place = None
    try:
        opendkim = OpenDkim(folder / "opendkim", "friend.example").start()
        site = folder / "site"
        site.mkdir()
        place = Place(folder=site, port=PORT, keys=page_keys(),
                      milters=f"unix:{opendkim.socket}, "
                              f"{{ unix:{site}/node/milter.sock, default_action=tempfail }}")
        stranger(place, folder)
        authenticated(place, folder, opendkim)
        machine(place, folder)
        say("The story is over; every step went as it should.")
        if TERMINAL:
            leave_running(place, folder)
        return 0
    except AssertionError as e:
        print(f"  FAILED: {e}", file=sys.stderr)
        return 1
    finally:
        if place:
            place.close()
        if opendkim:
            opendkim.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
