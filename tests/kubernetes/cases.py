"""What is claimed of countersign in Kubernetes, each claim with a control that shows that its opposite would be seen."""

import base64
import json
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import shipped
from load import Load
from node import until

# Fewer than this, and the load was no load.
REQUESTS_LEAST = 200
CALLS_LEAST = 100

REGIONS = b'"RegionId":"cn-hangzhou"'


def expect(holds, what):
    """Ends the case with a text that says what did not hold."""
    if not holds:
        raise AssertionError(what)


@contextmanager
def applied(node, name, objects):
    """These objects in a namespace of their own, until the case is over."""
    node.kubectl("create", "namespace", name)
    until("the namespace's account", lambda: node.kubectl("-n", name, "get", "serviceaccount", "default", check=False))
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    node.kubectl("-n", name, "apply", "-f", "-", given=text)
    try:
        yield
    except BaseException:
        # What is needed to understand it, before it is gone.
        print(node.kubectl("-n", name, "get", "pods", "-o", "wide", check=False))
        print(node.kubectl("-n", name, "get", "events", "--sort-by=.lastTimestamp", check=False)[-4000:])
        for pod in node.kubectl("-n", name, "get", "pods", "-o", "name", check=False).split():
            print(pod, node.kubectl("-n", name, "logs", pod, "--all-containers", "--tail=8", check=False), sep="\n")
        raise
    finally:
        node.kubectl("delete", "namespace", name, "--wait=false")


def containers(pod):
    """The states of a pod's containers by name, sidecars included."""
    status = pod["status"]
    return {c["name"]: c for c in (*status.get("initContainerStatuses", []), *status.get("containerStatuses", []))}


def a_job_calls_ecs_and_completes_by_itself(node, objects):
    """The app's container holds no key and no token, speaks plain HTTP, and what it prints is ECS' answer."""
    begun = time.monotonic()
    with applied(node, "job", shipped.only(objects, "Job")):
        node.kubectl("-n", "job", "wait", "--for=condition=Complete", "job/regions", "--timeout=120s")
        took = time.monotonic() - begun
        (pod,) = node.get("-n", "job", "pods", "-l", "job-name=regions")["items"]
        log = node.kubectl("-n", "job", "logs", "job/regions", "-c", "app")
        expect(REGIONS.decode() in log, f"the app printed {log!r}")
        lines = node.kubectl("-n", "job", "logs", "job/regions", "-c", "countersign").splitlines()
        states = containers(pod)
        for name in ("app", "countersign"):
            ended = states[name]["state"].get("terminated")
            expect(ended and ended["exitCode"] == 0, f"{name}: {states[name]['state']}")
            expect(states[name]["restartCount"] == 0, f"{name} was started again")
        # Access lines, and not what the miniature cloud says of itself.
        served = [line for line in map(json.loads, lines) if "request_bytes" in line]
        expect([(line["action"], line["status"]) for line in served] == [("DescribeRegions", 200)], f"{served}")
        expect(any("drained" in line for line in lines), "countersign did not drain:\n" + "\n".join(lines))
    return f"complete {took:.1f} s after it was applied; both containers ended with 0"


def only_countersign_has_the_token(node, objects):
    """It is STS's, in countersign's container and in no other; and countersign, as uid 65532, can read it."""
    objects = shipped.only(objects, "Job")
    (job,) = shipped.workloads(objects)
    # With a source that is named, the sandbox's own token is left alone: what is sent to its STS is the cluster's.
    (config,) = (o for o in objects if o["kind"] == "ConfigMap" and "countersign.toml" in o["data"])
    config["data"]["countersign.toml"] = (
        '[role.default]\nsource = "oidc"\nrole_arn = "acs:ram::1000000000000001:role/app"\n'
        'oidc_provider_arn = "acs:ram::1000000000000001:oidc-provider/ack"\n'
        'oidc_token_file = "/var/run/secrets/countersign/token"\n'
    )
    # Its STS knows no other issuer and refuses; the application is to start all the same, and look around.
    container = shipped.sidecar(job)
    container["startupProbe"]["httpGet"]["path"] = "/healthz"
    # The application looks around, and beside it one that has the volume, to show that it would be found.
    app = shipped.pod(job)["containers"][0]
    look = r"find / \( -path /proc -o -path /sys \) -prune -o -name token -print; echo looked; sleep 3600"
    app["command"] = ["sh", "-c", look]
    mounts = [mount for mount in container["volumeMounts"] if mount["name"] == "countersign-token"]
    shipped.pod(job)["containers"].append({**app, "name": "thief", "volumeMounts": mounts})
    with applied(node, "token", objects):
        for name, finds in (("app", []), ("thief", ["/var/run/secrets/countersign/token"])):
            read = lambda: node.kubectl("-n", "token", "logs", "job/regions", "-c", name, check=False).split()
            seen = until("a look around", lambda: "looked" in read() and read())
            expect([path for path in seen if "..data" not in path and "/..2" not in path] == [*finds, "looked"], seen)
        (pod,) = node.get("-n", "token", "pods")["items"]
        volume = Path("pods") / pod["metadata"]["uid"] / "volumes/kubernetes.io~projected/countersign-token"
        token = (node.state / "kubelet" / volume / "token").read_text()
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        expect(claims["aud"] == ["sts.aliyuncs.com"], claims)
        expect(claims["sub"] == "system:serviceaccount:token:app", claims)
        log = lambda: node.kubectl("-n", "token", "logs", "job/regions", "-c", "countersign")
        # The verdict on a token that was read and sent, and that another has issued.
        until("STS' verdict", lambda: "401 with AuthenticationFail.OIDCToken.Invalid" in log())
    return f"audience {claims['aud'][0]}, subject {claims['sub']}; read by countersign, not there for the app"


