"""Refreshing a credential under full load: does anybody wait for it?"""

import statistics

import calls
import plot
from load import Load
from peers import Countersign
from process import Wrong
from rounds import Rig
from section import Section

LIFE, SECONDS, WINDOW_MS = 20, 40, 100
CONNECTIONS = 16
# Windows that a refresh may touch, from the one in which STS is asked on.
NEAR = 3


def under_load(context):
    """One long run, cut into windows."""
    section = Section("Refresh under load")
    section.say(
        f"STS gives credentials that live {LIFE} s, so that one is fetched about every ten seconds, while"
        f" {CONNECTIONS} connections keep the process busy. Latency in windows of {WINDOW_MS} ms; those near a refresh are compared with all others."
    )
    layout = "two cores"
    with Rig(context.tools) as rig:
        rig.origin.control(f"life/{LIFE}")
        program = rig.start(Countersign, context.binary, roles=1, assumes=True)
        core = rig.lay_out(layout) if layout in context.layouts else rig.lay_out("one core")
        rig.origin.verify_one_of(199)
        load = Load(
            rig.tools,
            rig.directory,
            "closed",
            program.ports,
            [calls.CALLS["ACS3"]],
            core,
            connections=CONNECTIONS,
            seconds=SECONDS,
            window=WINDOW_MS,
        )
        try:
            rig.origin.counts()
            load.begin()
            result = load.end()
            counts = rig.origin.counts()
        finally:
            load.stop()
    marks = [(call - result["began_ms"]) / 1000 for call in counts["sts_calls"]]
    if counts["wrong"] or not counts["acs3"]:
        raise Wrong(f"{counts['wrong']} signatures are wrong: {counts['fault']}")
    if len(marks) < 2:
        raise Wrong(f"{len(marks)} refreshes in {SECONDS} s")
    windows = result["windows"][1:-1]
    near = {int(mark * 1000 / WINDOW_MS) - 1 + step for mark in marks for step in range(NEAR)}
    sets = [[window for index, window in enumerate(windows) if (index in near) == is_near] for is_near in (False, True)]
    rows = []
    for name, chosen in zip(("all other windows", "windows at a refresh"), sets):
        p50, p99 = (statistics.median(window[at] for window in chosen) for at in (0, 1))
        rows.append((name, len(chosen), f"{p50:.0f}", f"{p99:.0f}", f"{max(window[1] for window in chosen):.0f}"))
    section.table(("", "windows", "p50 µs", "p99 µs (median window)", "p99 µs (worst window)"), rows)
    others = sorted(window[1] for window in sets[0])
    quiet, at = statistics.median(others), statistics.median(window[1] for window in sets[1])
    noise = others[len(others) * 9 // 10]
    section.goal(
        f"p99 at a refresh ({len(marks)} in {SECONDS} s)",
        "within the other windows' upper tenth",
        f"{at:.0f} µs; the others {quiet:.0f}, their upper tenth from {noise:.0f}",
        at <= noise,
    )
    series = {"p50": [window[0] for window in windows], "p99": [window[1] for window in windows]}
    section.plot(
        "refresh.svg",
        plot.curves("Latency while credentials are refreshed (dashed)", "µs", series, WINDOW_MS / 1000, marks),
        "latency over time",
    )
    return section
