# SPDX-License-Identifier: Apache-2.0
"""Metrics and logs: listed, counted, quoted."""
import re
from pathlib import Path

from testsite.page import request
from testsite.waiting import until

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"


def documented(program):
    """Metric -> type, of one program's table in docs/metrics.md."""
    section = DOCS.read_text().split(f"## {program}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", section, re.M))


def served(port):
    text = request(f"http://127.0.0.1:{port}/metrics").text
    return {name: kind for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M)
            if not name.startswith("exposer_")}


def test_each_metric_is_documented_and_each_documented_one_is_served(place):
    place.send("joe@example.org")
    assert served(place.node.metrics_port) == documented("countersign-milter")
    assert served(place.node.page_metrics_port) == documented("countersign-challenge")


def test_decisions_are_counted_by_disposition_and_reason(place):
    def total():
        return {name: value for name, value in place.node.metrics().items()
                if name.startswith("countersign_") and "{" in name}
    before = total()
    place.send("joe@example.org", author="a@counted.example")
    place.send("postmaster@example.org", author="a@counted.example")
    after = total()
    grown = {name for name in after if after[name] > before.get(name, 0)}
    assert any("first-contact" in name for name in grown), grown
    assert any("exempt" in name for name in grown), grown


def test_a_decision_is_one_quoted_line(place):
    nasty = "\"x y\\\"=z\"@evil.example"
    entry = place.send("joe@example.org", author="log@quoted.example",
                       fields=["X-Log: \x1b[31mred"], reverse_path="log@quoted.example")
    place.send(nasty.replace("evil.example", "example.org"), author="log2@quoted.example")
    [held_id] = place.held(entry)

    def line():
        found = [x for x in place.node.milter.output().splitlines()
                 if "decided" in x and held_id in x]
        return found[0] if found else None
    text = until(line, "logged")
    for part in ("queue_id=", f"held_id={held_id}", "disposition=hold", "reason=first-contact",
                 "author=log@quoted.example", "recipient="):
        assert part in text, text
    assert "\x1b" not in place.node.milter.output()
    assert "first-contact" in text and text.count("\n") == 0


def test_the_page_is_alive_and_ready(place):
    assert request(f"http://127.0.0.1:{place.node.page_port}/healthz").status == 200
