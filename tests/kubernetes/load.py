"""Requests to a Service, as fast as a few callers make them, and what became of each."""

import http.client
import threading
import time
from collections import Counter

CALLERS = 4


class Load:
    """Runs inside of `with`. Each request has a connection of its own, so that each is led to a pod anew."""

    def __init__(self, host, path, proof):
        self.host, self.path, self.proof = host, path, proof
        self.outcomes = Counter()
        self.slowest = 0.0
        self.lock = threading.Lock()
        self.ending = threading.Event()
        self.callers = [threading.Thread(target=self.call) for _ in range(CALLERS)]

    def __enter__(self):
        for caller in self.callers:
            caller.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for caller in self.callers:
            caller.join()

    def call(self):
        """One caller's requests, one after the other."""
        while not self.ending.is_set():
            begun = time.monotonic()
            outcome = self.outcome()
            with self.lock:
                self.outcomes[outcome] += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)
            time.sleep(0.02)

    def outcome(self):
        """`ok`, or what it was instead."""
        connection = http.client.HTTPConnection(self.host, timeout=20)
        try:
            connection.request("GET", self.path)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()
        if answer.status != 200:
            return f"status {answer.status}"
        return "ok" if self.proof in body else "another answer"

    @property
    def made(self):
        """All that were made."""
        with self.lock:
            return self.outcomes.total()

    @property
    def failed(self):
        """Those that were not answered as they should, by what happened."""
        with self.lock:
            return {outcome: count for outcome, count in self.outcomes.items() if outcome != "ok"}
