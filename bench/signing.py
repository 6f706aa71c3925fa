"""Signing alone, in one process beside hashing the same bytes and beside other crates."""

import json
import os
import subprocess

import build
import machine
from section import Section

HASHING_MAX, CRATES_MAX = 1.4, 0.2
ROUNDS = 41


def alone(context):
    """Runs the program that times it, on one core."""
    section = Section("Signing alone")
    section.say(
        "A security token of 700 bytes; the request is parsed already, the head that leaves is written. Hashing alone: SHA-256 of"
        " the canonical request and a MAC whose key is absorbed, of the very bytes that were signed. `reqsign` signs an OSS"
        " request (its copy of the input is taken off), `aws-sigv4` a request for its own cloud, without putting the headers"
        f" into it. Median of {ROUNDS} rounds of 2,000, in turn (quartiles)."
    )
    tools = build.tools("counted", "signing")
    done = subprocess.run(
        [tools / "signing", str(ROUNDS)],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {machine.TEST}),
    )
    found = json.loads(done.stdout)
    rows = []
    for name, row in found.items():
        hashing = found.get(f"{name}, hashing alone")
        ratio = f"{row['ns'] / hashing['ns']:.2f}" if hashing else ""
        rows.append(
            (
                name,
                f"{row['ns']:.0f} ({row['low']:.0f}–{row['high']:.0f})",
                f"{row['allocations']:.0f}",
                f"{row['bytes']:.0f}",
                ratio,
            )
        )
    section.table(("", "ns", "allocations", "bytes", "over hashing"), rows)
    for name in ("ACS3", "RPC v1", "OSS V4"):
        ratio = found[name]["ns"] / found[f"{name}, hashing alone"]["ns"]
        section.goal(
            f"signing {name} over hashing the same bytes", f"≤ {HASHING_MAX}", f"{ratio:.2f}", ratio <= HASHING_MAX
        )
        section.goal(
            f"allocations of signing {name}", "0", f"{found[name]['allocations']:.0f}", found[name]["allocations"] == 0
        )
    for name, other in (("ACS3", "aws-sigv4"), ("OSS V4", "reqsign OSS V4")):
        ratio = found[name]["ns"] / found[other]["ns"]
        section.goal(f"signing {name} over {other}", f"≤ {CRATES_MAX}", f"{ratio:.3f}", ratio <= CRATES_MAX)
    return section
