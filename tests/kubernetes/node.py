"""A whole Kubernetes on this machine, for as long as the tests take: one node, no container engine, no registry.

Its parts are built from the Go modules that `binaries/go.mod` pins; etcd, containerd, runc and the network plugins are
Debian's. Needs root, and leaves nothing running, mounted or routed behind it. Whoever is asked listens on loopback, but
for the kubelet, and answers nobody without a key of this run.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

sys.path.append(str(HERE.parent))
sys.path.insert(0, str(ROOT / "deploy"))
import image  # noqa: E402: deploy/image.py, which packs the images of the tests too.
import machine  # noqa: E402
from keys import Keys  # noqa: E402

PARTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kubectl")
NODE = "node"
PAUSE = "registry.k8s.io/pause:3.10"

# Every pod's first process: it waits, and reaps what others leave.
PAUSE_C = """
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void end(int s) { _exit(s == 0); }
static void reap(int s) { while (s && waitpid(-1, 0, WNOHANG) > 0); }
int main(void) { signal(SIGTERM, end); signal(SIGINT, end); signal(SIGCHLD, reap); for (;;) pause(); }
"""

CONTAINERD = """
version = 2
root = "{state}/containerd"
state = "{state}/containerd-run"
[grpc]
address = "{state}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
# A container of containers may not lower its processes' scores, and does not need to.
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{plugins}"
conf_dir = "{state}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
"""

PODS_NETWORK = {
    "cniVersion": "1.0.0",
    "name": "pods",
    "plugins": [{
        "type": "ptp",
        "ipam": {"type": "host-local", "subnet": "10.245.0.0/24", "routes": [{"dst": "0.0.0.0/0"}], "dataDir": ""},
    }],
}


def built():
    """The directory of Kubernetes' programs. Building them takes some ten minutes on two cores, once."""
    bin_directory = ROOT / "target" / "kubernetes" / "bin"
    pins = (HERE / "binaries" / "go.mod").read_text()
    stamp = bin_directory / "go.mod"
    if stamp.exists() and stamp.read_text() == pins and all((bin_directory / part).exists() for part in PARTS):
        return bin_directory
    if not shutil.which("go"):
        sys.exit("not installed: go, to build Kubernetes from its sources; https://go.dev/dl")
    version = re.search(r"k8s\.io/kubernetes (v(\d+)\.(\d+)\.\d+)", pins)
    says = "k8s.io/component-base/version.git"
    stamps = f"-X {says}Version={version[1]} -X {says}Major={version[2]} -X {says}Minor={version[3]}"
    print(f"building Kubernetes {version[1]}: some ten minutes, once", flush=True)
    bin_directory.mkdir(parents=True, exist_ok=True)
    build = ["nice", "go", "build", "-trimpath", "-ldflags", f"-s -w {stamps}", "-o", bin_directory, "tool"]
    subprocess.run(build, cwd=HERE / "binaries", check=True)
    stamp.write_text(pins)
    return bin_directory


