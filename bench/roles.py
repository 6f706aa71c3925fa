"""Many roles in one process: does the cost of a request stay flat?"""

import calls
from peers import Countersign
from rounds import Rig, cpu_us, interleaved
from section import Section

ROLES = (1, 10, 100, 1000)
CONNECTIONS = 1000
FLAT = 0.03
# STS is asked twenty times a second.
PATIENCE = 120


def many(context):
    """The same load on ever more roles, each with a listener and a credential of its own."""
    section = Section("Roles in one process")
    section.say(
        f"{CONNECTIONS} connections, ACS3, upstream plain, spread over so many roles, each with a listener and a credential of"
        " its own from STS."
    )
    with Rig(context.tools) as rig:
        running = {}
        for roles in ROLES:
            program = rig.start(Countersign, context.binary, roles=roles, assumes=True)
            program.ready(PATIENCE)
            running[f"{roles} roles"] = program
        idle = {name: program.memory()["rss"] for name, program in running.items()}
        running["1 role again"] = running["1 roles"]
        rows = []
        for layout in ("one core",):
            cell = interleaved(
                rig, layout, running, [calls.CALLS["ACS3"]], context.rounds, layout, connections=CONNECTIONS, seconds=1
            )
            for name in running:
                cost = cell.spread(name, cpu_us)
                rows.append((name, f"{cost.median:.1f}", cell.ratio(name, "1 roles", cpu_us), idle.get(name, "")))
            ratio, noise = (cell.ratio(name, "1 roles", cpu_us).median for name in ("1000 roles", "1 role again"))
            found = f"{ratio:.3f}; one role against itself {noise:.3f}"
            section.goal(
                "cost of a request with 1,000 roles over 1",
                f"≤ {1 + FLAT}",
                found,
                ratio <= 1 + FLAT,
                abs(noise - 1) > FLAT,
            )
    section.table(("roles", "CPU µs/request", "over one role's", "idle KiB"), rows)
    return section
