"""What is the same on every machine: counted, not timed. `bench/run quick` fails on these alone.

A bound is what was measured when it was set, and a margin. It moves with a reason beside it.
"""

import re
import socket
from collections import defaultdict

import calls
from load import measured
from peers import Countersign
from process import Wrong, free_port

MIB = 1024 * 1024

# Of the whole process, access log on, once everything has grown. None at all is the goal; the odd one is a timer's or the log's.
ALLOCATIONS_MAX = {"ACS3": 0.01, "RPC v1": 0.01, "OSS V4": 0.01}
# Of the whole process in user mode, under callgrind: one connection, access log on. By scheme, without what hashes, and what
# hashes, which is a count of blocks: callgrind's processor has no instructions for SHA. Measured: 37.7 k and 80.0 k, 45.4 k
# and 30.2 k, 32.5 k and 63.4 k; the margin of a fifth is for other processors, whose string functions differ.
INSTRUCTIONS_MAX = {"ACS3": (46_000, 84_000), "RPC v1": (55_000, 32_000), "OSS V4": (39_000, 67_000)}
# Fewer than this are no signed request.
INSTRUCTIONS_LEAST = 5_000
# What 256 MiB may take more than 1 MiB. A body streams through buffers of 56 KiB, and the allocator rounds up.
GROWTH_MAX_KIB = 1024
# Four at once, over what was resident idle.
PARALLEL_MAX_KIB = 4096
# Connections to the upstream: no more than callers, ever.
CONNECTIONS = 16

HASHING = re.compile(r"compress|sha1|sha2|sha256|Sha1|Sha256")


class Check:
    """A figure and its bound."""

    def __init__(self, name, value, bound, unit):
        self.name, self.value, self.bound, self.unit = name, value, bound, unit

    @property
    def is_kept(self):
        """Whether it is within its bound."""
        return self.value <= self.bound

    def __str__(self):
        verdict = "ok    " if self.is_kept else "FAILED"
        return f"{verdict} {self.name}: {self.value:.6g} {self.unit}, at most {self.bound:g}"


def counter(port):
    """Allocations and their bytes since the process began."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as asked:
        calls_, bytes_ = asked.makefile().readline().split()
    return int(calls_), int(bytes_)


def allocations(rig, warm_up=2000, requests=5000):
    """Allocations and bytes a request, by scheme: the product's own main with an allocator that counts."""
    found = {}
    for name in ALLOCATIONS_MAX:
        port = free_port()
        program = rig.start(Countersign, rig.tools / "counted", environment={"BENCH_COUNTER": f"127.0.0.1:{port}"})
        run = lambda count: measured(rig, program, [calls.CALLS[name]], connections=CONNECTIONS, requests=count)
        run(warm_up)
        if counter(port)[0] < CONNECTIONS:
            raise Wrong("the counter does not count: connections take memory")
        found[name] = between(run, requests, port)
        rig.stop(program)
    return found


def between(run, requests, port):
    """The difference between a longer and a shorter run, so that what connections cost is in neither."""
    marks = []
    for count in (requests, 2 * requests):
        before = counter(port)
        run(count)
        marks.append([after - first for after, first in zip(counter(port), before)])
    return tuple((longer - shorter) / requests for shorter, longer in zip(*marks))


def by_function(path):
    """Instructions by function, of one file of callgrind's."""
    costs, names, function = defaultdict(int), {}, ""
    skip = False
    for line in path.read_text(errors="replace").splitlines():
        if line.startswith("fn="):
            number, _, name = line[3:].partition(" ")
            function = names.setdefault(number, name)
        elif line.startswith("calls="):
            skip = True
        elif line[:1] in "+-*0123456789" and line:
            if not skip:
                costs[function] += int(line.split()[1])
            skip = False
        elif line.startswith(("cfn=",)):
            number, _, name = line[4:].partition(" ")
            if name:
                names.setdefault(number, name)
    return costs


