"""Workers: what a second one costs, and, where there are cores for it, what it brings."""

import calls
import machine
from peers import Countersign
from rounds import Rig, cpu_us, interleaved, rate
from section import Section

CONNECTIONS, SECONDS, GAIN = 128, 1, 1.8


def scale(context):
    """One worker and two, on the same cores."""
    section = Section("Workers")
    free = machine.FREE
    where = "two cores of their own" if free else "no cores of their own: load and upstream share them"
    section.say(f"{CONNECTIONS} connections, ACS3, upstream plain. The workers have {where}.")
    with Rig(context.tools) as rig:
        running = {
            "1 worker": rig.start(Countersign, context.binary),
            "2 workers": rig.start(Countersign, context.binary, workers=2),
        }
        running["1 worker again"] = running["1 worker"]
        # Of many, each worker has its share by the system's choice.
        core = rig.spread_out()
        cell = interleaved(
            rig,
            "1 and 2 workers",
            running,
            [calls.CALLS["ACS3"]],
            context.rounds,
            None,
            core=core,
            connections=CONNECTIONS,
            seconds=SECONDS,
        )
    rows = []
    for name in running:
        cost, speed = (cell.ratio(name, "1 worker", figure) for figure in (cpu_us, rate))
        absolute = f"{cell.spread(name, rate).median:,.0f}", f"{cell.spread(name, cpu_us).median:.1f}"
        rows.append((name, *absolute, speed, cost))
    section.table(("", "requests/s", "CPU µs/request", "requests/s over one's", "CPU over one's"), rows)
    gain = cell.ratio("2 workers", "1 worker", rate)
    is_met = gain.median >= GAIN if free else None
    found = str(gain) + ("" if free else "; no two cores are free for them")
    section.goal("requests/s of 2 workers over 1", f"≥ {GAIN}", found, is_met)
    return section
