"""Official SDKs that hold a credential themselves, and are handed it by countersign: at a URI, as by an instance's metadata
server, and by a command. Nothing but their environment tells them where.

It all happens in a network of its own, where 100.100.100.200 is an address of this machine. Time is moved by hand: libfaketime
reads it from a file, for countersign with its cloud and for the SDK alike.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import wire
from harness import environment
from harness.program import Program

# No setting, and known to countersign as none.
APART = "COUNTERSIGN_CLIENTS"
METADATA = "100.100.100.200"
PROGRAMS = {"ip": "iproute2", "unshare": "util-linux", "faketime": "faketime"}
NOWHERE = "/nonexistent/countersign"
# A program in Java takes a while to begin on a busy machine.
ANSWER_SECONDS = 120

# Of what lives in real time: in the middle of it another one is there, and what is left of the old one is too little for Go.
SHORT_LIFE_SECONDS, SHORT_STEP_SECONDS = 240, 112

# Shorter than what is left of a credential when any SDK asks for the next one.
STEP_SECONDS = 600
LIVES = 3


@dataclass(frozen=True)
class Holder:
    """A language's program that holds a credential, and does as it is told."""

    file: str
    """Below `tests/clients`."""
    heeds_time: bool = True
    """Whether libfaketime reaches it: it reads the time through the C library."""
    kinds: tuple[str, ...] = ("uri", "metadata", "process")
    """The ways in which its SDK can be handed one."""
    keeps_durations: bool = False
    """Whether its clock for durations stays as it is. One that is moved hangs Java; one that is not, Python's sleep."""


@dataclass(frozen=True)
class Kind:
    """One way in which a credential is handed out."""

    name: str
    what: str
    life_seconds: int
    """Of its role's credentials: no less than its clients are at ease with."""


KINDS = (Kind("uri", "a URI", 3600), Kind("metadata", "the metadata server", 7200), Kind("process", "a command", 3600))


def in_a_network_apart(arguments):
    """Runs the same once more, in a network without another machine, and returns its exit code. None: this is it."""
    if os.environ.get(APART) == "apart":
        for command in ("ip link set lo up", f"ip address add {METADATA}/32 dev lo"):
            subprocess.run(command.split(), check=True)
        return None
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *as_root, "--net", sys.executable, *arguments]
    return subprocess.run(command, env=os.environ | {APART: "apart"}, check=False).returncode


