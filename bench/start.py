"""Cold start: from starting the process until it listens, and until its first signed answer. And how large the binary is."""

import json
import subprocess

import calls
from peers import Countersign, Haproxy, Nginx
from process import Wrong
from rounds import Rig, Spread
from section import Section

ROUNDS = 20
LISTENING_MAX_MS, SIZE_MAX_MIB = 3, 6


def cold(context):
    """Starts each in turn, many times; the files are in the system's cache."""
    section = Section("Cold start")
    section.say(
        f"{ROUNDS} starts each, in turn, in milliseconds from the call that starts the process: median (least–most). No core is"
        " set aside. The first answer of countersign is a signed request's, with the credential from the environment."
    )
    with Rig(context.tools) as rig:
        kinds = {"countersign": (Countersign, context.binary)}
        if context.static:
            kinds["countersign, static"] = (Countersign, context.static)
        kinds |= {"nginx": (Nginx,), "haproxy": (Haproxy,)}
        programs = {name: rig.start(kind, *given) for name, (kind, *given) in kinds.items()}
        for program in programs.values():
            program.stop()
        times = {name: [] for name in programs}
        for _ in range(ROUNDS):
            for name, program in programs.items():
                times[name].append(once(rig, program))
        counts = rig.origin.counts()
        if counts["requests"] != ROUNDS * len(programs):
            raise Wrong(f"{counts['requests']} first requests reached the upstream, of {ROUNDS * len(programs)}")
    rows = []
    for name, found in times.items():
        spreads = [Spread(time[figure] for time in found) for figure in ("listening_ms", "answered_ms")]
        rows.append((name, *spreads))
        if name.startswith("countersign"):
            median = spreads[0].median
            section.goal(
                f"{name}, cold start to listening",
                f"≤ {LISTENING_MAX_MS} ms",
                f"{median:.1f} ms",
                median <= LISTENING_MAX_MS,
            )
    section.table(("program", "listening", "first answer"), rows)
    size(section, context)
    return section


def once(rig, program):
    """One start."""
    request = rig.directory / "first"
    request.write_bytes(calls.CALLS["ACS3"])
    address = f"127.0.0.1:{program.ports[0]}"
    command = [rig.tools / "load", "start", "--request", request, "--address", address, "--", *program.command]
    environment = getattr(program, "environment", None)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=rig.directory)
    if done.returncode:
        raise Wrong(f"{program.name}: {done.stderr}")
    return json.loads(done.stdout)


def size(section, context):
    """The static binary's."""
    if not context.static:
        section.goal(
            "static binary without the sandbox", f"≤ {SIZE_MAX_MIB} MiB", "deploy/build --no-sandbox was not run", None
        )
        return
    mib = context.static.stat().st_size / 1024 / 1024
    shown = subprocess.run([context.static, "run", "--help"], capture_output=True, text=True, check=False).stdout
    which = "with the sandbox" if "--sandbox" in shown else "without the sandbox"
    section.goal(f"static binary, {which}", f"≤ {SIZE_MAX_MIB} MiB", f"{mib:.1f} MiB", mib <= SIZE_MAX_MIB)
