"""The machine that a Kubernetes is started on: what it must have, what must not be there yet, and what it lends."""

import contextlib
import fcntl
import itertools
import json
import socket
import subprocess
import sys
from pathlib import Path

from harness import environment

# Debian's package of each program.
PROGRAMS = {
    "etcd": "etcd-server",
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "ip": "iproute2",
    "openssl": "openssl",
    "cc": "gcc libc6-dev",
    "apt-get": "apt",
}
PLUGINS = Path("/usr/lib/cni")

# /run is root's alone. The lock goes with the process that has it, however that ends.
LOCK = Path("/run/countersign-tests-kubernetes.lock")


def taken():
    """The machine, for this run alone; the file is to be kept. Ends here where that cannot be: at the end of a run all of
    Kubernetes' chains, groups and pods are taken away, and they must not be another's."""
    environment.need(PROGRAMS, root_for="a node, which makes namespaces, mounts and routes")
    if not PLUGINS.is_dir():
        sys.exit(f"not installed: {PLUGINS}; apt-get install containernetworking-plugins")
    lock = LOCK.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"another run is under way: it holds {LOCK}")
    if found := list(kubernetes()):
        sys.exit(
            "this machine has a Kubernetes, or what a run has left that was killed: " + "; ".join(found) + "\n"
            "If it is the latter: target/kubernetes/bin/kube-proxy --cleanup and rmdir for the groups, or start the machine anew"
        )
    return lock


def kubernetes():
    """What there is of a Kubernetes, a sentence each."""
    for program in Path("/proc").glob("[0-9]*/comm"):
        try:
            name = program.read_text().strip()
        except OSError:
            continue  # It has just ended.
        if name in ("kubelet", "kube-proxy"):
            yield f"{name} runs as {program.parent.name}"
    for command in ("iptables-save", "ip6tables-save"):
        saved = subprocess.run([command], capture_output=True, text=True, check=True).stdout
        if chains := sum(line.startswith(":KUBE-") for line in saved.splitlines()):
            yield f"{command} shows {chains} chains of it"
    groups = Path("/sys/fs/cgroup")
    for group in itertools.islice((*groups.glob("kubepods*"), *groups.glob("*/kubepods*")), 1):
        yield f"there is {group}"


def ports(count):
    """Ports that nobody listens on: all held at once, so that none comes twice. For programs that cannot be told to take
    any; should another be faster, they say so and end."""
    with contextlib.ExitStack() as held:
        bound = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in bound:
            one.bind(("", 0))
        return [one.getsockname()[1] for one in bound]


def address():
    """This machine's own address."""
    shown = subprocess.run(["ip", "-j", "-4", "address", "show", "scope", "global"], capture_output=True, check=True)
    return next(a["local"] for link in json.loads(shown.stdout) for a in link.get("addr_info", []) if "local" in a)
