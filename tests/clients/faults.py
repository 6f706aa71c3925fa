"""What SDKs make of a bad day: the same call by an SDK that holds a key of STS, and through countersign, without one.

Both go over the same stretch of wire to a `countersign sandbox` of that day, so that whatever differs is countersign's doing.
"""

import contextlib
import json
import ssl
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import dummies
import proxy
import regions
import wire
from harness.environment import kept

# A program's retries may take a few read timeouts of three seconds each, and pauses that double.
PROGRAM_SECONDS = 120

REGION = "cn-hangzhou"
# Beside the regional hosts: the spellings and central hosts that SDKs find for this region by themselves.
HOSTS = (*(host.format(REGION) for host in regions.HOSTS), f"ecs-{REGION}.aliyuncs.com", "dashscope.aliyuncs.com")

# How what an SDK makes of it through countersign stands to what it makes of it alone.
SAME, FOLLOWED, NOTICED, MENDED, TOLD = "the same", "followed", "noticed", "mended", "told"
# The age at which a credential counts as expired, in seconds: more than two requests take on a busy machine.
EXPIRED_AT = 5


@dataclass(frozen=True)
class Fault:
    """A bad day: what the sandbox does, or what happens on the wire before it."""

    name: str
    what: str
    relation: str
    sandbox: tuple[str, ...] = ()
    """Of `--sandbox-fault`; `{}` stands for a product."""
    accident: str | None = None
    first_wait: float = 0
    """So many seconds pass before the call."""


FAULTS = (
    Fault("none", "nothing is wrong", SAME),
    Fault("throttled", "the product is past its quota", SAME, ("throttle={}",)),
    Fault("unavailable", "the product answers 503", SAME, ("fail={}",)),
    Fault("silence", "the product does not answer in time", SAME, accident=wire.SILENCE),
    Fault("redirected", wire.REDIRECT, FOLLOWED, accident=wire.REDIRECT),
    Fault("cut", wire.CUT, NOTICED, accident=wire.CUT),
    Fault("behind", "the caller's clock is 20 minutes fast", MENDED, ("skew=-1200",)),
    Fault("ahead", "the caller's clock is 20 minutes slow", MENDED, ("skew=1200",)),
    Fault("expired", "the token has expired", MENDED, (f"expire-tokens={EXPIRED_AT}",), first_wait=EXPIRED_AT + 1),
    Fault("reset", wire.RESET, TOLD, accident=wire.RESET),
)


class Cloud(proxy.Cloud):
    """The miniature cloud on such a day. The wire before it is where the proxy finds all products but STS."""

    def __init__(self, binary, scratch, fault, products):
        told = [of.format(product) for of in fault.sandbox for product in (products if "{}" in of else [""])]
        super().__init__(binary, scratch / "cloud", scratch, [f"--sandbox-fault={one}" for one in told])
        host, port = self.facts["connect_to"]["*"].removeprefix("https://").split(":")
        self.address = host, int(port)
        self.wire = wire.Wire(self.address, fault.accident)

    def way(self):
        return super().way() + [f'"{host}" = "http://{self.wire.address}"' for host in HOSTS]

    def key(self):
        """A key of its STS, for an SDK that holds one."""
        role = self.facts["role"]["default"]
        asked = {
            "Action": "AssumeRoleWithOIDC",
            "Version": "2015-04-01",
            "Format": "JSON",
            "RoleSessionName": "alone",
            "RoleArn": role["role_arn"],
            "OIDCProviderArn": role["oidc_provider_arn"],
            "OIDCToken": (self.directory / "token").read_text().strip(),
        }
        # Its certificate names the cloud's hosts, and not the address.
        trusting = ssl.create_default_context(cafile=self.directory / "ca.pem")
        trusting.check_hostname = False
        to = f"https://{self.address[0]}:{self.address[1]}/"
        headers = {"Host": f"sts.{REGION}.aliyuncs.com"}
        request = urllib.request.Request(to, urllib.parse.urlencode(asked).encode(), headers)
        with urllib.request.urlopen(request, context=trusting, timeout=30) as answer:
            key = json.load(answer)["Credentials"]
        return told_key(key["AccessKeyId"], key["AccessKeySecret"], key["SecurityToken"])


def told_key(key_id, secret, token):
    return {"KEY_ID": key_id, "KEY_SECRET": secret, "TOKEN": token}


@dataclass(frozen=True)
class Outcome:
    """What a program said of its SDK's call, and how many requests that made."""

    said: str
    requests: int


