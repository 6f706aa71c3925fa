"""A look at nginx within `bench/run quick`: for information, and judged by nobody."""

import shutil

import calls
import machine
from peers import Countersign, Nginx
from rounds import cpu_us, interleaved


def at_nginx(rig, binary, rounds=3):
    """CPU a request over nginx's, in a few short rounds."""
    if not shutil.which("nginx"):
        print("not judged: nginx is not installed, so nothing was timed")
        return
    nginx = rig.start(Nginx)
    programs = {"nginx": nginx, "countersign": rig.start(Countersign, binary), "nginx again": nginx}
    for layout in machine.LAYOUTS:
        cell = interleaved(
            rig,
            f"a look at nginx, {layout}",
            programs,
            [calls.CALLS["ACS3"]],
            rounds,
            layout,
            connections=16,
            seconds=1,
        )
        ratio, noise = cell.ratio("countersign", "nginx", cpu_us), cell.noise(cpu_us)
        noisy = ", too noisy to tell" if cell.is_noisy(cpu_us) else ""
        print(
            f"not judged: CPU a signed request over nginx unsigned, {layout}: {ratio}; nginx against itself"
            f" {noise:.1%} apart{noisy}; load average {machine.busy():.2f}"
        )
