"""Whether the harness can be fooled: each lie must end a run. Part of `bench/run quick`, before any figure is believed."""

import socket
import threading

import calls
from load import measured
from peers import Countersign, Direct
from process import Wrong

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
REQUESTS = 50


class Liar(Direct):
    """Answers by itself: with `answers`, one after the other, then the last one again; None closes the connection."""

    name = "liar"

    def __init__(self, rig, answers):
        self.answers = answers
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.ports = [self.listener.getsockname()[1]]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        """One connection after the other."""
        while True:
            caller, _ = self.listener.accept()
            left = list(self.answers)
            while caller.recv(65536):
                answer = left.pop(0) if len(left) > 1 else left[0]
                if answer is None:
                    break
                caller.sendall(answer)
            caller.close()


class Forger(Countersign):
    """Signs with another secret than the one that belongs to its AccessKey."""

    def __init__(self, rig, binary):
        super().__init__(rig, binary, environment={"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "another"})


class Pretender(Direct):
    """Says that it signs, and does not."""

    is_signed = True


def lies(rig, binary):
    """What each is called, and the program that tells it."""
    yield "answers that never came from the upstream", rig.start(Liar, [OK])
    yield "an answer that is no 200", rig.start(Liar, [OK, OK, b"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n"])
    yield "an answer longer than it says", rig.start(Liar, [OK, OK, OK + b"y"])
    yield "a connection that is closed", rig.start(Liar, [OK, OK, None])
    yield "a wrong signature", rig.start(Forger, binary)
    yield "no signature", rig.start(Pretender)


def believed(rig, binary):
    """The lies that were believed. For each that was not, what the harness said is printed."""
    found = []
    for what, program in lies(rig, binary):
        try:
            measured(rig, program, [calls.CALLS["ACS3"]], connections=1, requests=REQUESTS, verify_one_of=10)
            found.append(what)
            print(f"FAILED {what}: believed", flush=True)
        except Wrong as wrong:
            print(f"ok     not believed: {what}: {str(wrong).strip()[:110]}", flush=True)
    # And the truth is.
    measured(
        rig, rig.start(Countersign, binary), [calls.CALLS["ACS3"]], connections=1, requests=REQUESTS, verify_one_of=10
    )
    return found
