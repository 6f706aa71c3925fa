"""What a proxy adds to a request's latency at 1,000 requests a second, where nothing queues."""

import statistics

import calls
import machine
from peers import Countersign, Direct, Haproxy, Nginx
from rounds import Rig, interleaved
from section import Section

RATE, CONNECTIONS, SECONDS = 1000, 16, 2


def added(cell, name, figure):
    """Microseconds over direct, a round each."""
    pairs = zip(cell.rounds[name], cell.rounds["direct"])
    return [one[figure] - direct[figure] for one, direct in pairs]


def paced(context):
    """Every program at the same pace."""
    section = Section("Latency added at 1,000 requests/s")
    section.say(
        f"{CONNECTIONS} connections take turns, ACS3, upstream plain. What is added is a difference to the upstream without a"
        " proxy in the same round: median (least–most) of the rounds, in µs. On two cores every hop wakes a core that sleeps,"
        " which in a virtual machine costs more than any proxy."
    )
    rows = []
    with Rig(context.tools) as rig:
        nginx = rig.start(Nginx)
        running = {
            "direct": Direct(rig),
            "nginx": nginx,
            "countersign": rig.start(Countersign, context.binary),
            "haproxy": rig.start(Haproxy),
            "nginx again": nginx,
        }
        for layout in machine.LAYOUTS:
            cell = interleaved(
                rig,
                layout,
                running,
                [calls.CALLS["ACS3"]],
                context.rounds,
                layout,
                kind="paced",
                connections=CONNECTIONS,
                rate=RATE,
                seconds=SECONDS,
            )
            judge(section, cell, layout)
            for name in running:
                texts = []
                for figure in ("p50", "p99"):
                    values = added(cell, name, figure)
                    texts.append(f"{statistics.median(values):.0f} ({min(values):.0f}–{max(values):.0f})")
                absolute = (
                    statistics.median(result[figure] for result in cell.rounds[name]) for figure in ("p50", "p99")
                )
                rows.append((layout, name, *(f"{value:.0f}" for value in absolute), *texts))
    section.table(("layout", "program", "p50 µs", "p99 µs", "p50 added", "p99 added"), rows)
    return section


def judge(section, cell, layout):
    """Against nginx, within what nginx usually differs from itself in a round."""
    for figure in ("p50", "p99"):
        ours, nginx = (added(cell, name, figure) for name in ("countersign", "nginx"))
        noise = statistics.median(abs(one - other) for one, other in zip(added(cell, "nginx again", figure), nginx))
        middle = statistics.median(one - other for one, other in zip(ours, nginx))
        found = f"{middle:+.0f} µs; nginx differs from itself by {noise:.0f}"
        section.goal(f"{figure} added at 1,000 requests/s, {layout}", "≤ nginx's, within noise", found, middle <= noise)
