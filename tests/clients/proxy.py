"""Starts countersign as a process of its own, with a listener for every suite, and stops it.

Its cloud is in the same process (`run --sandbox`), or in another (`countersign sandbox`).
"""

import json
import signal
import socket
import subprocess
import time
import tomllib
import urllib.error
import urllib.request

from relay import Relay
from suites import SUITES

# A debug build needs two seconds on a busy machine.
READY_SECONDS = 30
STOP_SECONDS = 30

# Every host of this region is dialled through the relay, which keeps what is sent.
RELAYED = (
    "cs.cn-beijing.aliyuncs.com",
    "ecs.cn-beijing.aliyuncs.com",
    "sts.cn-beijing.aliyuncs.com",
    "vpc.cn-beijing.aliyuncs.com",
    "oss-cn-beijing.aliyuncs.com",
    "*.oss-cn-beijing.aliyuncs.com",
)


def free_ports(count):
    """Ports that nobody listens on: all held at once, so that none comes twice."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Cloud:
    """A running `countersign sandbox`."""

    def __init__(self, binary, directory):
        command = [binary, "sandbox", "--directory", directory, "--listen", "127.0.0.1:0"]
        command += ["--region", "cn-hangzhou", "--region", "cn-beijing"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        # It says where it listens once all files are there.
        self.process.stdout.readline()
        self.directory = directory
        self.facts = tomllib.loads((directory / "countersign.toml").read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def role(self):
        """What a role needs to get a credential there."""
        told = self.facts["role"]["default"] | {"oidc_token_file": str(self.directory / "token")}
        return [f"{name} = {json.dumps(value)}" for name, value in told.items()]

    def way(self):
        """How it is reached, and what may be signed for."""
        lines = ["[tenants]", 'oss = ["demo", "made-by-*"]', "[upstream]"]
        lines += [f"extra_ca = {json.dumps(str(self.directory / self.facts['upstream']['extra_ca']))}", "[connect_to]"]
        return lines + [f"{json.dumps(host)} = {json.dumps(to)}" for host, to in self.facts["connect_to"].items()]


class Countersign:
    """A running proxy, with its sandbox unless another is given."""

    def __init__(self, binary, scratch, suites=SUITES, cloud=None):
        self.binary = binary
        self.scratch = scratch
        self.cloud = cloud
        self.relay = None if cloud else Relay()
        self.ports = iter(free_ports(1 + sum(1 + len(suite.pins) for suite in suites)))
        self.admin = next(self.ports)
        self.listeners = {suite.role: self.addresses(suite) for suite in suites}

    def addresses(self, suite):
        """By endpoint, the address of each of a suite's listeners. Without an endpoint: the forward listener."""
        at = {None: f"127.0.0.1:{next(self.ports)}"}
        at |= {pin: f"127.0.0.1:{next(self.ports)}" for pin in suite.pins}
        return at | {f"unix {pin}": f"unix:{self.scratch}/{suite.role}.sock" for pin in suite.unix}

    def settings(self):
        """The settings file. Each role is required, so that readiness means that all credentials are there."""
        lines = []
        for role, addresses in self.listeners.items():
            for endpoint, address in addresses.items():
                lines += ["[[listen]]", f'address = "{address}"', f'role = "{role}"']
                if endpoint:
                    lines.append(f'endpoint = "{endpoint.removeprefix("unix ")}"')
        for role in self.listeners:
            lines += [f"[role.{role}]", "required = true", *(self.cloud.role() if self.cloud else ())]
        if self.cloud:
            # It is there, and to be ready, even where no listener names it.
            lines += ["[role.default]", *self.cloud.role(), *self.cloud.way()]
        else:
            lines += ["[connect_to]", *(f'"{host}" = "http://127.0.0.1:{self.relay.port}"' for host in RELAYED)]
        lines += ["[admin]", f'address = "127.0.0.1:{self.admin}"', "[log]", 'access = "access.log"', 'format = "json"']
        return "\n".join(lines) + "\n"

    def __enter__(self):
        file = self.scratch / "countersign.toml"
        file.write_text(self.settings())
        self.errors = (self.scratch / "errors.log").open("w")
        command = [self.binary, "run", *(() if self.cloud else ("--sandbox",)), "--config", file]
        self.process = subprocess.Popen(command, stdout=self.errors, stderr=self.errors, cwd=self.scratch)
        try:
            if self.relay:
                self.relay.lead_to(self.wait_for(self.sandbox_address, "the sandbox"))
            self.wait_for(self.is_ready, "/readyz")
        except BaseException:
            self.process.kill()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def wait_for(self, ask, what):
        """Asks until there is an answer."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            if answer := ask():
                return answer
            time.sleep(0.05)
        ended = self.process.poll()
        why = f"no {what} within {READY_SECONDS} s" if ended is None else f"it ended with {ended} before {what} was there"
        raise SystemExit(f"countersign did not come up: {why}\n{self.log()}")

    def sandbox_address(self):
        """Where the sandbox says that it listens."""
        for line in self.log().splitlines():
            fields = json.loads(line) if line.startswith("{") else {}
            if "miniature cloud" in fields.get("message", ""):
                return fields["address"]
        return None

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def directions(self, suite):
        """What a suite is told, as environment variables."""
        at = self.listeners[suite.role]
        told = {"ROLE": suite.role, "FORWARD": f"http://{at[None]}"}
        for endpoint, address in at.items():
            if endpoint and endpoint.startswith("unix "):
                told["UNIX"] = address.removeprefix("unix:")
            elif endpoint:
                told["PINNED_" + endpoint.upper().replace(".", "_").replace("-", "_")] = f"http://{address}"
        if suite.by_environment:
            told["http_proxy"] = told["FORWARD"]
        return told

    def stop(self):
        """Ends the process in the orderly way, and returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return None

    def peak_memory(self):
        """The most memory that the process has had, in KiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))

    def access_lines(self):
        return [json.loads(line) for line in (self.scratch / "access.log").read_text().splitlines()]

    def log(self):
        return (self.scratch / "errors.log").read_text()
