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
        f"{CONNECTIONS} connections take turns, ACS3. What is added is a difference to the upstream in the clear without a"
        " proxy in the same round: median (least–most) of the rounds, in µs. On two cores every hop wakes a core that sleeps,"
        " which in a virtual machine costs more than any proxy."
    )
    rows = []
    for tls in (False, True):
        with Rig(context.tools) as rig:
            nginx = rig.start(Nginx, tls=tls)
            running = {
                "direct": Direct(rig),
                "nginx": nginx,
                "countersign": rig.start(Countersign, context.binary, tls=tls),
                "haproxy": rig.start(Haproxy, tls=tls),
                "nginx again": nginx,
            }
            for layout in machine.LAYOUTS:
                title = f"{layout}, upstream {'TLS' if tls else 'plain'}"
                options = {"kind": "paced", "connections": CONNECTIONS, "rate": RATE, "seconds": SECONDS}
                cell = interleaved(rig, title, running, [calls.CALLS["ACS3"]], context.rounds, layout, **options)
                judge(section, cell)
                rows += [(title, name, *figures(cell, name)) for name in running]
    section.table(("conditions", "program", "p50 µs", "p99 µs", "p50 added", "p99 added"), rows)
    return section


def figures(cell, name):
    """What the table says of one program."""
    both = ("p50", "p99")
    absolute = [f"{statistics.median(result[figure] for result in cell.rounds[name]):.0f}" for figure in both]
    spreads = (added(cell, name, figure) for figure in both)
    return *absolute, *(f"{statistics.median(each):.0f} ({min(each):.0f}–{max(each):.0f})" for each in spreads)


def judge(section, cell):
    """Against nginx, within what nginx usually differs from itself in a round."""
    for figure in ("p50", "p99"):
        ours, nginx = (added(cell, name, figure) for name in ("countersign", "nginx"))
        noise = statistics.median(abs(one - other) for one, other in zip(added(cell, "nginx again", figure), nginx))
        middle = statistics.median(one - other for one, other in zip(ours, nginx))
        found = f"{middle:+.0f} µs; nginx differs from itself by {noise:.0f}"
        section.goal(f"{figure} added at 1,000 requests/s, {cell.title}", "≤ nginx's, within noise", found, middle <= noise)