def run(program, suites, command, path, scratch):
    """Lines of all checks, and by SDK and fault what was seen. `program` makes the calls."""
    tried = [replace(suite, file=program) for suite in suites if suite.faults]
    lines, seen = [], {suite.sdk: {} for suite in tried}
    # Most of the time is spent waiting: for silence, for tokens to expire, for the pauses between retries.
    with ThreadPoolExecutor(3) as days:
        for fault, found in zip(FAULTS, days.map(lambda fault: of_a_day(fault, tried, command, path, scratch), FAULTS)):
            print(f"{fault.name}: {fault.what}", flush=True)
            for suite, alone, through in found:
                seen[suite.sdk][fault.name] = [alone.said, through.said]
                own = to_suite(fault, suite)
                wrong = contradicts(own, alone, through)
                sentence = f"{suite.sdk} on a day when {fault.what}: {relation(own, through)}"
                lines.append(f"FAILED {sentence}: {wrong}" if wrong else f"ok {sentence}")
                print(f"  {lines[-1]}", flush=True)
    return lines, seen


def to_suite(fault, suite):
    """What such a day is to an SDK that compares the dates of answers with its own clock."""
    return replace(fault, relation=TOLD) if suite.reads_dates and fault.name in ("behind", "ahead") else fault


def of_a_day(fault, suites, command, path, scratch):
    """Each suite with what its SDK made of it alone, and through countersign."""
    own = Path(scratch) / f"faults-{fault.name}"
    own.mkdir()
    with Cloud(path, own, fault, {suite.faults for suite in suites}) as cloud:
        key = cloud.key()
        time.sleep(fault.first_wait)
        alone = [alone_on(fault, suite, cloud, key, command) for suite in suites]
        dummy = told_key(*(dummies.DUMMIES[name] for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN")))
        through = []
        with contextlib.ExitStack() as running:
            # One each: what one SDK's call has taught it would mend the next one's.
            proxies = [running.enter_context(own_proxy(path, own, suite, cloud)) for suite in suites]
            time.sleep(fault.first_wait)
            for suite, countersign in zip(suites, proxies):
                at = countersign.directions(suite)
                through.append(outcome(command, suite, dummy | by_proxy(suite, at["FORWARD"]) | at, cloud.wire))
                countersign.stop()
    return list(zip(suites, alone, through))


def own_proxy(path, scratch, suite, cloud):
    """A proxy for one suite."""
    own = scratch / suite.role
    own.mkdir()
    return proxy.Countersign(path, own, [suite], cloud)


def alone_on(fault, suite, cloud, key, command):
    """What the SDK makes of it without countersign. An SDK that knows no proxy takes the wire for its endpoint."""
    pin = suite.pins[0] if suite.is_pinned else ""
    over = wire.Wire(cloud.address, fault.accident, pin and f"{pin.removesuffix('.aliyuncs.com')}.aliyuncs.com")
    to = f"http://{over.address}"
    told = {proxy.variable(pin): to} if pin else {"FORWARD": to}
    return outcome(command, suite, key | by_proxy(suite, to) | told, over)


def by_proxy(suite, to):
    """A proxy in the environment, which would keep an SDK that heeds it from a listener."""
    return {} if suite.is_pinned else {"http_proxy": to}


def outcome(command, suite, told, over):
    before = over.requests
    try:
        done = subprocess.run(
            [*command(suite), suite.role],
            env=kept() | told,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PROGRAM_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(f"did not end within {PROGRAM_SECONDS} s", over.requests - before)
    said = [line for line in done.stdout.splitlines() if line.startswith(("returned", "raised "))]
    if len(said) != 1:
        print(done.stderr, file=sys.stderr)
        return Outcome(f"said {len(said)} lines and ended with {done.returncode}", over.requests - before)
    return Outcome(said[0], over.requests - before)


def relation(fault, through):
    return {
        SAME: f"it has {through.said} as without countersign",
        FOLLOWED: f"it has {through.said}",
        # The connection to the SDK is reset too, which even an SDK notices that does not count what it reads.
        NOTICED: f"it has {through.said}",
        MENDED: "the call returns all the same",
        TOLD: f"it is told what happened and has {through.said}",
    }[fault.relation]


def contradicts(fault, alone, through):
    """What is wrong with these two outcomes. None: nothing."""
    are_known = all(one.said == "returned" or one.said.startswith("raised ") for one in (alone, through))
    returned = [one.said == "returned" for one in (alone, through)]
    is_right = are_known and {
        SAME: alone == through and returned[0] == (fault.name == "none"),
        # Go's HTTP client says in `Referer` where it was redirected from. That is a browser's header, and refused. And there
        # is an SDK that does not look at such a status.
        FOLLOWED: alone == through or not any(returned) and through.said.endswith("Countersign.BrowserRequest"),
        # Of a connection that was reset some SDKs raise another exception than of one that was closed, and some repeat the
        # call only then.
        NOTICED: not returned[1] and (returned[0] or alone.requests <= through.requests),
        # Some SDKs correct their clock by themselves.
        MENDED: returned[1] and (not returned[0] or alone.requests > 1),
        TOLD: returned == [False, False],
    }[fault.relation]
    return None if is_right else f"alone {alone}, through countersign {through}"