def instructions(rig, binary, name, fewer=300, more=1300):
    """Instructions a request by function: the difference of two runs, so that starting and ending are in neither."""
    costs = []
    for requests in (fewer, more):
        out = rig.directory / f"callgrind-{requests}"
        out.unlink(missing_ok=True)
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--quiet"]
        program = rig.start(Countersign, binary, before=valgrind)
        measured(rig, program, [calls.CALLS[name]], connections=1, requests=requests)
        program.child.terminate()
        program.child.wait(60)
        rig.stop(program)
        costs.append(by_function(out))
    shorter, longer = costs
    if sum(longer.values()) < sum(shorter.values()) + (more - fewer) * INSTRUCTIONS_LEAST:
        raise Wrong("callgrind's file was not understood: a request takes more than that")
    return {function: (longer[function] - shorter[function]) / (more - fewer) for function in longer}


def by_stage(rig, binary, name, stages, requests=2000):
    """Instructions a request of functions with all that they call. `stages`: patterns, by what to call them. A function that
    the compiler dissolved into another one is not found, and is left out."""
    out = rig.directory / "callgrind-stages"
    out.unlink(missing_ok=True)
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--quiet"]
    program = rig.start(Countersign, binary, before=valgrind)
    measured(rig, program, [calls.CALLS[name]], connections=1, requests=requests)
    program.child.terminate()
    program.child.wait(60)
    rig.stop(program)
    costs = called(out)
    found = {}
    for stage, pattern in stages.items():
        cost = sum(cost for function, cost in costs.items() if re.search(pattern, function))
        if cost:
            found[stage] = cost / requests
    return found


def called(path):
    """Instructions of each function and all that it called, of one file of callgrind's: summed over its callers."""
    costs, names, callee, is_call = defaultdict(int), {}, "", False
    for line in path.read_text(errors="replace").splitlines():
        if line.startswith(("fn=", "cfn=")):
            number, _, name = line.partition("=")[2].partition(" ")
            if name:
                names.setdefault(number, name)
            callee = names.get(number, "")
        elif line.startswith("calls="):
            is_call = True
        elif is_call:
            costs[callee] += int(line.split()[1])
            is_call = False
    return costs


def growth(rig, binary, tls=False):
    """KiB by which the most resident memory grows: from 1 MiB to 256 MiB, and from idle to four of these at once."""
    peaks = {}
    for method in ("PUT", "GET"):
        for size, parallel in ((MIB, 1), (256 * MIB, 1), (256 * MIB, 4)):
            program = rig.start(Countersign, binary, tls=tls)
            measured(rig, program, [calls.CALLS["OSS V4"]], connections=4, requests=16)
            idle = program.memory()["rss"]
            request = [calls.large(method, size)]
            measured(rig, program, request, kind="bodies", parallel=parallel, bytes=size, verify_one_of=1)
            peaks[method, size, parallel] = program.memory()["peak"] - idle
            rig.stop(program)
    return {
        method: {
            "growth": peaks[method, 256 * MIB, 1] - peaks[method, MIB, 1],
            "parallel": peaks[method, 256 * MIB, 4],
        }
        for method in ("PUT", "GET")
    }


def opened(rig, binary):
    """Connections to the upstream of one run from its first request on."""
    program = rig.start(Countersign, binary)
    result = measured(rig, program, [calls.CALLS["ACS3"]], connections=CONNECTIONS, requests=20_000)
    rig.stop(program)
    return result["opened"]


def checks(rig, binary):
    """Everything, one check after the other."""
    for name, (count, size) in allocations(rig).items():
        yield Check(f"allocations a request, {name} ({size:.0f} bytes)", count, ALLOCATIONS_MAX[name], "")
    for name, (bound, hashing_bound) in INSTRUCTIONS_MAX.items():
        costs = instructions(rig, binary, name)
        hashing = sum(cost for function, cost in costs.items() if HASHING.search(function))
        yield Check(f"instructions a request, {name}", sum(costs.values()) - hashing, bound, "")
        yield Check(f"instructions that hash, {name}", hashing, hashing_bound, "")
    for method, found in growth(rig, binary).items():
        yield Check(f"memory for a {method} of 256 MiB over one of 1 MiB", found["growth"], GROWTH_MAX_KIB, "KiB")
        yield Check(f"memory for four {method}s of 256 MiB over idle", found["parallel"], PARALLEL_MAX_KIB, "KiB")
    yield Check(
        f"connections to the upstream, {CONNECTIONS} callers, 20,000 requests", opened(rig, binary), CONNECTIONS, ""
    )
