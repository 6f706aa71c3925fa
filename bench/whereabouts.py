"""Where the time of a request goes: system calls, instructions by stage, and a flame graph."""

import re
import shutil
import subprocess
import time

import build
import calls
import flame
import steady
from load import Load, measured
from peers import Countersign, Nginx
from process import Wrong
from rounds import Rig
from section import Section

CONNECTIONS, SECONDS, TRACED = 16, 4, 5000

# What a request passes, by the functions that the compiler leaves standing: each with all that it calls.
STAGES = {
    "the head is parsed and its grammar judged": r"wire::head::Head::parse$",
    "browsers are refused": r"classify::browser::refuse_browsers",
    "classified: operation, endpoint, policy, what is stripped": r"Pipeline>::prepare$",
    "what leaves is put together": r"pipeline::attempt::assemble$",
    "signed, and written": r"countersign::sign::sign$",
    "of this, hashing": r"compress256|sha1::block_api::compress",
    "the answer's head is parsed": r"wire::answer::AnswerHead::parse$",
    "the answer is written": r"upstream::relay::Relay::write",
    "counted, and its access line written": r"drop_in_place<countersign::pipeline::Account>",
}


def time_goes(context):
    """Three views of the same requests."""
    section = Section("Where the time goes")
    section.say(f"ACS3, {CONNECTIONS} connections, upstream plain.")
    system_calls(context, section)
    stages(context, section)
    drawn(context, section)
    return section


def system_calls(context, section):
    """Counted by strace, which slows everything down and changes no count but that of waiting."""
    if not shutil.which("strace"):
        section.say("System calls were not counted: strace is not installed.")
        return
    rows, names = {}, ("countersign", "nginx")
    for name, kind, given in (("countersign", Countersign, [context.binary]), ("nginx", Nginx, [])):
        with Rig(context.tools) as rig:
            program = rig.start(kind, *given)
            measured(rig, program, [calls.CALLS["ACS3"]], connections=CONNECTIONS, requests=1000)
            out = rig.directory / "strace"
            tracer = subprocess.Popen(
                ["strace", "-f", "-c", "-o", out, "-p", str(program.pid)], stderr=subprocess.DEVNULL
            )
            time.sleep(1)
            measured(rig, program, [calls.CALLS["ACS3"]], connections=CONNECTIONS, requests=TRACED)
            tracer.terminate()
            tracer.wait(20)
            for line in out.read_text().splitlines():
                found = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
                if found and found.group(2) != "total" and int(found.group(1)) > TRACED / 50:
                    rows.setdefault(found.group(2), {})[name] = int(found.group(1)) / TRACED
    section.say(f"System calls a request, of those of which there is one in fifty (`strace -f -c`, {TRACED} requests):")
    table = [(f"`{call}`", *(f"{counts.get(name, 0):.2f}" for name in names)) for call, counts in sorted(rows.items())]
    section.table(("", *names), table)


def stages(context, section):
    """Instructions by stage."""
    section.say("Instructions a request by stage, each with all that it calls, under callgrind:")
    columns = {}
    for name in steady.INSTRUCTIONS_MAX:
        with Rig(context.tools) as rig:
            columns[name] = steady.by_stage(rig, context.binary, name, STAGES)
    table = [(stage, *(f"{columns[name].get(stage, 0):,.0f}" for name in columns)) for stage in STAGES]
    section.table(("stage", *columns), [row for row in table if set(row[1:]) != {"0"}])


def drawn(context, section):
    """A flame graph of a build whose stacks can be walked."""
    if not shutil.which("perf"):
        section.say("No flame graph was drawn: perf is not installed.")
        return
    binary = build.product_with_frames()
    with Rig(context.tools) as rig:
        program = rig.start(Countersign, binary)
        rig.lay_out(context.layouts and list(context.layouts)[-1])
        load = Load(
            rig.tools,
            rig.directory,
            "closed",
            program.ports,
            [calls.CALLS["ACS3"]],
            connections=CONNECTIONS,
            seconds=SECONDS,
        )
        try:
            load.begin()
            stacks = flame.sampled(program.pid, SECONDS - 1, rig.directory / "perf.data")
            load.end()
        finally:
            load.stop()
    if not stacks:
        raise Wrong("perf saw nothing")
    section.say(
        "Where a core spends its time, user mode and kernel: the width of a box is its share of the samples"
        " (`perf record -g -e cpu-clock`, a build with frame pointers). Hover over a box for its name and share."
    )
    section.plot("flame.svg", flame.graph("countersign, signed small GETs", stacks), "flame graph")
