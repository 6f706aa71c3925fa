"""Products and schemes mixed on the same connections, every signature verified."""

import calls
import machine
from load import measured
from peers import Countersign
from process import Wrong
from rounds import Rig
from section import Section

CONNECTIONS, SECONDS = 64, 5
# ECS and one bucket of OSS.
ENDPOINTS = 2


def products(context):
    """Every kind of request by turns on each connection; the upstream verifies them all."""
    section = Section("Mixed products")
    section.say(
        f"{CONNECTIONS} connections, each sending ECS calls as ACS3 and RPC, OSS calls, forms and JSON by turns, for {SECONDS} s;"
        " the upstream verifies every signature with an implementation of its own."
    )
    with Rig(context.tools) as rig:
        program = rig.start(Countersign, context.binary)
        core = rig.lay_out(list(machine.LAYOUTS)[-1])
        result = measured(
            rig,
            program,
            list(calls.CALLS.values()),
            verify_one_of=1,
            core=core,
            connections=CONNECTIONS,
            seconds=SECONDS,
        )
    counts = result["counts"]
    verified = counts["acs3"] + counts["rpc"] + counts["oss"]
    if verified != result["requests"]:
        raise Wrong(f"{verified} signatures were verified, of {result['requests']}")
    section.table(
        ("requests", "ACS3 verified", "RPC v1 verified", "OSS V4 verified", "wrong", "connections opened"),
        [(result["requests"], counts["acs3"], counts["rpc"], counts["oss"], counts["wrong"], result["opened"])],
    )
    section.goal("signatures that are wrong", "none", f"{counts['wrong']} of {verified}", counts["wrong"] == 0)
    most = CONNECTIONS * ENDPOINTS
    section.goal(
        "connections opened",
        f"≤ {CONNECTIONS} to each of {ENDPOINTS} hosts",
        result["opened"],
        result["opened"] <= most,
    )
    return section