def until(what, holds, seconds=60):
    """Waits for something that nobody can announce: another process's first answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = holds()
        if value:
            return value
        time.sleep(0.2)
    raise TimeoutError(f"{what} did not come in {seconds} s")


class Node:
    """The node and its control plane, running inside of `with`."""

    def __init__(self):
        self.lock = machine.taken()
        self.bin = built()
        self.address = machine.address()
        self.running = {}

    def __enter__(self):
        # A short path: sockets are in there, whose names have 107 bytes at most. Only root can enter it.
        self.state = Path(tempfile.mkdtemp(prefix="kube-"))
        self.kubeconfig = self.state / "kubeconfig"
        try:
            self.keys = Keys(self.state / "keys", ("127.0.0.1", self.address))
            self.control()
            self.containers()
            self.kubelet()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self, program, *arguments):
        """Starts one part; its log is a file of its name."""
        log = (self.state / f"{Path(program).name}.log").open("wb")
        command = [program, *(str(argument) for argument in arguments)]
        # A session of its own: Ctrl-C is for whoever stops it in order.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.state, start_new_session=True
        )
        self.running[Path(program).name] = process

    def alive(self, name, holds):
        """A condition that cannot come any more once the part has ended."""

        def asked():
            if self.running[name].poll() is not None:
                raise RuntimeError(f"{name} has ended:\n{self.tail(name)}")
            return holds()

        return asked

    def tail(self, name, lines=15):
        """The end of a part's log."""
        return "\n".join((self.state / f"{name}.log").read_text(errors="replace").splitlines()[-lines:])

    def kubectl(self, *arguments, given=None, check=True):
        """What kubectl answers."""
        command = [self.bin / "kubectl", "--kubeconfig", self.kubeconfig, *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"kubectl {' '.join(str(a) for a in arguments)}: {done.stderr.strip()}")
        return done.stdout

    def get(self, *arguments):
        """An object, or a list of them."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def ctr(self, *arguments, check=True):
        """What containerd answers."""
        command = ["ctr", "--address", self.state / "containerd.sock", "--namespace", "k8s.io", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=check).stdout

    def control(self):
        """etcd, the API server, and those who act on what it holds."""
        keys = self.keys
        etcd, peers, api = machine.ports(3)
        here, peers = f"https://127.0.0.1:{etcd}", f"https://127.0.0.1:{peers}"
        self.start(
            "etcd", "--data-dir", self.state / "etcd", "--listen-client-urls", here, "--advertise-client-urls", here,
            "--client-cert-auth", "--trusted-ca-file", keys.authority,
            "--cert-file", keys.certificate, "--key-file", keys.key,
            "--peer-client-cert-auth", "--peer-trusted-ca-file", keys.authority,
            "--peer-cert-file", keys.certificate, "--peer-key-file", keys.key,
            "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
            "--initial-cluster", f"default={peers}", "--unsafe-no-fsync",
        )  # fmt: skip
        # Pods could not reach it, and have no business there.
        self.start(
            self.bin / "kube-apiserver", "--bind-address=127.0.0.1", f"--secure-port={api}",
            f"--advertise-address={self.address}",
            f"--etcd-servers={here}", f"--etcd-cafile={keys.authority}",
            f"--etcd-certfile={keys.certificate}", f"--etcd-keyfile={keys.key}",
            f"--tls-cert-file={keys.certificate}", f"--tls-private-key-file={keys.key}",
            f"--client-ca-file={keys.authority}", "--anonymous-auth=false", "--authorization-mode=RBAC",
            f"--kubelet-certificate-authority={keys.authority}",
            f"--kubelet-client-certificate={keys.certificate}", f"--kubelet-client-key={keys.key}",
            "--kubelet-preferred-address-types=InternalIP",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={keys.accounts}", f"--service-account-signing-key-file={keys.accounts}",
            "--service-cluster-ip-range=10.246.0.0/24",
        )  # fmt: skip
        self.kubeconfig.write_text(json.dumps(keys.kubeconfig(f"https://127.0.0.1:{api}")))
        answers = self.alive("kube-apiserver", lambda: self.kubectl("get", "--raw", "/readyz", check=False))
        until("the API server's readiness", answers)
        # Nobody asks these two anything.
        alone = ("--kubeconfig", self.kubeconfig, "--leader-elect=false", "--secure-port=0")
        self.start(
            self.bin / "kube-controller-manager", *alone, f"--service-account-private-key-file={keys.accounts}",
            f"--root-ca-file={keys.authority}",
        )  # fmt: skip
        self.start(self.bin / "kube-scheduler", *alone)

    def containers(self):
        """containerd, with the one image that every pod has."""
        state = self.state
        (state / "cni").mkdir()
        PODS_NETWORK["plugins"][0]["ipam"]["dataDir"] = str(state / "addresses")
        (state / "cni" / "pods.conflist").write_text(json.dumps(PODS_NETWORK))
        settings = CONTAINERD.format(state=state, pause=PAUSE, plugins=machine.PLUGINS)
        (state / "containerd.toml").write_text(settings)
        self.start("containerd", "--config", state / "containerd.toml")
        until("containerd", self.alive("containerd", lambda: self.ctr("version", check=False)))
        program = state / "pause"
        compile_it = ["cc", "-O2", "-static", "-x", "c", "-o", program, "-"]
        subprocess.run(compile_it, input=PAUSE_C, text=True, check=True)
        self.carry(PAUSE, {"/pause": (program.read_bytes(), 0o755)}, entrypoint="/pause", user="65535:65535")

    def carry(self, name, files, **described):
        """Makes an image and has containerd take it."""
        packed = self.state / "image.tar"
        packed.write_bytes(image.pack(name, files, **described))
        self.take(packed)

    def take(self, packed):
        """Has containerd take an image."""
        return self.ctr("images", "import", packed)

    def kubelet(self):
        """What runs pods, and what leads to them."""
        state, keys = self.state, self.keys
        port, health, metrics = machine.ports(3)
        (state / "kubelet.json").write_text(json.dumps({
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            # The API server reaches it at the address of its node, which may not be loopback. It is alone in having a
            # certificate that is taken, and may then do everything.
            "address": self.address,
            "port": port,
            "healthzPort": 0,
            "tlsCertFile": str(keys.certificate),
            "tlsPrivateKeyFile": str(keys.key),
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": False},
                "x509": {"clientCAFile": str(keys.authority)},
            },
            "authorization": {"mode": "AlwaysAllow"},
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": "/",
            "enforceNodeAllocatable": [],
            "failSwapOn": False,
            # Machines that have only the older control groups are tested on too.
            "failCgroupV1": False,
            "containerRuntimeEndpoint": f"unix://{state}/containerd.sock",
            # A disk that others fill is no reason to evict what is tested.
            "evictionHard": {name: "0%" for name in ("imagefs.available", "nodefs.available", "nodefs.inodesFree")},
            "imageGCHighThresholdPercent": 100,
            # kube-proxy has chains of its own, which can be taken away.
            "makeIPTablesUtilChains": False,
            "resolvConf": "/etc/resolv.conf",
            "podLogsDir": str(state / "logs"),
        }))
        self.start(
            self.bin / "kubelet", "--config", state / "kubelet.json", "--kubeconfig", self.kubeconfig,
            "--root-dir", state / "kubelet", "--hostname-override", NODE, "--node-ip", self.address,
        )  # fmt: skip
        # The limits on connections that are tracked are the machine's, and are left alone.
        tracked = [f"--conntrack-{what}=0" for what in ("max-per-core", "tcp-timeout-established", "tcp-timeout-close-wait")]
        self.start(
            self.bin / "kube-proxy", "--kubeconfig", self.kubeconfig, "--hostname-override", NODE,
            "--proxy-mode=iptables", "--iptables-localhost-nodeports=false", *tracked,
            f"--healthz-bind-address=127.0.0.1:{health}", f"--metrics-bind-address=127.0.0.1:{metrics}",
        )  # fmt: skip
        ready = ("wait", "--for=condition=Ready", f"node/{NODE}", "--timeout=2s")
        until("the node's readiness", self.alive("kubelet", lambda: self.kubectl(*ready, check=False)))
        account = ("get", "serviceaccount", "default")
        until("the first service account", lambda: self.kubectl(*account, check=False))

    def stop(self):
        """Ends everything, in an order in which each can still clean up."""
        if "kubelet" in self.running:
            everything = ("delete", "deployments,jobs,pods", "--all", "--all-namespaces", "--grace-period=1")
            self.kubectl(*everything, "--timeout=40s", check=False)
        for name in ("kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"):
            self.end(name)
        if "containerd" in self.running:
            for task in self.ctr("tasks", "ls", "-q", check=False).split():
                self.ctr("tasks", "rm", "--force", task, check=False)
        for name in ("kube-apiserver", "containerd", "etcd"):
            self.end(name)
        if "kube-proxy" in self.running:
            self.unroute()
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for mount in sorted((m for m in mounts if m.startswith(f"{self.state}/")), reverse=True):
            subprocess.run(["umount", "-l", mount], check=False)
        for group in (*Path("/sys/fs/cgroup").glob("kubepods"), *Path("/sys/fs/cgroup").glob("*/kubepods")):
            # From the bottom up; a group is an empty directory once its processes are gone.
            for directory, _, _ in os.walk(group, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(directory)
        for link in Path("/var/log/containers").glob("*.log"):
            if link.is_symlink() and link.readlink().is_relative_to(self.state):
                link.unlink()
        shutil.rmtree(self.state, ignore_errors=True)

    def unroute(self):
        """Takes kube-proxy's rules away, and the chain that it takes for the kubelet's."""
        subprocess.run([self.bin / "kube-proxy", "--cleanup"], capture_output=True, check=False)
        chain = "KUBE-FIREWALL"
        for program in ("iptables", "ip6tables"):
            for rule in (["-D", "INPUT", "-j", chain], ["-D", "OUTPUT", "-j", chain], ["-F", chain], ["-X", chain]):
                subprocess.run([program, *rule], capture_output=True, check=False)

    def end(self, name):
        """Ends one part, by force if it does not end by itself."""
        process = self.running.get(name)
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
