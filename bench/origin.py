"""The upstream, and what it counted."""

import json
import select
import subprocess
import urllib.request

import machine
from process import PATIENCE, Process, Wrong


class Origin(Process):
    """One process with a plain and a TLS port."""

    def __init__(self, tools, directory):
        directory.mkdir(exist_ok=True)
        self.directory = directory
        command = [tools / "origin", directory]
        super().__init__(command, machine.ORIGIN, directory / "origin.log", stdout=subprocess.PIPE)
        if not select.select([self.child.stdout], [], [], PATIENCE)[0]:
            raise Wrong("the upstream does not start")
        self.plain, self.tls = map(int, self.child.stdout.readline().split())

    def control(self, what):
        """Asks it something; any answer has the counts since the last one."""
        self.alive()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.plain}/.bench/{what}", timeout=PATIENCE) as answer:
            return json.load(answer)

    def counts(self):
        """The counts since the last time."""
        return self.control("count")

    def verify_one_of(self, number):
        """Verifies every so-manieth signature from here on; 0: none."""
        self.control(f"verify/{number}")
