"""Memory: idle, with 1,000 idle connections, and after these were busy."""

import calls
from load import Load
from peers import Countersign, Haproxy, Nginx
from rounds import Rig, say
from section import Section

CONNECTIONS, SECONDS = 1000, 2
IDLE_MAX, EACH_MAX, AFTER_MAX = 4 * 1024, 2.5, 16 * 1024


def resident(context):
    """One after the other: memory does not depend on who else runs."""
    section = Section("Memory")
    section.say(
        "KiB resident (private). Idle: after the start. Then 1,000 connections that are still open, each of which has made"
        " one request when the one before had its answer;"
        " then the same after two seconds of work on all of them, still open. ACS3."
    )
    rows = []
    for tls in (False, True):
        kinds = {"countersign": (Countersign, context.binary)}
        if context.static:
            kinds["countersign, static"] = (Countersign, context.static)
        kinds |= {"nginx": (Nginx,), "haproxy": (Haproxy,)}
        for name, (kind, *given) in kinds.items():
            with Rig(context.tools) as rig:
                marks = one(rig, rig.start(kind, *given, tls=tls))
            each = (marks[1]["rss"] - marks[0]["rss"]) / CONNECTIONS
            texts = (f"{mark['rss']} ({mark['private']})" for mark in marks)
            rows.append(("TLS" if tls else "plain", name, *texts, f"{each:.2f}"))
            say(f"  {rows[-1]}")
            if name.startswith("countersign") and not tls:
                judge(section, name, marks, each)
    section.table(
        ("upstream", "program", "idle", "1,000 idle connections", "after 1,000 busy ones", "KiB a connection"), rows
    )
    return section


def one(rig, program):
    """The three marks of one program."""
    marks = [program.memory()]
    load = Load(
        rig.tools,
        rig.directory,
        "closed",
        program.ports,
        [calls.CALLS["ACS3"]],
        connections=CONNECTIONS,
        seconds=SECONDS,
        one_by_one="true",
    )
    try:
        marks.append(program.memory())
        load.begin()
        load.end()
        marks.append(program.memory())
    finally:
        load.stop()
    return marks


def judge(section, name, marks, each):
    """Against the goals."""
    section.goal(f"{name}, idle", f"≤ {IDLE_MAX} KiB", f"{marks[0]['rss']} KiB", marks[0]["rss"] <= IDLE_MAX)
    section.goal(f"{name}, an idle connection", f"≤ {EACH_MAX} KiB", f"{each:.2f} KiB", each <= EACH_MAX)
    section.goal(
        f"{name}, after 1,000 busy connections",
        f"≤ {AFTER_MAX} KiB",
        f"{marks[2]['rss']} KiB",
        marks[2]["rss"] <= AFTER_MAX,
    )
