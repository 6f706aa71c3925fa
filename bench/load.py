"""The load generator: made ready, measured, and believed only if the upstream counted the same."""

import json
import select
import subprocess
from pathlib import Path

import machine
from process import Process, Wrong


class Load(Process):
    """One run. `begin` lets it go, `end` has its result; its connections stay open until `stop`."""

    def __init__(self, tools, directory, kind, ports, asked, core=None, **options):
        files = []
        for index, request in enumerate(asked):
            path = Path(directory) / f"request-{index}"
            path.write_bytes(request)
            files += ["--request", path]
        addresses = [part for port in ports for part in ("--address", f"127.0.0.1:{port}")]
        given = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
        command = [tools / "load", kind, *addresses, *files, *given]
        core = machine.LOAD if core is None else core
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        log = Path(directory) / "load.log"
        log.unlink(missing_ok=True)
        super().__init__(command, core, log, **pipes)
        self.line(60)

    def line(self, seconds):
        """Its next line."""
        if not select.select([self.child.stdout], [], [], seconds)[0]:
            raise Wrong(f"the load said nothing for {seconds} s")
        text = self.child.stdout.readline()
        if not text:
            self.child.wait()
            raise Wrong(self.log.read_text(errors="replace")[-2000:] or "the load ended")
        return text

    def begin(self):
        """Lets it go."""
        self.child.stdin.write(b"\n")
        self.child.stdin.flush()

    def end(self, seconds=120):
        """Its result."""
        return json.loads(self.line(seconds))


def measured(rig, program, asked, kind="closed", is_signed=None, verify_one_of=199, core=None, **options):
    """One run against a program: its result, with CPU seconds, what the upstream counted, and how many connections to it were
    opened since the first request."""
    is_signed = program.is_signed if is_signed is None else is_signed
    rig.origin.verify_one_of(verify_one_of if is_signed else 0)
    load = Load(rig.tools, rig.directory, kind, program.ports, asked, core, **options)
    try:
        opened = rig.origin.counts()["connections"]
        before, modes = program.cpu(), program.modes()
        load.begin()
        try:
            result = load.end()
        except Wrong as wrong:
            raise Wrong(f"{program.name}: {wrong}") from None
        result["cpu"] = program.cpu() - before
        result["user"], result["system"] = (after - first for after, first in zip(program.modes(), modes))
        counts = rig.origin.counts()
    finally:
        load.stop()
    believe(result, counts, program, is_signed)
    if asked[0].startswith(b"PUT ") and counts["body_bytes"] != options["bytes"] * result["requests"]:
        raise Wrong(f"{program.name}: {counts['body_bytes']} bytes of bodies reached the upstream")
    return result | {"counts": counts, "opened": opened + counts["connections"]}


def believe(result, counts, program, is_signed):
    """Raises unless what was answered is what arrived, signed rightly where it must be."""
    if counts["requests"] != result["requests"]:
        raise Wrong(
            f"{program.name}: {result['requests']} answers, but {counts['requests']} requests reached the upstream"
        )
    if counts["wrong"]:
        raise Wrong(f"{program.name}: {counts['wrong']} signatures are wrong: {counts['fault']}")
    if is_signed and not counts["acs3"] + counts["rpc"] + counts["oss"]:
        raise Wrong(f"{program.name}: no signature was verified")
