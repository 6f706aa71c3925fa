"""What is measured and what measures: built or found, and the peers installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BUILT = ROOT / "target" / "bench" / "release"

# What a command comes with, on Debian.
PACKAGES = {
    "nginx": "nginx-light",
    "haproxy": "haproxy",
    "valgrind": "valgrind",
    "perf": "linux-perf",
    "strace": "strace",
}


def install(*commands):
    """Installs what is missing, where that can be done."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [PACKAGES[command] for command in commands if not shutil.which(command)]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"bench: these are missing: apt-get install {' '.join(missing)}")
    print("installing", *missing, flush=True)
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    quiet = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    # Installed to be run by hand: Debian would start them as services.
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run([*quiet, *missing], check=True, env=environment, stdout=subprocess.DEVNULL)


def tools(*features):
    """Builds the programs of the benchmark, and returns where they are."""
    command = ["cargo", "build", "--release", "--locked", "--quiet", "--manifest-path", HERE / "Cargo.toml"]
    if features:
        command += ["--features", ",".join(features)]
    environment = os.environ | {"CARGO_TARGET_DIR": str(BUILT.parent)}
    # The product is built as it is released; what a developer sets for speed would be measured instead.
    environment.pop("RUSTFLAGS", None)
    subprocess.run(command, check=True, env=environment)
    return BUILT


def product():
    """The binary under test: $COUNTERSIGN, else the release build, which is brought up to date."""
    given = os.environ.get("COUNTERSIGN")
    if given:
        return Path(given).resolve()
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=ROOT, check=True)
    return ROOT / "target" / "release" / "countersign"


def product_with_frames():
    """The same code with frame pointers and symbols, whose stacks a profiler can walk. In a directory of its own."""
    target = ROOT / "target" / "bench" / "frames"
    told = {
        "CARGO_TARGET_DIR": str(target),
        "CARGO_PROFILE_RELEASE_DEBUG": "line-tables-only",
        "CARGO_PROFILE_RELEASE_STRIP": "none",
        "RUSTFLAGS": "-C force-frame-pointers=yes",
    }
    command = ["cargo", "build", "--release", "--locked", "--quiet"]
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | told)
    return target / "release" / "countersign"


def static_product():
    """The static binary without the sandbox, as deploy/build makes it; none where it was not made."""
    path = Path(os.environ.get("COUNTERSIGN_STATIC") or ROOT / "target" / "deploy" / "countersign")
    return path if path.exists() else None
