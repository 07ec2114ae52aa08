# SPDX-License-Identifier: Apache-2.0
"""The test suite of openspf.org for RFC 7208, played to countersign-authenticate.

tests/data/openspf has it with its licence. Where libspf2 decides otherwise than the suite, DEVIATIONS
says so."""
from pathlib import Path

import pytest
import yaml
from testsite.authenticate import Authenticate
from testsite.nameserver import NameServer

SUITE = Path(__file__).parents[1] / "data" / "openspf" / "rfc7208-tests.yml"

# What libspf2 decides otherwise: it takes no prefix of length 0, some macros in names, and a loop of
# CNAMEs for an error. None of these is a pass that the suite does not want, which a test holds.
DEVIATIONS = {
    "A mechanism syntax": {
        "a-cidr4-0": "permerror, not pass",
        "a-cidr4-0-ip6": "permerror, not fail",
        "a-cidr6-0-ip4": "permerror, not fail",
        "a-cidr6-0-ip4mapped": "permerror, not fail",
        "a-cidr6-0-ip6": "permerror, not pass",
        "a-cidr6-0-nxdomain": "permerror, not fail",
        "a-null": "none, not permerror",
        "a-nxdomain": "permerror, not fail",
    },
    "IP4 mechanism syntax": {
        "cidr4-0": "permerror, not pass",
    },
    "IP6 mechanism syntax": {
        "cidr6-0": "permerror, not pass",
        "cidr6-0-ip4": "permerror, not neutral",
        "cidr6-ip4": "permerror, not neutral",
    },
    "MX mechanism syntax": {
        "mx-cidr4-0": "permerror, not pass",
        "mx-cidr4-0-ip6": "permerror, not fail",
        "mx-cidr6-0-ip4": "permerror, not fail",
        "mx-cidr6-0-ip4mapped": "permerror, not fail",
        "mx-cidr6-0-ip6": "permerror, not pass",
        "mx-cidr6-0-nxdomain": "permerror, not fail",
        "mx-colon-domain": "neutral, not pass",
        "mx-colon-domain-ip4mapped": "neutral, not pass",
        "mx-null": "none, not permerror",
        "mx-nxdomain": "permerror, not fail",
    },
    "Macro expansion rules": {
        "exp-only-macro-char": "fail, not permerror",
        "macro-mania-in-domain": "fail, not pass",
    },
    "PTR mechanism syntax": {
        "ptr-cname-loop": "temperror, not neutral",
    },
}


def scenarios():
    return list(yaml.safe_load_all(SUITE.read_text()))


def fill(server, zone):
    """The suite's zone data, with each record of type SPF as TXT where it has no TXT of its own."""
    for name, records in zone.items():
        kinds = [next(iter(r)) if isinstance(r, dict) else r for r in records]
        for record in records:
            if record == "TIMEOUT":
                if any("TXT" in r and r["TXT"] != "NONE" for r in records if isinstance(r, dict)):
                    continue  # what times out is the obsolete type SPF
                server.add(name, "SERVFAIL")
                continue
            for kind, value in record.items():
                if value == "NONE" or value == []:
                    continue
                if kind == "SPF":
                    if "TXT" in kinds:
                        continue
                    kind = "TXT"
                if kind == "MX":
                    value = f"{value[0]} {absolute(value[1])}"
                elif kind in ("PTR", "CNAME"):
                    value = absolute(value)
                elif kind == "TXT":
                    value = b"".join(map(text, value)) if isinstance(value, list) else text(value)
                server.add(name, kind, value)


def text(value):
    return value.encode("latin-1", "replace") if isinstance(value, str) else value


def absolute(name):
    return (name or "") if str(name).endswith(".") else f"{name}."


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda s: s["description"].replace(" ", "-"))
def test_a_scenario(scenario, tmp_path):
    wrong = {}
    for name, case in scenario["tests"].items():
        # libunbound keeps what it was told: each case has a server and a process of its own.
        with NameServer() as server, Authenticate(server.address, tmp_path / "log") as process:
            fill(server, scenario["zonedata"])
            got = process.examine(client=case["host"], helo=case["helo"],
                                  reverse_path=case.get("mailfrom") or "")
        result = got["spf"][0].split("=")[1].split()[0]
        wanted = case["result"]
        wanted = wanted if isinstance(wanted, list) else [wanted]
        if result not in wanted:
            wrong[name] = f"{result}, not {' or '.join(wanted)}"
    assert wrong == DEVIATIONS.get(scenario["description"], {})


def test_no_deviation_lets_anybody_pass():
    assert not [case for cases in DEVIATIONS.values() for case in cases.values()
                if case.startswith("pass")]
