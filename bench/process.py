"""A process under watch: pinned to a core, its CPU time and memory read from the kernel."""

import itertools
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PATIENCE = 20


class Wrong(Exception):
    """A run that must not count."""


def free_port(_next=itertools.count(20_000 + os.getpid() % 8_000)):
    """A port that nobody listens on, never the same twice, and none that the system hands to connections that go out."""
    for port in _next:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Wrong("no port is free")


class Process:
    """Started pinned; ends with `stop`, and is asked after every run whether it still lives."""

    def __init__(self, command, core, log, **more):
        self.name = Path(str(command[0])).name
        self.command, self.log = [str(part) for part in command], Path(log)
        with open(self.log, "ab") as out:
            more = {"stdout": out, "stderr": out, "stdin": subprocess.DEVNULL} | more
            self.child = subprocess.Popen(self.command, preexec_fn=lambda: os.sched_setaffinity(0, {core}), **more)
        self.pid = self.child.pid

    def pin(self, *cores):
        """Moves every thread to one core, or to some."""
        for task in os.listdir(f"/proc/{self.pid}/task"):
            os.sched_setaffinity(int(task), cores)

    def alive(self):
        """Raises if it has ended."""
        if self.child.poll() is not None:
            said = self.log.read_text(errors="replace")[-2000:]
            raise Wrong(f"{self.name} ended with {self.child.returncode}: {said}")

    def cpu(self):
        """Seconds on a core, in user mode and in the kernel, of all its threads, as the scheduler counted them."""
        self.alive()
        total = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            total += int(Path(f"/proc/{self.pid}/task/{task}/schedstat").read_text().split()[0])
        return total / 1e9

    def modes(self):
        """The same in whole ticks, apart: user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) / TICK, int(fields[12]) / TICK

    def memory(self):
        """KiB: resident now, the most ever, and what is nobody else's."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        field = lambda name, text: sum(int(number) for number in re.findall(rf"^{name}:\s+(\d+) kB", text, re.M))
        return {
            "rss": field("VmRSS", status),
            "peak": field("VmHWM", status),
            "private": field("Private_Clean", rollup) + field("Private_Dirty", rollup),
        }

    def forget_peak(self):
        """Begins to count the most memory anew."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def listening(self, port):
        """Waits until it takes connections."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.alive()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise Wrong(f"{self.name} does not listen on {port}")

    def stop(self):
        """Ends it, at once if it does not end by itself."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGKILL)
        self.child.wait()