def restarted(node, name, objects):
    """Restarts the Deployment under load, and returns the load and what each worker that ended has counted."""
    with applied(node, name, shipped.only(objects, "Deployment", "Service")):
        rollout = ("-n", name, "rollout", "status", "deployment/web", "--timeout=180s")
        node.kubectl(*rollout)
        host = node.get("-n", name, "service", "web")["spec"]["clusterIP"]
        old = {pod["metadata"]["name"] for pod in node.get("-n", name, "pods")["items"]}
        # Pods are ready some time before kube-proxy has led anybody to them.
        until("the Service's first answer", lambda: Load(host, "/cgi-bin/regions", REGIONS).outcome() == "ok")
        with watched(node, name) as counted, Load(host, "/cgi-bin/regions", REGIONS) as load:
            until("the load", lambda: load.made >= 50)
            node.kubectl("-n", name, "rollout", "restart", "deployment/web")
            node.kubectl(*rollout)
            names = lambda: {pod["metadata"]["name"] for pod in node.get("-n", name, "pods")["items"]}
            until("the old pods' end", lambda: not names() & old, seconds=90)
            # And some more, on the new ones alone.
            made = load.made
            until("requests after the restart", lambda: load.made >= made + 50)
        expect(not names() & old and len(names()) >= 2, f"pods: {names()}")
        tallies = {pod: counted[pod] for pod in old if pod in counted}
        expect(len(old) == 2 and tallies.keys() == old, f"of {old} only {tallies} left a count")
    return load, list(tallies.values())


@contextmanager
def watched(node, name):
    """What workers leave at their end, by pod: gone with the pod, so it is read as it comes."""
    command = [node.bin / "kubectl", "--kubeconfig", node.kubeconfig, "-n", name, "get", "pods", "--watch"]
    out = (node.state / f"{name}.watch").open("w+")
    seen = [*command, "-o", "json"]
    watching = subprocess.Popen(seen, stdout=out, stderr=subprocess.DEVNULL, start_new_session=True)
    counted = {}
    try:
        yield counted
    finally:
        watching.terminate()
        watching.wait()
        out.seek(0)
        for pod in shipped.objects_in(out.read()):
            ended = containers(pod).get("worker", {}).get("state", {}).get("terminated")
            if ended and ended.get("message"):
                counted[pod["metadata"]["name"]] = json.loads(ended["message"])
        out.close()


def a_deployment_restarts_under_load_without_a_failed_request(node, objects):
    """Neither whoever calls the Service nor an application that works until its last moment notices."""
    begun = time.monotonic()
    load, tallies = restarted(node, "restart", shipped.with_worker(objects))
    took = time.monotonic() - begun
    made, failed = (sum(tally[what] for tally in tallies) for what in ("made", "failed"))
    expect(load.made >= REQUESTS_LEAST and made >= CALLS_LEAST, f"only {load.made} requests and {made} calls")
    expect(not load.failed, f"of {load.made} requests: {load.failed}")
    expect(failed == 0, f"of {made} calls out of pods that ended, {failed} failed: {tallies}")
    return (
        f"{load.made} requests to the Service, 0 failed, slowest {load.slowest:.2f} s; {made} calls out of pods that "
        f"ended, 0 failed; {took:.0f} s"
    )


def beside_the_application_it_would_be_noticed(node, objects):
    """The control: as an ordinary container it ends before the application has, and for a while no pod is there: both counts
    show it."""
    hasty = shipped.recreated(shipped.beside(shipped.with_worker(objects)))
    load, tallies = restarted(node, "control-restart", hasty)
    made, failed = (sum(tally[what] for tally in tallies) for what in ("made", "failed"))
    expect(0 < failed < made, f"not some of these calls failed: {tallies}; the counts prove nothing")
    expect(load.failed, f"none of {load.made} requests failed: the load proves nothing")
    return f"of {load.made} requests {sum(load.failed.values())} failed ({load.failed}), and {failed} of {made} calls"


def beside_the_application_no_job_would_complete(node, objects):
    """The control: the application has ended, and countersign keeps the pod, and so the Job, going."""
    with applied(node, "control-job", shipped.only(shipped.beside(objects), "Job")):
        (job,) = (o for o in objects if o["kind"] == "Job")
        name = job["metadata"]["name"]
        pods = lambda: node.get("-n", "control-job", "pods", "-l", f"job-name={name}")["items"]
        over = lambda: any(containers(p).get("app", {}).get("state", {}).get("terminated") for p in pods())
        until("the app's end", over)
        time.sleep(5)
        status = node.get("-n", "control-job", "job", name)["status"]
        expect(not status.get("succeeded"), f"it completed: {status}")
    return "5 s after the application's end it has not completed"


CASES = (
    a_job_calls_ecs_and_completes_by_itself,
    beside_the_application_no_job_would_complete,
    only_countersign_has_the_token,
    a_deployment_restarts_under_load_without_a_failed_request,
    beside_the_application_it_would_be_noticed,
)
