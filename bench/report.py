"""`bench/run all`: every case, and docs/performance.md."""

import os
import subprocess
import sys
import time
from pathlib import Path

import bodies
import build
import counted
import latency
import machine
import memory
import mixed
import refresh
import roles
import signing
import small
import start
import whereabouts
import workers
from process import Wrong
from section import Section

OUT = build.ROOT / "docs"
# Why goals are missed, by hand: it is of the run whose date it names.
NOTES = build.HERE / "notes.md"

# By the word on the command line, in the order of the report.
CASES = {
    "small": lambda context: small.acs3(context, tls=False),
    "tls": lambda context: small.acs3(context, tls=True),
    "schemes": small.schemes,
    "latency": latency.paced,
    "bodies": bodies.large,
    "memory": memory.resident,
    "start": start.cold,
    "roles": roles.many,
    "workers": workers.scale,
    "refresh": refresh.under_load,
    "mixed": mixed.products,
    "signing": signing.alone,
    "counted": counted.figures,
    "where": whereabouts.time_goes,
}

# A machine that does this much else already measures somebody else.
BUSY_MAX = 0.5

HEAD = """# Performance

Written by `bench/run all`; change `bench/`, not this page.

Everything is measured in one run, by turns: A B C A B C. What is quoted is a ratio to nginx in the same round: the median of
the rounds and, in brackets, the least and the most. Absolute figures are this machine's and say little about another one. CPU
time is what the kernel's scheduler counted for the process under test. nginx is measured twice in each round; where it does not
agree with itself within 5 %, the machine was too noisy to tell, and the page says so.

The load generator and the upstream are the project's own (`bench/tools`). Every answer must be a whole 200 on the connection
that asked; the upstream counts what arrives, and verifies signatures with an implementation of its own: one of 199 where time
is measured, all of them where products are mixed. A run whose counts differ, in which a connection was opened again or a
signature is wrong, ends the whole.

nginx and haproxy sign nothing here and write no access log, and countersign does both: the comparison is with what a plain
proxy would cost. What it does not show: real networks (everything is loopback), other processors, HTTP/2, and many cores."""


class Context:
    """What every case is handed."""

    def __init__(self):
        build.install("nginx", "haproxy", "valgrind", "perf", "strace")
        self.tools, self.binary = build.tools("counted", "signing"), build.product()
        self.static = build.static_product()
        self.rounds = int(os.environ.get("ROUNDS", 5))
        self.layouts = machine.LAYOUTS


def about(context, begun, load, words):
    """Date, machine and commands, as a table."""
    git, product = ["git", "-C", str(build.ROOT)], ["--", "src", "build", "data", "Cargo.toml", "Cargo.lock"]
    # The last commit that changed the product, not the benchmark or the documentation.
    revision = machine.version([*git, "log", "-1", "--format=%h", *product]) or "unknown"
    changed = subprocess.run([*git, "status", "--porcelain", *product], capture_output=True, text=True, check=False)
    command = f"`bench/run {' '.join(words)}`"
    if context.static:
        command = "`deploy/build --no-sandbox`, " + command
    rows = [
        ("date", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(begun))),
        (
            "version",
            f"{machine.version([context.binary, '--version'])}, {revision}{' and changes' if changed.stdout else ''}",
        ),
        *machine.described(),
        ("load average", f"{load:.2f} before" + (" (**the machine was busy**)" if load > BUSY_MAX else "")),
        ("rounds", context.rounds),
        ("commands", command),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def goals(sections):
    """Every goal and what became of it."""
    rows = [
        f"| {what} | {goal} | {found} | {verdict} |"
        for section in sections
        for what, goal, found, verdict in section.goals
    ]
    return "\n".join(["## Goals", "", "| what | goal | found | |", "|---|---|---|---|", *rows, ""])


def run(words):
    """Runs cases; `all` writes the page as well. Returns the exit code: goals are not judged by it."""
    chosen = list(CASES) if words == ["all"] else words
    unknown = [word for word in chosen if word not in CASES]
    if unknown:
        print(f"no case is called {', '.join(unknown)}; there are: {', '.join(CASES)}", file=sys.stderr)
        return 64
    context = Context()
    begun, load = time.time(), machine.busy()
    if load > BUSY_MAX:
        print(f"the machine is busy (load average {load:.2f}): what is timed now may be noise", flush=True)
    sections, failed = [], 0
    for word in chosen:
        try:
            sections.append(CASES[word](context))
        except Wrong as wrong:
            failed += 1
            sections.append(Section(f"{word}: not measured"))
            sections[-1].say(f"The run was wrong and does not count: {wrong}")
        if words == ["all"]:
            # After each case, so that a run that is cut off has not been for nothing.
            top = [HEAD, "", about(context, begun, load, words), "", goals(sections)]
            written("\n".join([*top, *(section.markdown() for section in sections), NOTES.read_text()]), sections)
    print("\n" + goals(sections))
    return 1 if failed else 0


def written(text, sections):
    """Writes the page and its plots."""
    page, plots = OUT / "performance.md", Path(OUT / "performance")
    plots.mkdir(exist_ok=True)
    page.write_text(text.rstrip() + "\n")
    for section in sections:
        for name, svg in section.plots.items():
            (plots / name).write_text(svg)
