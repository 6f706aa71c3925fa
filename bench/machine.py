"""The machine: which cores, how busy, and what it is called in a report."""

import os
import platform
import re
import subprocess
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))
# The program under test has a core for itself, and the load another; the upstream a third, where there is one.
TEST = CORES[1] if len(CORES) > 1 else CORES[0]
LOAD = CORES[0]
ORIGIN = CORES[2] if len(CORES) > 2 else CORES[0]

# Where the three parts run: by layout, the cores of load, upstream and program under test.
LAYOUTS = {"one core": (TEST, TEST, TEST)}
if len(CORES) > 1:
    LAYOUTS["two cores"] = (LOAD, ORIGIN, TEST)
# Two cores that nothing else needs, where there are as many.
FREE = CORES[2:4] if len(CORES) > 3 else []


def busy():
    """The load average of the last minute."""
    return os.getloadavg()[0]


def version(command):
    """The first line that a program says of itself."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    lines = (said.stdout + said.stderr).strip().splitlines()
    return lines[0] if lines else None


def described():
    """Pairs of a name and a value."""
    cpu = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    memory = re.search(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(), re.M)
    flags = Path("/proc/cpuinfo").read_text()
    known = [
        name
        for name in ("sha_ni", "avx2", "avx512f", "vaes", "hypervisor")
        if f" {name} " in flags or f" {name}\n" in flags
    ]
    system = Path("/etc/os-release").read_text()
    name = re.search(r'^PRETTY_NAME="(.*)"', system, re.M)
    return [
        ("processor", f"{cpu.group(1) if cpu else platform.processor()}, {os.cpu_count()} cores ({', '.join(known)})"),
        ("memory", f"{int(memory.group(1)) // 1024} MiB"),
        ("system", f"{name.group(1) if name else '?'}, Linux {platform.release()}"),
        ("nginx", version(["nginx", "-v"]) or "none"),
        ("haproxy", version(["haproxy", "-v"]) or "none"),
    ]
