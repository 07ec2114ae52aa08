# SPDX-License-Identifier: Apache-2.0
"""python3-authres as an oracle for our parser of Authentication-Results: its own cases, and some more."""
import ast
import re
import subprocess
from pathlib import Path

import authres
import pytest
from testsite.countersign import build_folder

THEIRS = (Path(authres.__file__).parent / "tests").read_text()
# What their cases read, and what they write: the value of a Python string at the end of its line.
STRINGS = [ast.literal_eval(text) for text in
           re.findall(r"""(?m)(?:parse\(|^)('[^'\n]*'|"[^"\n]*")\)?$""", THEIRS)]
CASES = sorted({s.partition(":")[2] for s in STRINGS
                if s.lower().startswith("authentication-results:")}) + [
    " example.org 1; none",
    " example.com; dkim=pass header.d=example.com; dkim=fail header.d=example.net",
    " EXAMPLE.com; SPF=PASS SMTP.MailFrom=Example.NET",
    " example.com;spf=pass",
    " example.com; spf=pass smtp.mailfrom=@example.com",
]

def ours(value):
    program = build_folder() / "tests" / "oracle" / "print_results"
    text = subprocess.run([program], input=value.encode() + b"\0", capture_output=True,
                          check=True).stdout.decode()
    lines = text.rstrip("\n").split("\n")
    if lines == ["!"]:
        return None
    results = []
    for line in lines[1:]:
        words = line.split("\t")
        if words[0]:
            results.append([*words, []])
        else:
            results[-1][3].append(tuple(words[1:]))
    return lines[0], results


def theirs(value):
    try:
        field = authres.AuthenticationResultsHeader.parse_value(value)
    except (authres.core.AuthResError, AttributeError):
        return None
    results = []
    for result in field.results:
        if isinstance(result, authres.core.NoneAuthenticationResult):
            continue
        results.append([result.method.lower(), (result.result or "").lower(), result.reason or "",
                        [(p.type.lower(), p.name.lower(), p.value) for p in result.properties]])
    return field.authserv_id, results


def in_small_letters(read):
    """Which letters an authserv-id has is left to who compares it."""
    return read and (read[0].lower(), read[1])


@pytest.mark.parametrize("value", CASES)
def test_a_field_reads_alike(value):
    # The address behind "policy.iprev=" needs quotes by the grammar; real verifiers leave them out.
    lax = re.search(r"policy\.iprev=[0-9a-f:]+:", value)
    # "version=TLSv1.2" is no property (RFC 8601 section 2.2): they leave it out, we take the whole
    # field for none.
    no_property = re.search(r"\sversion=", value)
    wanted, got = in_small_letters(theirs(value)), in_small_letters(ours(value))
    if wanted is None and lax:
        assert got is not None
    elif no_property:
        assert got is None
    else:
        assert got == wanted
