"""A headless Chromium, driven by chromedriver over WebDriver's own HTTP: nothing of Python's registry is needed for it."""

import contextlib
import json
import os
import re
import subprocess
import time
import urllib.request
from pathlib import Path

# A busy machine takes its time to start a browser.
START_SECONDS = 60
PAGE_SECONDS = 30
# What WebDriver calls the id of an element.
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Chromium:
    """A window without a past: no cookies, no other pages."""

    def __init__(self, directory):
        profile, log = Path(directory) / "profile", Path(directory) / "chromedriver.log"
        with log.open("w") as out:
            self.driver = subprocess.Popen(
                ["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=out, stderr=out, process_group=0
            )
        try:
            port = wait_for(
                lambda: re.search(r"started successfully on port (\d+)", log.read_text()), "chromedriver", START_SECONDS
            )[1]
            arguments = ["--headless=new", "--disable-dev-shm-usage", "--no-proxy-server", f"--user-data-dir={profile}"]
            # Chromium's own sandbox is not to be had by root. The pages are ours.
            arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
            wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments}}
            self.place = f"http://127.0.0.1:{port}/session"
            self.place += "/" + self.call("POST", "", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        except BaseException:
            self.end()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.call("DELETE", "")
        self.end()

    def end(self):
        """Ends the driver and what it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.driver.pid, 9)
        self.driver.wait()

    def call(self, method, path, body=None):
        """One command, and what it gives."""
        data = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.place + path, data, {"Content-Type": "application/json"}, method=method)
        # No proxy of this environment is asked the way to this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=START_SECONDS) as answer:
            return json.load(answer)["value"]

    def open(self, url):
        """Goes there."""
        self.call("POST", "/url", {"url": url})

    def address(self):
        """Where it is."""
        return self.call("GET", "/url")

    def text(self, selector):
        """What a human reads there."""
        return self.call("GET", f"/element/{self.element(selector)}/text")

    def value(self, selector):
        """What is written in a field."""
        return self.call("GET", f"/element/{self.element(selector)}/property/value")

    def click(self, selector):
        """As a human does: not if it cannot be seen."""
        self.call("POST", f"/element/{self.element(selector)}/click")

    def element(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def headed(self, heading):
        """Waits for a page with this heading."""

        def is_there():
            # Between two pages there is none.
            with contextlib.suppress(OSError):
                return self.text("h1") == heading
            return False

        try:
            wait_for(is_there, "page", PAGE_SECONDS)
        except TimeoutError:
            raise AssertionError(f"no page {heading!r}, but {self.address()}: {self.text('body')!r}") from None


def wait_for(ask, what, seconds):
    """Asks until there is an answer, and returns it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := ask():
            return answer
        time.sleep(0.05)
    raise TimeoutError(f"no {what} within {seconds} s")
