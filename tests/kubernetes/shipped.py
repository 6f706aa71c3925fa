"""The manifests that users get, as objects, with the least that a miniature cloud and no registry make necessary."""

import copy
import json

from node import ROOT

EXAMPLE = ROOT / "deploy" / "kubernetes" / "example"
SIDECAR = "countersign"

# Calls ECS all the time, and for a while after it has been told to end, as somebody who finishes his work. What it
# leaves is what was answered and what was not.
WORKER = r"""
made=0 failed=0 ending= left=30
trap 'ending=1' TERM
while [ -z "$ending" ] || [ "$left" -gt 0 ]; do
    [ -z "$ending" ] || left=$((left - 1))
    made=$((made + 1))
    timeout 10 wget -q -O - 'http://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions&Version=2014-05-26' |
        grep -q RegionId || { failed=$((failed + 1)); echo "call $made failed, ending=${ending:-0}"; }
    usleep 100000
done
printf '{"made": %d, "failed": %d}' "$made" "$failed" >/dev/termination-log
"""


def objects_in(text):
    """The objects that kubectl has written one after the other, lists opened. What was cut off is not there."""
    decoder, rest = json.JSONDecoder(), text.strip()
    while rest:
        try:
            value, end = decoder.raw_decode(rest)
        except json.JSONDecodeError:
            return
        yield from value["items"] if value["kind"] == "List" else [value]
        rest = rest[end:].strip()


def rendered(node):
    """`deploy/kubernetes/example`, as `kubectl apply -k` would send it."""
    text = node.kubectl("kustomize", EXAMPLE)
    objects = list(objects_in(node.kubectl("create", "--dry-run=client", "-o", "json", "-f", "-", given=text)))
    for made in objects:
        # kubectl's own guess.
        made["metadata"].pop("namespace", None)
    return objects


def pod(workload):
    """The pod's specification in a workload."""
    return workload["spec"]["template"]["spec"]


def sidecar(workload):
    """countersign's container."""
    return next(c for c in pod(workload)["initContainers"] if c["name"] == SIDECAR)


def sandboxed(objects):
    """The same with the miniature cloud, which keeps its own token in /tmp; nothing else is changed."""
    objects = copy.deepcopy(objects)
    for workload in workloads(objects):
        container = sidecar(workload)
        container["args"].append("--sandbox")
        container["volumeMounts"].append({"name": "sandbox", "mountPath": "/tmp"})
        pod(workload)["volumes"].append({"name": "sandbox", "emptyDir": {"medium": "Memory"}})
    return objects


def workloads(objects):
    """The Job and the Deployment."""
    return [o for o in objects if o["kind"] in ("Job", "Deployment")]


def with_worker(objects):
    """The Deployment's pods with one more container, which works until the last moment."""
    objects = copy.deepcopy(objects)
    (deployment,) = (o for o in objects if o["kind"] == "Deployment")
    app = pod(deployment)["containers"][0]
    worker = {"name": "worker", "image": app["image"], "command": ["sh", "-c", WORKER], "env": app["env"]}
    pod(deployment)["containers"].append(worker)
    return objects


def beside(objects):
    """What must fail: countersign as an ordinary container, which ends when it likes."""
    objects = copy.deepcopy(objects)
    for workload in workloads(objects):
        container = sidecar(workload)
        pod(workload)["initContainers"].remove(container)
        del container["restartPolicy"], container["startupProbe"]
        pod(workload)["containers"].append(container)
    return objects


def recreated(objects):
    """What must fail too: a Deployment whose pods all end before the new ones begin."""
    objects = copy.deepcopy(objects)
    (deployment,) = (o for o in objects if o["kind"] == "Deployment")
    deployment["spec"]["strategy"] = {"type": "Recreate"}
    return objects


def only(objects, *kinds):
    """Those of these kinds, and what all of them need."""
    return copy.deepcopy([o for o in objects if o["kind"] in (*kinds, "ServiceAccount", "ConfigMap")])