class Clock:
    """The time of all that was started with its environment. A file holds how far it is ahead."""

    def __init__(self, scratch):
        self.file = scratch / "time"
        self.ahead = 0
        self.move(0)

    def move(self, seconds):
        self.ahead += seconds
        new = self.file.with_suffix(".new")
        new.write_text(f"+{self.ahead}s\n")
        new.replace(self.file)

    def told(self):
        library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        return {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1"}


class Desks:
    """A running countersign with its cloud, which hands out a credential in each way, of a role each."""

    def __init__(self, binary, scratch, more=()):
        self.binary, self.scratch, self.clock, self.more = binary, scratch, Clock(scratch), more
        self.settings = scratch / "countersign.toml"

    def written(self):
        """The settings."""
        places = {"uri": "127.0.0.1:0", "metadata": f"{METADATA}:80", "process": f"unix:{self.scratch}/vend.sock"}
        lines = ['[[listen]]\naddress = "127.0.0.1:0"\n[admin]\naddress = "127.0.0.1:0"\n[log]\nformat = "json"']
        for kind in KINDS:
            lines.append(f'[role.{kind.name}]\nrequired = true\nduration = "{kind.life_seconds}s"')
            lines.append(f'[[vend]]\nkind = "{kind.name}"\nrole = "{kind.name}"\naddress = "{places[kind.name]}"')
            lines += ['path_file = "uri"'] if kind.name == "uri" else []
        return "\n".join(lines) + "\n"

    def __enter__(self):
        self.settings.write_text(self.written())
        command = [self.binary, "run", "--sandbox", *self.more, "--config", self.settings]
        self.program = Program(command, self.scratch, environment.kept() | self.clock.told())
        try:
            *_, self.admin = self.program.listening()
            self.program.wait_for(lambda: self.asked("/readyz"), "/readyz")
            cloud = next(line["address"] for line in self.program.said() if "miniature cloud" in line["message"])
            host, port = cloud.split(":")
            self.wire = wire.Wire((host, int(port)))
        except BaseException:
            self.program.kill()
            raise
        return self

    def __exit__(self, *_):
        self.program.kill()

    def asked(self, path):
        """What the admin listener says. None: nothing, or that it is not so."""
        try:
            with urllib.request.urlopen(f"http://{self.admin}{path}", timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            return None

    def handed(self, kind):
        """How often a credential was handed out in this way."""
        start = f'countersign_vended_total{{kind="{kind.name}",outcome="handed"}}'
        return next(int(line.split()[-1]) for line in self.asked("/metrics").splitlines() if line.startswith(start))

    def generations(self, kind):
        """The numbers of the credentials that were handed out in this way."""
        said = (line for line in self.program.said() if line["message"] == "handed out a credential")
        return [line["generation"] for line in said if line["kind"] == kind.name]

    def move(self, seconds):
        """Lets time pass, for timers too: whoever waits does not see that a clock was moved, and so is woken."""
        self.clock.move(seconds)
        for _ in range(3):
            self.asked("/healthz")
            time.sleep(0.1)

    def told(self, kind):
        """What a holder's environment says, as docs/vending.md has it."""
        home = self.home(kind)
        # Java asks the system whose home it is.
        told = {"HOME": str(home), "JAVA_TOOL_OPTIONS": f"-Duser.home={home}", "FORWARD": f"http://{self.wire.address}"}
        if kind.name == "uri":
            told["ALIBABA_CLOUD_CREDENTIALS_URI"] = (self.scratch / "uri").read_text().strip()
        if kind.name != "metadata":
            told["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"
        if kind.name != "process":
            told |= {"ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true", "ALIBABA_CLOUD_CREDENTIALS_FILE": NOWHERE}
        return told

    def home(self, kind):
        """A home directory with a profile that runs the command: every SDK finds it, unless it is told not to look."""
        directory = self.scratch / f"home-{kind.name}" / ".aliyun"
        directory.mkdir(parents=True)
        words = f"{self.binary} credential --config {self.settings} --role process"
        profile = {"name": "default", "mode": "External", "region_id": "cn-hangzhou", "process_command": words}
        (directory / "config.json").write_text(json.dumps({"current": "default", "profiles": [profile]}))
        return directory.parent


class Held:
    """The running program. It is told a word a line: `read`, `control` or `data`."""

    def __init__(self, command, told):
        self.process = subprocess.Popen(
            command, env=environment.kept() | told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def ask(self, word):
        """What it answers: one line."""
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], ANSWER_SECONDS)
        return self.process.stdout.readline().strip() if ready else f"nothing within {ANSWER_SECONDS} s"


def run(holder, command, path, scratch):
    """Lines of all checks."""
    lines = []
    for kind in (kind for kind in KINDS if kind.name in holder.kinds):
        own = scratch / kind.name
        own.mkdir()
        with Desks(path, own) as desks:
            before = len(lines)
            for sentence, wrong in checks(desks, kind, holder, command(holder)):
                lines.append(f"FAILED {sentence}: {wrong}" if wrong else f"ok {sentence}")
                print(f"  {lines[-1]}", flush=True)
            if any(line.startswith("FAILED ") for line in lines[before:]):
                print(desks.program.log()[-4000:], file=sys.stderr)
    if not holder.heeds_time:
        for sentence, wrong in in_real_time(holder, command(holder), path, scratch):
            lines.append(f"FAILED {sentence}: {wrong}" if wrong else f"ok {sentence}")
            print(f"  {lines[-1]}", flush=True)
    return lines


def checks(desks, kind, holder, command):
    """Sentences, and what contradicts each."""
    timed = desks.clock.told() if holder.heeds_time else {}
    if holder.keeps_durations:
        timed |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    with Held(command, desks.told(kind) | timed) as held:
        first = held.ask("read")
        yield f"from {kind.what} comes a key of STS", not first.startswith("STS.N") and first
        again, handed = {held.ask("read") for _ in range(5)}, desks.handed(kind)
        yield f"what comes from {kind.what} is kept", (again != {first} or handed != 1) and f"{handed} times {again}"
        for sort in ("control", "data"):
            said = held.ask(sort)
            yield f"the cloud takes what a {sort} client signs with what {kind.what} gave", said != "done" and said
        if holder.heeds_time:
            yield from as_time_passes(desks, kind, held, first)
        others = {other.name: desks.handed(other) for other in KINDS if other != kind}
        yield f"who is told of {kind.what} asks nobody else", any(others.values()) and others


def as_time_passes(desks, kind, held, first):
    """Three lives."""
    seen, refused = [first], []
    while desks.clock.ahead < LIVES * kind.life_seconds:
        desks.move(STEP_SECONDS)
        seen += [key for key in (held.ask("read"), held.ask("read")) if key != seen[-1]]
        if (said := held.ask("control")) != "done":
            refused.append(f"{said} after {desks.clock.ahead} s")
    yield f"through {LIVES} lives what {kind.what} gave opens the cloud", refused
    yield f"through {LIVES} lives {kind.what} gave as many and more", len(set(seen)) <= LIVES and seen
    again = {number: count for number, count in Counter(desks.generations(kind)).items() if count > 1}
    yield f"from {kind.what} no credential is fetched twice", again


def in_real_time(holder, command, path, scratch):
    """Three short lives, in every way at once: this takes minutes."""
    own = scratch / "real"
    own.mkdir()
    kinds = [kind for kind in KINDS if kind.name in holder.kinds]
    with contextlib.ExitStack() as running:
        desks = running.enter_context(Desks(path, own, [f"--sandbox-fault=issue-for={SHORT_LIFE_SECONDS}"]))
        held = {kind: running.enter_context(Held(command, desks.told(kind))) for kind in kinds}
        seen = {kind: [held[kind].ask("read")] for kind in kinds}
        refused = []
        for _ in range(LIVES):
            time.sleep(SHORT_STEP_SECONDS)
            for kind in kinds:
                seen[kind].append(held[kind].ask("read"))
                refused += [said for said in (held[kind].ask("control"),) if said != "done"]
        yield f"through {LIVES} lives of {SHORT_LIFE_SECONDS} s what it is handed opens the cloud", refused
        for kind in kinds:
            yield f"each of them from {kind.what} is another", len(set(seen[kind])) != LIVES + 1 and seen[kind]
            again = {number: count for number, count in Counter(desks.generations(kind)).items() if count > 1}
            yield f"none of them is fetched twice from {kind.what}", again
