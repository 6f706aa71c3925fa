"""What is counted and not timed, in the report: the checks of `bench/run quick`, and where instructions go."""

import steady
from rounds import Rig
from section import Section

SHOWN = 16


def figures(context):
    """The steady figures, and the functions that take most."""
    section = Section("Counted, not timed")
    section.say(
        "The same on every machine, and what `bench/run quick` fails on. Allocations are the whole process's, access log on;"
        " instructions are those in user mode under callgrind, whose processor has no instructions for SHA, so that hashing is"
        " counted by itself."
    )
    with Rig(context.tools) as rig:
        found = list(steady.checks(rig, context.binary))
    section.table(
        ("what", "found", "bound"),
        [(check.name, f"{check.value:.6g} {check.unit}", f"{check.bound:g}") for check in found],
    )
    for check in found:
        if check.name.startswith("allocations"):
            section.goal(check.name, "0", f"{check.value:.4f}", check.value < 0.001)
    with Rig(context.tools) as rig:
        for name in steady.INSTRUCTIONS_MAX:
            costs = sorted(steady.instructions(rig, context.binary, name).items(), key=lambda pair: -pair[1])
            section.say(f"Instructions a request by function, {name}, {sum(cost for _, cost in costs):.0f} in all:")
            rows = [(f"{cost:.0f}", f"`{function}`") for function, cost in costs[:SHOWN]]
            section.table(("instructions", "function"), rows)
    return section
