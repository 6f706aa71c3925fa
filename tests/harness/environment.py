"""What a suite needs: programs of this machine, Python's packages, and the countersign that is tested."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def need(programs, root_for=None):
    """Ends here, with what to install, if one is missing. `programs` says which of Debian's packages has each; `root_for`
    why it must be root."""
    if root_for and os.geteuid() != 0:
        sys.exit(f"not root, which is needed for {root_for}")
    missing = {program: package for program, package in programs.items() if not shutil.which(program)}
    if missing:
        packages = " ".join(sorted(set(missing.values())))
        sys.exit(f"not installed: {', '.join(missing)}; apt-get install {packages}")


def interpreter(directory, pins):
    """The Python of an environment in `directory` that holds exactly what the file `pins` names."""
    if not importlib.util.find_spec("ensurepip"):
        sys.exit("not installed: ensurepip; apt-get install python3-venv")
    stamp = directory / "installed.txt"
    python = directory / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != pins.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", directory], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", pins], check=True)
        stamp.write_text(pins.read_text())
    return python


def kept():
    """What a program of a suite keeps of this environment: nothing that points it elsewhere, or gives it a key."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "JAVA_HOME") if name in os.environ}


def countersign():
    """The one to test: $COUNTERSIGN, else the release build, which is made if it is not there."""
    if given := os.environ.get("COUNTERSIGN"):
        return Path(given).resolve()
    built = TARGET / "release" / "countersign"
    if not built.exists():
        subprocess.run(["cargo", "build", "--release", "--locked"], cwd=ROOT, check=True)
    return built
