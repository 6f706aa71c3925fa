"""Interleaved rounds, and what is made of them: medians of per-round ratios with their spread, never a lone absolute."""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import machine
from load import measured
from origin import Origin

# A peer measured twice in each round must agree with itself this well, else the machine was too noisy to tell.
NOISE_MAX = 0.05


class Rig:
    """What a case runs with: the tools, the upstream, a directory, and the programs, which end with it."""

    def __init__(self, tools):
        self.tools = tools
        self.directory = Path(tempfile.mkdtemp(prefix="countersign-bench-"))
        self.programs, self.places = [], 0
        self.origin = Origin(tools, self.directory / "origin")

    def place(self, name):
        """A directory for one program."""
        self.places += 1
        path = self.directory / f"{name}-{self.places}"
        path.mkdir()
        return path

    def start(self, kind, *given, **more):
        """Starts a program that ends with the rig."""
        program = kind(self, *given, **more)
        self.programs.append(program)
        return program

    def stop(self, program):
        """Ends a program before the rig does."""
        program.stop()
        self.programs.remove(program)

    def lay_out(self, layout):
        """Puts upstream and programs on their cores; returns the load's."""
        load, origin, test = machine.LAYOUTS[layout]
        self.origin.pin(origin)
        for program in self.programs:
            program.pin(test)
        return load

    def spread_out(self):
        """Gives the programs two cores that nothing else uses, or all there are; returns the load's."""
        self.origin.pin(machine.CORES[1] if machine.FREE else machine.ORIGIN)
        for program in self.programs:
            program.pin(*(machine.FREE or machine.CORES))
        return machine.LOAD

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in [*self.programs, self.origin]:
            program.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class Spread:
    """A figure of many rounds."""

    def __init__(self, values):
        self.values = list(values)
        self.median = statistics.median(self.values)
        self.least, self.most = min(self.values), max(self.values)

    def __str__(self):
        return f"{self.median:.2f} ({self.least:.2f}–{self.most:.2f})"

    def json(self):
        """For the record."""
        return {"median": self.median, "least": self.least, "most": self.most}


class Cell:
    """One row of conditions, measured in rounds: by program a list of results, one a round."""

    def __init__(self, title, rounds):
        self.title, self.rounds = title, rounds

    def ratio(self, of, to, figure):
        """The spread of a figure's per-round ratios."""
        pairs = zip(self.rounds[of], self.rounds[to])
        return Spread(figure(one) / max(figure(other), 1e-12) for one, other in pairs)

    def spread(self, of, figure):
        """The spread of a figure."""
        return Spread(figure(result) for result in self.rounds[of])

    def noise(self, figure):
        """How far nginx was from itself, in the middle of the rounds; none where it was not measured twice."""
        if "nginx again" not in self.rounds:
            return None
        return abs(self.ratio("nginx again", "nginx", figure).median - 1)

    def is_noisy(self, figure):
        """Whether no more can be said than that."""
        noise = self.noise(figure)
        return noise is not None and noise > NOISE_MAX


def cpu_us(result):
    """CPU microseconds a request: the figure that is quoted."""
    return result["cpu"] / result["requests"] * 1e6


def rate(result):
    """Requests a second."""
    return result["requests"] / result["seconds"]


def interleaved(rig, title, programs, requests, rounds, layout, **options):
    """Runs every program once a round, in turn: A B C A B C. `programs`: by the name in the tables. `layout`: none where it
    is laid out already, and `core` says where the load is."""
    core = rig.lay_out(layout) if layout else options.pop("core")
    results = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            results[name].append(measured(rig, program, requests, core=core, **options))
    print(f"  {title}", flush=True)
    return Cell(title, results)


def say(text):
    """A line of progress."""
    print(text, flush=True)
    sys.stdout.flush()
