"""Starts `countersign run --sandbox` as a process of its own, with a listener for every suite, and stops it."""

import json
import signal
import socket
import subprocess
import time
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


class Countersign:
    """A running proxy with its sandbox."""

    def __init__(self, binary, scratch):
        self.binary = binary
        self.scratch = scratch
        self.relay = Relay()
        self.ports = iter(free_ports(1 + sum(1 + len(suite.pins) for suite in SUITES)))
        self.admin = next(self.ports)
        self.listeners = {suite.role: self.addresses(suite) for suite in SUITES}

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
            lines += [f"[role.{role}]", "required = true"]
        lines += ["[connect_to]", *(f'"{host}" = "http://127.0.0.1:{self.relay.port}"' for host in RELAYED)]
        lines += ["[admin]", f'address = "127.0.0.1:{self.admin}"', "[log]", 'access = "access.log"', 'format = "json"']
        return "\n".join(lines) + "\n"

    def __enter__(self):
        file = self.scratch / "countersign.toml"
        file.write_text(self.settings())
        self.errors = (self.scratch / "errors.log").open("w")
        command = [self.binary, "run", "--sandbox", "--config", file]
        self.process = subprocess.Popen(command, stdout=self.errors, stderr=self.errors, cwd=self.scratch)
        try:
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

    def access_lines(self):
        return [json.loads(line) for line in (self.scratch / "access.log").read_text().splitlines()]

    def log(self):
        return (self.scratch / "errors.log").read_text()
