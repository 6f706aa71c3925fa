"""What each language needs before its programs run, how one is run, and which version of an SDK that is."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from harness import environment
from suites import go, java, node, python
from vended import Holder

HERE = Path(__file__).resolve().parent
# What is built goes where cargo builds; what is installed goes beside its list, and is not part of the repository.
BUILT = environment.TARGET / "clients"


@dataclass(frozen=True)
class Language:
    """One of `tests/clients/run`'s words."""

    name: str
    suites: tuple
    checks_least: int
    """Fewer checks than this mean that a file was lost, not that it passed."""
    programs: dict[str, str]
    """What must be installed, and which of Debian's packages has it."""
    faults: str
    """The program that makes one call of the SDK whose role it is given, below `tests/clients`."""
    install: Callable
    """Installs the SDKs in the versions of their list, and builds what must be built. Returns what makes a suite's command."""
    listed: Callable
    """The version of an SDK by that list. None: it is not there."""
    holder: Holder
    """The program that is handed a credential."""


def prepare(name):
    """Looks for what must be installed, and installs the rest. Returns what makes a suite's command."""
    language = LANGUAGES[name]
    environment.need(language.programs)
    return language.install()


def with_python():
    interpreter = environment.interpreter(HERE / ".venv", HERE / "python" / "requirements.txt")
    return lambda suite: [interpreter, HERE / suite.file] if suite.file.endswith(".py") else ["sh", HERE / suite.file]


def with_node():
    directory = HERE / "node"
    lock = (directory / "package-lock.json").read_text()
    stamp = directory / "node_modules" / ".installed"
    if not stamp.exists() or stamp.read_text() != lock:
        # No package of the list needs to run anything to be installed.
        work(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], directory)
        stamp.write_text(lock)
    return lambda suite: ["node", HERE / suite.file]


def with_go():
    BUILT.mkdir(parents=True, exist_ok=True)
    work(["go", "build", "-mod=readonly", "-o", f"{BUILT}/go/", "./..."], HERE / "go")
    return lambda suite: [BUILT / "go" / Path(suite.file).parent.name]


def with_java():
    directory, classes = HERE / "java", BUILT / "java"
    maven = ["mvn", "--quiet", "--batch-mode", f"-DbuildDirectory={classes}"]
    work([*maven, "compile", "dependency:build-classpath", f"-Dmdep.outputFile={classes}/classpath"], directory)
    path = f"{classes}/classes:{(classes / 'classpath').read_text().strip()}"
    return lambda suite: ["java", "-cp", path, Path(suite.file).stem]


def work(command, directory):
    """Runs what installs or builds, and says so: it may take minutes."""
    print(f"preparing: {' '.join(str(word) for word in command[:3])} …", flush=True)
    done = subprocess.run(command, cwd=directory, check=False, env=os.environ)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}")


def version(name, suite):
    """The version of a suite's SDK, by its language's own list. None: the machine's own."""
    if suite.sdk == "curl":
        return None
    found = LANGUAGES[name].listed(suite.sdk)
    return found or sys.exit(f"no list names the version of {suite.sdk}")


def of_pip(sdk):
    pins = (HERE / "python" / "requirements.txt").read_text()
    return match(rf"(?im)^{re.escape(sdk)}==(\S+)", pins)


def of_npm(sdk):
    return json.loads((HERE / "node" / "package.json").read_text())["dependencies"].get(sdk)


def of_go(sdk):
    return match(rf"(?m)^(?:require)?\s*{re.escape(sdk)} (\S+)", (HERE / "go" / "go.mod").read_text())


def of_maven(sdk):
    group, artifact = sdk.split(":")
    between = rf"<groupId>{re.escape(group)}</groupId>\s*<artifactId>{re.escape(artifact)}</artifactId>\s*<version>([^<]+)"
    return match(between, (HERE / "java" / "pom.xml").read_text())


def match(pattern, text):
    found = re.search(pattern, text)
    return found and found[1]


LANGUAGES = {
    language.name: language
    for language in (
        Language("python", python.SUITES, 320, {"curl": "curl"}, "python/faults.py", with_python, of_pip, Holder("python/vended.py")),
        Language("node", node.SUITES, 90, {"node": "nodejs", "npm": "npm"}, "node/faults.mjs", with_node, of_npm, Holder("node/vended.mjs")),
        Language("go", go.SUITES, 65, {"go": "golang-go"}, "go/faults/main.go", with_go, of_go, Holder("go/vended/main.go", heeds_time=False)),
        Language("java", java.SUITES, 78, {"javac": "default-jdk-headless", "mvn": "maven"}, "java/src/main/java/Faults.java", with_java, of_maven, Holder("java/src/main/java/Vended.java", kinds=("uri", "metadata"), keeps_durations=True)),
    )
}
