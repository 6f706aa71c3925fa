"""Starts countersign as a process of its own, with a listener for every suite, and stops it.

Its cloud is in the same process (`run --sandbox`), or in another (`countersign sandbox`).
"""

import json
import tomllib
import urllib.error
import urllib.request

import regions
from harness.program import Program


class Cloud:
    """A running `countersign sandbox`."""

    def __init__(self, binary, directory, scratch, more=()):
        command = [binary, "sandbox", "--directory", directory, "--listen", "127.0.0.1:0", *more]
        self.program = Program(command, scratch)
        # It says where it listens once all files are there.
        self.program.wait_for(lambda: "listens on" in self.program.log(), "miniature cloud")
        self.directory = directory
        self.facts = tomllib.loads((directory / "countersign.toml").read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.kill()

    def role(self):
        """What a role needs to get a credential there."""
        told = self.facts["role"]["default"] | {"oidc_token_file": str(self.directory / "token")}
        return [f"{name} = {json.dumps(value)}" for name, value in told.items()]

    def way(self):
        """How it is reached, and what may be signed for."""
        accounts = [f'{product} = ["1000000000000001"]' for product in ("mns", "rocketmq")]
        named = [f'{product} = ["days"]' for product in ("odps", "datahub")]
        tenants = ['oss = ["demo", "made-by-*"]', 'sls = ["made-by-*"]', 'ots = ["demo", "demo-*"]', *named, *accounts]
        lines = ["[tenants]", *tenants, "[upstream]"]
        lines += [f"extra_ca = {json.dumps(str(self.directory / self.facts['upstream']['extra_ca']))}", "[connect_to]"]
        return lines + [f"{json.dumps(host)} = {json.dumps(to)}" for host, to in self.facts["connect_to"].items()]


def variable(pin):
    """The environment variable that tells where the listener of an endpoint is."""
    return "PINNED_" + pin.upper().replace(".", "_").replace("-", "_")


class Countersign:
    """A running proxy, with its sandbox unless another is given."""

    def __init__(self, binary, scratch, suites, cloud=None):
        self.binary = binary
        self.scratch = scratch
        self.cloud = cloud
        self.relays = None if cloud else regions.Relays()
        self.listeners = {suite.role: self.addresses(suite) for suite in suites}
        self.hosts = dict(host for suite in suites for host in suite.hosts)

    def addresses(self, suite):
        """By endpoint, the address of each of a suite's listeners. Without an endpoint: the forward listener."""
        at = {endpoint: "127.0.0.1:0" for endpoint in (None, *suite.pins)}
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
            lines += [*self.own_hosts(), "[connect_to]", *self.relays.connect_to(self.hosts)]
        lines += ["[admin]", 'address = "127.0.0.1:0"', "[log]", 'access = "access.log"', 'format = "json"']
        return "\n".join(lines) + "\n"

    def own_hosts(self):
        """The rows of `[hosts]`, and of `[keys]` those that they name: what is in such a file the sandbox does not ask."""
        for product in ("apigateway", "dataplus"):
            yield from (f"[keys.{product}]", 'file = "none"') if product in self.hosts.values() else ()
        yield "[hosts]"
        for host, product in self.hosts.items():
            keys = "" if product == "fc-trigger" else f', keys = "{product}"'
            for region in regions.ALL:
                yield f'"{host.format(region)}" = {{ product = "{product}"{keys} }}'

    def __enter__(self):
        file = self.scratch / "countersign.toml"
        file.write_text(self.settings())
        command = [self.binary, "run", *(() if self.cloud else ("--sandbox",)), "--config", file]
        self.program = Program(command, self.scratch)
        try:
            if self.relays:
                self.relays.lead_to(self.program.wait_for(self.sandbox_address, "sandbox"))
            *addresses, self.admin = self.program.listening()
            told = iter(addresses)
            self.listeners = {role: {at: next(told) for at in own} for role, own in self.listeners.items()}
            self.program.wait_for(self.is_ready, "/readyz")
        except BaseException:
            self.program.kill()
            raise
        return self

    def __exit__(self, *_):
        self.program.kill()

    def sandbox_address(self):
        """Where the sandbox says that it listens."""
        said = (line["address"] for line in self.program.said() if "miniature cloud" in line["message"])
        return next(said, None)

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://{self.admin}/readyz", timeout=5) as answer:
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
                told[variable(endpoint)] = f"http://{address}"
        if suite.by_environment:
            told["http_proxy"] = told["FORWARD"]
        return told

    def stop(self):
        """Ends the process in the orderly way, and returns its exit code."""
        return self.program.stop()

    def peak_memory(self):
        """The most memory that the process has had, in KiB."""
        return self.program.memory_kib("VmHWM")

    def access_lines(self):
        return [json.loads(line) for line in (self.scratch / "access.log").read_text().splitlines()]

    def log(self):
        return self.program.log()
