"""A running countersign: started, asked through its log where it listens, and ended with all that it has started."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

# A debug build needs two seconds on a busy machine, and under strace more.
READY_SECONDS = 60
STOP_SECONDS = 30


class Program:
    """A process in a group of its own, which ends at the end of `with` at the latest. `directory` gets its log."""

    def __init__(self, command, directory, environment=None):
        self.file = Path(directory) / "countersign.log"
        with self.file.open("w") as log:
            # A group can be ended as a whole, and Ctrl-C is for whoever ends it in order. No session of its own: Linux
            # would schedule it apart from its callers, and what it takes for slow ones grows by a fifth.
            self.process = subprocess.Popen(
                command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                process_group=0,
            )  # fmt: skip
        self.is_over = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def log(self):
        """All that it has printed."""
        return self.file.read_text(errors="replace")

    def said(self):
        """Its log's lines, as objects; the last may not be whole yet."""
        lines = self.log().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}\n")]

    def wait_for(self, ask, what):
        """Asks until there is an answer, and returns it."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            if answer := ask():
                return answer
            time.sleep(0.05)
        ended = self.process.poll()
        why = f"no {what} within {READY_SECONDS} s" if ended is None else f"it ended with {ended} before {what} was there"
        self.kill()
        raise SystemExit(f"countersign did not come up: {why}\n{self.log()}")

    def listening(self):
        """Where it listens, in the order of its settings, and behind that where health and metrics are. The ports are
        the system's choice where the settings say 0, so that nobody else can have taken them."""

        def told():
            said = self.said()
            if any(line["message"] == "health and metrics" for line in said):
                return [line["address"] for line in said if line["message"] in ("listening", "health and metrics")]
            return None

        return self.wait_for(told, "listener")

    def memory_kib(self, name):
        """VmRSS is what is resident, VmHWM the most that ever was."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:"))

    def stop(self, seconds=STOP_SECONDS):
        """Ends it in the orderly way, and returns its exit code; none if it did not end."""
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            self.kill()

    def kill(self):
        """Ends it and what it has started, once: afterwards the number of its group may be another's."""
        if self.is_over:
            return
        self.is_over = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
